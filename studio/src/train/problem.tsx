import { useApp, useLive } from "../ui/app-context.js";
import { harmlessLines } from "../ui/text.js";
import { taskOf } from "./live.js";

/** What went wrong and what to do, where it is not about a setting that says so itself. */
export function Problem() {
  const { trainer, strings } = useApp();
  const error = useLive((live) => live.error);
  const fields = useLive((live) => taskOf(live)?.fields);
  const phase = useLive((live) => live.phase);
  const back = useLive((live) => live.checkpoints.findLast((step) => step < live.step || live.phase !== "failed"));
  if (error === null || fields?.some(({ key }) => key === error.argument)) return null;
  return (
    <div class="problem" role="alert">
      <p>{harmlessLines(error.message)}</p>
      {phase === "failed" && back !== undefined && (
        <button type="button" onClick={() => void trainer.back(back)}>
          {strings.controls.back(back)}
        </button>
      )}
    </div>
  );
}
