import { useEffect, useState } from "preact/hooks";
import { useApp, useLive } from "../ui/app-context.js";

/** The name of the model that is trained in the other view. */
const LIVE = "live";

/** Where in its training a model can be looked at; none for one that came as a file. */
function useHistory(key: string): readonly number[] {
  const { worker } = useApp();
  const live = useLive((state) => state.checkpoints);
  const [own, setOwn] = useState<readonly number[]>([]);
  useEffect(() => {
    setOwn([]);
    if (key !== LIVE) void worker.ask("look.history", { key }).then(setOwn);
  }, [key, worker]);
  return key === LIVE ? live : own;
}

/** Scrubbing: every track shows how it came to be. @returns what the model is called as it was, and the slider */
export function useTrainingTime(key: string) {
  const { worker, strings } = useApp();
  const { look } = strings;
  const steps = useHistory(key);
  const [step, setStep] = useState<number | null>(null);
  const [moment, setMoment] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const open = async () => {
      if (step === null) return setMoment(null);
      const name = key === LIVE ? await opened(step) : await worker.ask("look.moment", { key, step });
      if (isCurrent) setMoment(name);
    };
    const opened = async (at: number): Promise<string> => {
      const name = `${LIVE}\n${at}`;
      await worker.ask("look.open", { key: name, bytes: await worker.ask("train.model", { step: at }) });
      return name;
    };
    // A checkpoint that was thinned out meanwhile: the newest stays.
    open().catch(() => isCurrent && setMoment(null));
    return () => {
      isCurrent = false;
    };
  }, [key, step]);
  const last = steps.length;
  const slider = last > 0 && (
    <label class="training-time">
      <span>{look.history}</span>
      <input
        type="range"
        min={0}
        max={last}
        value={step === null ? last : steps.indexOf(step)}
        aria-valuetext={step === null ? look.newest : look.step(step)}
        onInput={(event) => setStep(steps[Number(event.currentTarget.value)] ?? null)}
      />
      <output>{step === null ? look.newest : look.step(step)}</output>
    </label>
  );
  return { shown: moment ?? key, slider };
}
