import { useApp } from "../ui/app-context.js";
import { LOOK_EXAMPLES } from "./examples.js";
import { OpenButton } from "./model-drop.js";
import type { Models } from "./use-models.js";

/** What stands here before there is a model: what one would see, and three ways to see it. */
export function Empty({ problem, progress, open, train, onOpen }: Models & { onOpen: (key: string | null) => void }) {
  const { strings } = useApp();
  const { look } = strings;
  return (
    <section class="look-empty">
      <h2>{look.empty}</h2>
      <p>{look.emptyText}</p>
      <p>{look.emptyDrop}</p>
      <div class="look-examples">
        {LOOK_EXAMPLES.map(({ name, file, url, settings }) => (
          <button
            key={name}
            type="button"
            disabled={progress !== null}
            onClick={async () => {
              const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
              onOpen(await train(name, { name: file, bytes }, settings));
            }}
          >
            <strong>{look.examples[name]?.title ?? name}</strong>
            <span>{look.examples[name]?.about}</span>
          </button>
        ))}
        <OpenButton onFiles={async (files) => onOpen(await open(files))} />
      </div>
      <p class="look-progress" role="status">
        {progress !== null && (
          <>
            <progress max={Math.max(1, progress.totalSteps)} value={progress.step} />{" "}
            {look.training(progress.step, progress.totalSteps)}
          </>
        )}
      </p>
      {problem !== null && (
        <p class="look-problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
