import { useId, useState } from "preact/hooks";
import type { Setting as Value } from "../state/state.js";
import type { FieldInfo } from "../worker/about-task.js";
import { useApp } from "./app-context.js";
import { harmless } from "./text.js";

interface SettingProps {
  field: FieldInfo;
  /** As it is now; undefined: not known yet. */
  value: unknown;
  /** What it would be if nobody had changed it. */
  fits: unknown;
  isChanged: boolean;
  /** What is wrong with it. */
  problem: string | null;
  /** undefined: back to what fits. */
  onChange(value: Value | undefined): void;
}

/** One setting: its name, its control, its help; changed ones are marked, and a click undoes that. */
export function Setting({ field, value, fits, isChanged, problem, onChange }: SettingProps) {
  const { strings } = useApp();
  const id = useId();
  const { key, help } = field;
  const undo = strings.settings.undo(key, fits === undefined ? null : told(fits));
  return (
    <div class={`setting${isChanged ? " changed" : ""}${problem === null ? "" : " wrong"}`}>
      <label for={id}>{key}</label>
      <Control {...{ id, field, value, problem, onChange }} />
      <button
        type="button"
        class="undo"
        disabled={!isChanged}
        title={isChanged ? undo : undefined}
        aria-label={undo}
        onClick={() => onChange(undefined)}
      >
        ⟲
      </button>
      <p class="help" id={`${id}-help`}>
        {problem ?? help}
      </p>
    </div>
  );
}

type ControlProps = Pick<SettingProps, "field" | "value" | "problem" | "onChange"> & { id: string };

function Control({ id, field, value, problem, onChange }: ControlProps) {
  const { strings } = useApp();
  const shared = { id, "aria-describedby": `${id}-help`, "aria-invalid": problem !== null };
  if (field.kind === "switch") {
    return (
      <input
        {...shared}
        type="checkbox"
        class="switch"
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.choices !== null) {
    return (
      <select {...shared} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)}>
        {field.choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  return <TextControl {...shared} field={field} value={value} none={strings.settings.none} onChange={onChange} />;
}

type TextControlProps = Pick<SettingProps, "field" | "value" | "onChange"> & {
  id: string;
  none: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
};

/** Keeps what is typed until it is finished. */
function TextControl({ field, value, none, onChange, ...shared }: TextControlProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const isNumber = field.kind === "number";
  const finish = () => {
    if (typed === null) return;
    setTyped(null);
    const text = typed.trim();
    if (text === told(value)) return;
    if (text === "") onChange(undefined);
    else onChange(field.kind !== "text" && Number.isFinite(Number(text)) ? Number(text) : text);
  };
  return (
    <input
      {...shared}
      type="text"
      inputMode={isNumber ? "decimal" : "text"}
      autoComplete="off"
      spellcheck={false}
      placeholder={none}
      value={typed ?? harmless(told(value))}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key === "Enter") finish();
        if (event.key === "Escape") setTyped(null);
      }}
    />
  );
}

const told = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
