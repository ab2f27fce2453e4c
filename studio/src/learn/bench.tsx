import { useMemo, useState } from "preact/hooks";
import type { LearnWords } from "../strings/learn-words.js";
import { useApp } from "../ui/app-context.js";
import { CellFigure } from "./cell-figure.js";
import { CELLS, WEIGHTS } from "./cells.js";
import { Equations } from "./equations.js";
import type { CellName } from "./graph.js";
import { runOf } from "./graph.js";
import { inputsOf, type Lesson, targetsOf } from "./lessons.js";
import { Pictures } from "./pictures.js";
import { lastOf, short, startOf, whereOf } from "./play.js";
import { Race } from "./race.js";
import { Choices, Sliders } from "./sliders.js";
import { UnrolledRow } from "./unrolled-row.js";

/** The cell of a lesson, its steps there and back, and everything that can be turned on it. */
export function Bench({ lesson }: { lesson: Lesson }) {
  const { store, strings } = useApp();
  const words = strings.learn;
  const state = useBench(lesson);
  const { cell, run, position, length, cut, step, weights, gate } = state;
  const props = { cell, run, position, length, cut, step, weights, words, chosen: gate, onChoose: state.setGate };
  return (
    <div class="bench">
      <Choices {...state} words={words} />
      <Player {...state} words={words} />
      <UnrolledRow {...props} targets={state.targets} onStep={state.setStep} onCut={state.setCut} />
      <div class="cell-and-equations">
        <CellFigure {...props} label={words.figure} />
        <div class="beside">
          <Equations {...props} />
          <Sliders {...props} gate={gate} onWeight={state.setWeight} onReset={state.resetWeights} />
        </div>
      </div>
      {lesson.opens === "look" && (
        <p>
          <button type="button" onClick={() => store.dispatch("show", "look")}>
            {words.openLook}
          </button>
        </p>
      )}
      {lesson.opens === "race" && <Race />}
      <Pictures lesson={lesson} />
    </div>
  );
}

/** A step there, the loss, a step back. */
function Player({
  run,
  position,
  setPosition,
  length,
  where,
  cut,
  words,
}: ReturnType<typeof useBench> & { words: LearnWords }) {
  const last = lastOf(length);
  const step = where.step + 1;
  const said = {
    begin: words.phase.begin,
    there: words.phase.there(step),
    loss: words.phase.loss(short(run.loss)),
    back: cut > 0 && where.step < cut ? words.phase.cut(step) : words.phase.back(step),
  }[where.phase];
  return (
    <div class="player">
      <button type="button" disabled={position <= 0} onClick={() => setPosition(position - 1)}>
        {words.back}
      </button>
      <button type="button" class="primary" disabled={position >= last} onClick={() => setPosition(position + 1)}>
        {words.next}
      </button>
      <button type="button" onClick={() => setPosition(position >= last ? 0 : last)}>
        {position >= last ? words.restart : words.end}
      </button>
      <output aria-live="polite">{said}</output>
    </div>
  );
}

/** All that is turned and chosen. */
function useBench(lesson: Lesson) {
  const [name, setName] = useState<CellName>(lesson.cell);
  const usual = name === lesson.cell ? { ...WEIGHTS[name], ...lesson.weights } : WEIGHTS[name];
  const [weights, setWeights] = useState<Readonly<Record<string, number>>>(usual);
  const [length, setLengthAlone] = useState(lesson.length);
  const [cut, setCut] = useState(lesson.cut ?? 0);
  const [asked, setAsked] = useState(lesson.asked);
  const [position, move] = useState(startOf(lesson.start, lesson.length));
  const [looked, setLooked] = useState<number | null>(null);
  const [gate, setGate] = useState(CELLS[lesson.cell].nodes[0].name);
  const cell = CELLS[name];
  const inputs = inputsOf(lesson, length);
  const targets = targetsOf(asked, inputs);
  const run = useMemo(() => runOf({ cell, weights, inputs, targets, cut }), [cell, weights, length, asked, cut]);
  const where = whereOf(position, length);
  return {
    ...{ cell, run, weights, length, cut, asked, position, where, targets, gate, name, setGate, setCut, setAsked },
    step: Math.min(looked ?? where.step, length - 1),
    setStep: setLooked,
    setPosition: (next: number) => {
      setLooked(null);
      move(Math.min(Math.max(next, 0), lastOf(length)));
    },
    setLength: (next: number) => {
      const isDone = position >= lastOf(length);
      setLengthAlone(next);
      setCut(Math.min(cut, next - 1));
      setLooked(null);
      move(isDone ? lastOf(next) : Math.min(position, next));
    },
    setCell: (next: CellName) => {
      setName(next);
      setWeights(next === lesson.cell ? { ...WEIGHTS[next], ...lesson.weights } : WEIGHTS[next]);
      setGate(CELLS[next].nodes[0].name);
    },
    setWeight: (key: string, value: number) => setWeights({ ...weights, [key]: value }),
    resetWeights: () => setWeights(usual),
  };
}
