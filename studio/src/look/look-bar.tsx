import type { CompareMode } from "../score/rows.js";
import { useApp } from "../ui/app-context.js";
import { modelText, type OpenModel } from "./look-model.js";
import { OpenButton } from "./model-drop.js";
import type { Models } from "./use-models.js";

interface LookBarProps {
  model: OpenModel;
  held: Models;
  onModel: (key: string) => void;
  text: string;
  setText: (text: string) => void;
  other: string | null;
  setOther: (key: string | null) => void;
  mode: CompareMode;
  setMode: (mode: CompareMode) => void;
  busy: boolean;
}

/** Which model reads what, and what it is compared with. */
export function LookBar(props: LookBarProps) {
  const { model, held, onModel, text, setText, other, setOther, mode, setMode, busy } = props;
  const { look, live } = { ...useApp().strings, live: useApp().strings.look.live };
  const nameOf = (key: string) => (key === "live" ? live : key);
  const others = held.models.filter(({ key, about }) => key !== model.key && about.task === model.about.task);
  return (
    <div class="look-bar">
      <label>
        <span>{look.model}</span>
        <select value={model.key} onChange={(event) => onModel(event.currentTarget.value)}>
          {held.models.map(({ key }) => (
            <option key={key} value={key}>
              {nameOf(key)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{look.compare}</span>
        <select value={other ?? ""} onChange={(event) => setOther(event.currentTarget.value || null)}>
          <option value="">{look.none}</option>
          {others.map(({ key }) => (
            <option key={key} value={key}>
              {nameOf(key)}
            </option>
          ))}
        </select>
      </label>
      {other !== null && (
        <fieldset class="look-mode">
          <legend class="hidden-words">{look.compare}</legend>
          {(["twice", "difference"] as const).map((name) => (
            <label key={name}>
              <input type="radio" name="look-mode" checked={mode === name} onChange={() => setMode(name)} />{" "}
              {look[name]}
            </label>
          ))}
        </fieldset>
      )}
      <OpenButton onFiles={async (files) => onModel((await held.open(files)) ?? model.key)} />
      <span class="look-about">{modelText(model.about, look.parameters)}</span>
      <label class="look-text">
        <span>
          {look.text} {busy && <em>{look.reading}</em>}
        </span>
        <textarea rows={2} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      {held.problem !== null && (
        <p class="look-problem" role="alert">
          {held.problem}
        </p>
      )}
    </div>
  );
}
