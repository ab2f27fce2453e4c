import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context.js";
import { harmless } from "../ui/text.js";

/** A run folder of the machine that serves this page, as `unrolled studio` tells of it. */
interface ServedRun {
  index: number;
  path: string;
  task: string | null;
  step: number;
  totalSteps: number;
  checkpoints: readonly ("best" | "last")[];
}

/** Where runs can be asked for; null on a site that has none. */
function placeOfRuns(): string | null {
  return document.querySelector<HTMLMetaElement>('meta[name="unrolled-runs"]')?.content ?? null;
}

export function ServedRuns() {
  const { trainer, strings } = useApp();
  const [runs, setRuns] = useState<readonly ServedRun[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const place = placeOfRuns();
    if (place === null) return;
    fetch(place)
      .then((response) => response.json())
      .then(setRuns, (error: Error) => setProblem(error.message));
  }, []);
  const open = async ({ index, path }: ServedRun, kind: string) => {
    try {
      const response = await fetch(`runs/${index}/${kind}.safetensors`);
      if (!response.ok) throw new Error(await response.text());
      await trainer.look(`${path} (${kind})`, new Uint8Array(await response.arrayBuffer()));
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  if (runs.length === 0 && problem === null) return null;
  return (
    <section class="kept">
      <h3>{strings.choose.served}</h3>
      {problem !== null && <p role="alert">{harmless(problem)}</p>}
      <ul>
        {runs.map((run) => (
          <li key={run.index}>
            <p class="run">
              <bdi>{harmless(run.path)}</bdi>
              <span>{run.task}</span>
              <span>{strings.choose.steps(run.step, run.totalSteps)}</span>
            </p>
            {run.checkpoints.map((kind) => (
              <button key={kind} type="button" class="quiet" onClick={() => void open(run, kind)}>
                {strings.choose.look(kind)}
              </button>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
