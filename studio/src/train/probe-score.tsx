import { useEffect, useRef, useState } from "preact/hooks";
import { rememberPyramids } from "../score/pyramid.js";
import { Score } from "../score/score.js";
import { useApp, useLive, useStudio } from "../ui/app-context.js";
import type { LookAnswer } from "../worker/look.js";
import type { Client } from "../worker/rpc.js";

/** The least time from one drawing to the next, in milliseconds. */
const EVERY = 600;
/** Between two answers so many times as long is left to training as one takes. */
const SHARE = 4;

/** The score of a part of the data: what the network does on it now, or did at a checkpoint. */
export default function ProbeScore() {
  const { store, worker, strings } = useApp();
  const answer = useProbe();
  const first = answer?.scores[0];
  if (first === undefined) return null;
  const { tracks, range, cursor } = store.state.score;
  return (
    <Score
      key={first.steps.length}
      data={first}
      words={strings.score}
      {...{ tracks, range, cursor }}
      gradientOf={
        answer?.hasGradient[0] === true ? (at) => worker.ask("train.gradient", { at }).catch(() => null) : null
      }
      onChange={(change) => store.dispatch("score", change)}
    />
  );
}

/** Asked anew after each report. */
function useProbe(): LookAnswer | null {
  const { worker } = useApp();
  const version = useLive((live) => live.sampled.at(-1)?.step ?? null);
  const phase = useLive((live) => live.phase);
  const about = useLive((live) => live.about);
  const step = useStudio((state) => state.step);
  const [answer, setAnswer] = useState<LookAnswer | null>(null);
  const last = useRef({ due: 0, asked: 0, shown: 0 });
  useEffect(() => {
    const ask = async () => {
      const own = ++last.current.asked;
      const begin = performance.now();
      const found = about === null ? null : await lookedAt(worker, step);
      const now = performance.now();
      last.current.due = now + Math.max(EVERY, SHARE * (now - begin));
      // An answer may come late, and is shown unless a later one is already.
      if (own < last.current.shown) return;
      last.current.shown = own;
      setAnswer(found);
    };
    const timer = setTimeout(ask, Math.max(0, last.current.due - performance.now()));
    return () => clearTimeout(timer);
  }, [version, phase, about, step]);
  return answer;
}

async function lookedAt(worker: Client, step: number | null): Promise<LookAnswer | null> {
  try {
    const found = await worker.ask("train.look", { step });
    if (found !== null) rememberPyramids(found);
    return found;
  } catch {
    return null; // of a kind that nothing can be seen of: the other figures say how it goes
  }
}
