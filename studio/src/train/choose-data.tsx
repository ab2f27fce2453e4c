import { EXAMPLES } from "../examples/examples.js";
import { useApp, useLive } from "../ui/app-context.js";
import { ChooseFile } from "../ui/drop-zone.js";
import { harmless } from "../ui/text.js";
import { Problem } from "./problem.js";
import { ServedRuns } from "./served-runs.js";

/** Where one begins: three examples one click away, a file of one's own, and what was trained before. */
export function ChooseData() {
  const { store, strings } = useApp();
  const { choose } = strings;
  return (
    <div class="choose">
      <h2>{choose.title}</h2>
      <p class="lead">{choose.lead}</p>
      <Problem />
      <ul class="examples">
        {EXAMPLES.map(({ name }) => {
          const { title, about, sample } = choose.examples[name];
          return (
            <li key={name}>
              <button type="button" onClick={() => store.dispatch("choose", { kind: "example", name })}>
                <span class="example-title">{title}</span>
                <span class="example-sample" aria-hidden="true">
                  {sample}
                </span>
                <span class="example-about">{about}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="own">
        <ChooseFile>{choose.file}</ChooseFile> <span>{choose.fileAbout}</span>
      </p>
      <p class="own">
        {(["look", "learn"] as const).map((view) => (
          <button key={view} type="button" class="quiet" onClick={() => store.dispatch("show", view)}>
            {choose.others[view]}
          </button>
        ))}
      </p>
      <KeptRuns />
      <ServedRuns />
    </div>
  );
}

const DATE = { dateStyle: "medium", timeStyle: "short" } as const;

function KeptRuns() {
  const { trainer, strings } = useApp();
  const runs = useLive((live) => live.runs);
  if (runs.length === 0) return null;
  return (
    <section class="kept">
      <h3>{strings.choose.kept}</h3>
      <ul>
        {runs.map((record) => {
          const { id, file, task, step, totalSteps, begun, curves } = record;
          const loss = curves["loss"]?.values.at(-1);
          return (
            <li key={id}>
              <button type="button" class="run" onClick={() => trainer.resume(record)}>
                <bdi>{harmless(file)}</bdi>
                <span>{task}</span>
                <span>{strings.choose.steps(step, totalSteps)}</span>
                <span>{loss === undefined ? "" : `${strings.figures.loss} ${loss.toFixed(3)}`}</span>
                <time dateTime={new Date(begun).toISOString()}>
                  {new Date(begun).toLocaleString(strings.locale, DATE)}
                </time>
              </button>
              <button
                type="button"
                class="quiet"
                aria-label={strings.choose.forget(harmless(file))}
                title={strings.choose.forget(harmless(file))}
                onClick={() => void trainer.forget(id)}
              >
                ×
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
