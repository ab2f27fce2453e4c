import { useEffect, useState } from "preact/hooks";
import type { LearnWords } from "../strings/learn-words.js";
import { useApp } from "../ui/app-context.js";
import { Copied } from "../ui/figure-copies.js";
import type { RaceTold } from "../worker/race.js";
import type { CellName } from "./graph.js";

const NAMES: readonly CellName[] = ["rnn", "lstm", "gru"];
const [WIDTH, HEIGHT] = [320, 130];

/** The three cells on one task, side by side: which of them learns to remember. */
export function Race() {
  const { worker, strings } = useApp();
  const { learn } = strings;
  const [length, setLength] = useState(40);
  const [isRunning, setRunning] = useState(false);
  // Each race has other weights and other sequences: who wins is not always the same.
  const [seed, setSeed] = useState(1);
  const [told, setTold] = useState<readonly RaceTold[]>([]);
  useEffect(() => worker.on("learn.race", (next) => setTold((before) => [...before, next])), [worker]);
  useEffect(() => () => void worker.ask("learn.stop", null), [worker]);
  const start = async () => {
    setTold([]);
    setRunning(true);
    try {
      await worker.ask("learn.race", { length, seed });
    } finally {
      setSeed(seed + 1);
      setRunning(false);
    }
  };
  return (
    <section class="race">
      <h3>{learn.race}</h3>
      <p class="about">{learn.raceAbout}</p>
      <div class="player">
        <label>
          <span>
            {learn.raceLength} <output>{length}</output>
          </span>
          <input
            type="range"
            min={4}
            max={60}
            value={length}
            disabled={isRunning}
            onInput={(event) => setLength(Number(event.currentTarget.value))}
          />
        </label>
        <button
          type="button"
          class="primary"
          onClick={() => (isRunning ? void worker.ask("learn.stop", null) : void start())}
        >
          {isRunning ? learn.raceStop : learn.raceStart}
        </button>
        <output>{told.length > 0 && learn.raceStep(told.at(-1)!.step)}</output>
      </div>
      <Lanes told={told} words={learn} />
    </section>
  );
}

function Lanes({ told, words }: { told: readonly RaceTold[]; words: LearnWords }) {
  return (
    <div class="lanes">
      {NAMES.map((name, k) => (
        <figure key={name}>
          <figcaption>
            <strong>{name.toUpperCase()}</strong> {told.length > 0 && words.right(told.at(-1)!.right[k])}
          </figcaption>
          <Copied name={`race-${name}`} title={`${name.toUpperCase()}: ${words.raceLoss}`}>
            <Lane losses={told.map(({ loss }) => loss[k])} label={`${name.toUpperCase()}: ${words.raceLoss}`} />
          </Copied>
        </figure>
      ))}
    </div>
  );
}

/** A loss of 1 is that of who guesses; 40 reports are the whole width. */
function Lane({ losses, label }: { losses: readonly number[]; label: string }) {
  const points = losses.map(
    (loss, i) => `${((i + 0.5) / 40) * WIDTH},${HEIGHT - 6 - Math.min(1.2, loss) * (HEIGHT - 16)}`,
  );
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {[0, 0.5, 1].map((loss) => (
        <g key={loss}>
          <line
            class="rule"
            x1={0}
            x2={WIDTH}
            y1={HEIGHT - 6 - loss * (HEIGHT - 16)}
            y2={HEIGHT - 6 - loss * (HEIGHT - 16)}
          />
          <text x={WIDTH - 2} y={HEIGHT - 9 - loss * (HEIGHT - 16)} text-anchor="end">
            {loss}
          </text>
        </g>
      ))}
      <polyline points={points.join(" ")} />
    </svg>
  );
}
