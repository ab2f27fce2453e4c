import { useMemo } from "preact/hooks";
import type { LearnWords } from "../strings/learn-words.js";
import { useApp, useStudio } from "../ui/app-context.js";
import { Copied } from "../ui/figure-copies.js";
import { CellFigure } from "./cell-figure.js";
import { CELLS } from "./cells.js";
import { Equations } from "./equations.js";
import { type FigureState, fromText, toText, usualWeights } from "./figure-state.js";
import type { CellName } from "./graph.js";
import { runOf } from "./graph.js";
import { inputsOf, type Lesson, targetsOf } from "./lessons.js";
import { Pictures } from "./pictures.js";
import { lastOf, short, whereOf } from "./play.js";
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
      <Copied name={`${cell.name}-unrolled`} title={words.row}>
        <UnrolledRow {...props} targets={state.targets} onStep={state.setStep} onCut={state.setCut} />
      </Copied>
      <div class="cell-and-equations">
        <Copied name={`${cell.name}-cell`} title={words.figure}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
          <section class="cell-scrolls" aria-label={words.figure} tabIndex={0}>
            <CellFigure {...props} label={words.figure} />
          </section>
        </Copied>
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

/** All that is turned and chosen: a part of the address. */
function useBench(lesson: Lesson) {
  const { store } = useApp();
  const text = useStudio((state) => state.at["figure"]);
  const state = useMemo(() => fromText(text, lesson), [text, lesson]);
  const { cell: name, weights, length, cut, asked, position, gate, looked } = state;
  const change = (part: Partial<FigureState>) =>
    store.dispatch("remember", "figure", toText({ ...state, ...part }, lesson));
  const cell = CELLS[name];
  const inputs = inputsOf(lesson, length);
  const targets = targetsOf(asked, inputs);
  const run = useMemo(() => runOf({ cell, weights, inputs, targets, cut }), [cell, weights, length, asked, cut]);
  const where = whereOf(position, length);
  return {
    ...{ cell, run, weights, length, cut, asked, position, where, targets, gate, name },
    step: Math.min(looked ?? where.step, length - 1),
    setGate: (next: string) => change({ gate: next }),
    setCut: (next: number) => change({ cut: next }),
    setAsked: (next: Lesson["asked"]) => change({ asked: next }),
    setStep: (next: number) => change({ looked: next }),
    setPosition: (next: number) => change({ looked: null, position: Math.min(Math.max(next, 0), lastOf(length)) }),
    setLength: (next: number) => {
      const isDone = position >= lastOf(length);
      const moved = isDone ? lastOf(next) : Math.min(position, next);
      change({ length: next, cut: Math.min(cut, next - 1), looked: null, position: moved });
    },
    setCell: (next: CellName) =>
      change({ cell: next, weights: usualWeights(lesson, next), gate: CELLS[next].nodes[0].name }),
    setWeight: (key: string, value: number) => change({ weights: { ...weights, [key]: value } }),
    resetWeights: () => change({ weights: usualWeights(lesson, name) }),
  };
}
