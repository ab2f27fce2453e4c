import { grouped } from "../../../src/base/grouped.js";
import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { ChooseFile } from "../ui/drop-zone.js";
import { bytesText, harmless, numberText } from "../ui/text.js";
import { taskOf } from "./live.js";

/** What was read: of which task it is, and what there is to know before training. */
export function DataSummary() {
  const { store, strings } = useApp();
  const file = useLive((live) => live.file);
  const about = useLive((live) => live.about);
  const reading = useLive((live) => live.reading);
  const title = useLive((live) => taskOf(live)?.title);
  return (
    <section class="data" aria-busy={reading}>
      <h2>
        <bdi>{harmless(file ?? "")}</bdi>
      </h2>
      <p class="data-actions">
        <button type="button" class="quiet" onClick={() => store.dispatch("choose", null)}>
          {strings.data.other}
        </button>
        <ChooseFile>{strings.data.file}</ChooseFile>
      </p>
      <p class="summary">{about === null ? strings.data.reading(reading) : harmless(about.summary)}</p>
      {about !== null && (
        <>
          <p class="task-line">
            {strings.data.as} <TaskChoice />
          </p>
          {about.found !== null && <p class="faint">{harmless(about.found)}</p>}
          <p class="faint">
            {strings.data.model(title ?? "", about.parameters, bytesText(about.trainingBytes), about.totalSteps)}
          </p>
          <Details />
        </>
      )}
    </section>
  );
}

function TaskChoice() {
  const { store, strings } = useApp();
  const tasks = useLive((live) => live.begun?.tasks) ?? [];
  const task = useLive((live) => live.about?.task);
  const asked = useStudio((state) => state.task);
  return (
    <select
      aria-label={strings.data.task}
      value={asked ?? task}
      onChange={(event) => store.dispatch("asTask", event.currentTarget.value)}
    >
      {tasks.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Details() {
  const { strings } = useApp();
  const details = useLive((live) => live.about?.details);
  if (details === null || details === undefined) return null;
  const { columns, classes, lengths, values, leftOut, split } = details;
  const spreads = [...lengths, ...values];
  return (
    <details class="more">
      <summary>{strings.data.more}</summary>
      <dl class="details">
        {columns.map(({ name, type, use }) => (
          <Pair key={name} name={name} value={`${type}${use === null ? "" : `, ${use}`}`} />
        ))}
        {classes.map(({ of, total, most }) => (
          <Pair
            key={of}
            name={of}
            value={most.map(({ name, count }) => `${name} ${((100 * count) / total).toFixed(0)} %`).join(", ")}
          />
        ))}
        {spreads.map(({ of, unit, least, median, most }) => (
          <Pair
            key={`${of} ${unit}`}
            name={unit === "" ? of : `${of}, ${unit}`}
            value={strings.data.spread(numberText(least), numberText(median), numberText(most))}
          />
        ))}
        <Pair name={strings.data.heldOut} value={`${grouped(split.validation)} ${split.unit}, ${split.how}`} />
        {leftOut.map(({ count, what }) => (
          <Pair key={what} name={grouped(count)} value={what} />
        ))}
      </dl>
    </details>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>
        <bdi>{harmless(name)}</bdi>
      </dt>
      <dd>
        <bdi>{harmless(value)}</bdi>
      </dd>
    </div>
  );
}
