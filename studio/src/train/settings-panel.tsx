import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { Setting } from "../ui/setting.js";
import { type FieldInfo, SECTIONS, type Section } from "../worker/sections.js";
import { taskOf } from "./live.js";

/** Every setting of the task, in the order in which a person thinks; few need those that are folded away. */
export function SettingsPanel() {
  const { store, strings } = useApp();
  const fields = useLive((live) => taskOf(live)?.fields) ?? [];
  const changed = useStudio((state) => Object.keys(state.settings).length);
  return (
    <section class="settings" aria-label={strings.settings.title}>
      {SECTIONS.map((section) => (
        <SectionOf key={section} section={section} fields={fields.filter((field) => field.section === section)} />
      ))}
      <p class="changed-count">
        <button type="button" class="quiet" disabled={changed === 0} onClick={() => store.dispatch("unsetAll")}>
          {strings.settings.undoAll(changed)}
        </button>
      </p>
    </section>
  );
}

function SectionOf({ section, fields }: { section: Section; fields: readonly FieldInfo[] }) {
  const { strings } = useApp();
  const often = fields.filter(({ seldom, group }) => !seldom && group === null);
  const rest = fields.filter((field) => !often.includes(field));
  return (
    <details open={section !== "data"} class="section">
      <summary>
        <h3>{strings.settings.sections[section]}</h3>
      </summary>
      {often.map((field) => (
        <Row key={field.key} field={field} />
      ))}
      {rest.length > 0 && (
        <details class="more">
          <summary>{strings.settings.more(rest.length)}</summary>
          {rest.map((field) => (
            <Row key={field.key} field={field} />
          ))}
        </details>
      )}
    </details>
  );
}

function Row({ field }: { field: FieldInfo }) {
  const { trainer, strings } = useApp();
  const { key } = field;
  const given = useStudio((state) => state.settings[key]);
  const found = useLive((live) => live.about?.config[key]);
  const fits = useLive((live) => live.fits[key]);
  const error = useLive((live) => (live.error?.argument === key ? live.error : null));
  const problem = error === null ? null : strings.settings.problem(error);
  return (
    <Setting
      field={field}
      value={given === undefined ? found : given}
      fits={fits}
      isChanged={given !== undefined}
      problem={problem}
      onChange={(value) => void trainer.change(key, value)}
    />
  );
}
