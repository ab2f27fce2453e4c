import type { LearnWords } from "../strings/learn-words.js";
import type { FigureProps } from "./cell-figure.js";
import { LENGTHS } from "./figure-state.js";
import type { CellName } from "./graph.js";
import type { Lesson } from "./lessons.js";
import { lastOf, short } from "./play.js";

interface SlidersProps extends FigureProps {
  weights: Readonly<Record<string, number>>;
  gate: string;
  words: LearnWords;
  onWeight: (name: string, value: number) => void;
  onReset: () => void;
}

/** The weights of one gate, and what the whole sequence's gradient says to each. */
export function Sliders({ cell, run, position, length, weights, gate, words, onWeight, onReset }: SlidersProps) {
  const chosen = cell.nodes.find(({ name }) => name === gate);
  // A sum has no weights of its own: those of the first gate are shown.
  const node = chosen === undefined || chosen.weights.length === 0 ? cell.nodes[0] : chosen;
  const isDone = position >= lastOf(length);
  return (
    <fieldset class="sliders">
      <legend>{cell.nodes.length === 1 ? words.weights : words.weightsOf(node.name)}</legend>
      {node.weights.map((name) => (
        <label key={name}>
          <span>{name.replace(/_.*/, "")}</span>
          <input
            type="range"
            min={-3}
            max={3}
            step={0.05}
            value={weights[name]}
            onInput={(event) => onWeight(name, Number(event.currentTarget.value))}
          />
          <output>{weights[name].toFixed(2).replace("-", "−")}</output>
          <small class={run.weights[name] < 0 ? "against" : "for"}>
            {isDone ? `${words.gradientOf}${name.replace(/_.*/, "")} ${short(run.weights[name])}` : ""}
          </small>
        </label>
      ))}
      <button type="button" onClick={onReset}>
        {words.reset}
      </button>
    </fieldset>
  );
}

interface ChoicesProps {
  name: CellName;
  setCell: (name: CellName) => void;
  length: number;
  setLength: (length: number) => void;
  asked: Lesson["asked"];
  setAsked: (asked: Lesson["asked"]) => void;
  words: LearnWords;
}

const NAMES: readonly CellName[] = ["rnn", "lstm", "gru"];
const ASKED: readonly Lesson["asked"][] = ["last", "all", "first"];

/** Which cell, how many steps, and where an answer is asked for. */
export function Choices({ name, setCell, length, setLength, asked, setAsked, words }: ChoicesProps) {
  return (
    <div class="choices">
      <fieldset>
        <legend>{words.cell}</legend>
        {NAMES.map((one) => (
          <button key={one} type="button" aria-pressed={one === name} onClick={() => setCell(one)}>
            {one.toUpperCase()}
          </button>
        ))}
      </fieldset>
      <label>
        <span>
          {words.length} <output>{length}</output>
        </span>
        <input
          type="range"
          min={LENGTHS.least}
          max={LENGTHS.most}
          value={length}
          onInput={(event) => setLength(Number(event.currentTarget.value))}
        />
      </label>
      <label>
        <span>{words.asked}</span>
        <select value={asked} onChange={(event) => setAsked(event.currentTarget.value as Lesson["asked"])}>
          {ASKED.map((one) => (
            <option key={one} value={one}>
              {words.askedAt[one]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
