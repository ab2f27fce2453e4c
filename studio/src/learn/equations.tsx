import type { LearnWords } from "../strings/learn-words.js";
import { type FigureProps, symbol } from "./cell-figure.js";
import { isBackward, isForward, short } from "./play.js";

interface EquationsProps extends FigureProps {
  step: number;
  weights: Readonly<Record<string, number>>;
  words: LearnWords;
  chosen: string;
  onChoose: (node: string) => void;
}

/** What the cell computes at a step, with symbols and with the numbers filled in, and what comes back to each. */
export function Equations(props: EquationsProps) {
  const { cell, run, position, length, step, weights, words, chosen, onChoose } = props;
  const { values, grads } = run.steps[step];
  const [there, back] = [isForward(position, step), isBackward(position, step, length)];
  const written = (value: number): string => (value < 0 ? `(${short(value)})` : short(value));
  return (
    <ol class="equations" aria-label={words.equations}>
      {cell.nodes.map((node) => {
        const given = node.inputs.map((name) => written(values[name]));
        const own = node.weights.map((name) => written(weights[name]));
        return (
          <li key={node.name}>
            <button type="button" aria-pressed={node.name === chosen} onClick={() => onChoose(node.name)}>
              <code>{node.equation}</code>
              <code class="numbers">
                {there ? `${symbol(node.name, step)} = ${node.filled(given, own)} = ` : " "}
                {there && <b>{short(values[node.name])}</b>}
              </code>
              <code class={`numbers ${(grads[node.name] ?? 0) < 0 ? "against" : "for"}`}>
                {back ? `${words.gradientOf}${symbol(node.name, step)} = ${short(grads[node.name] ?? 0)}` : " "}
              </code>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
