import type { LastHiddenStep, Port, RecurrentStep } from "../../interchange/targets/blueprint.js";
import { floats } from "../export/ports.js";
import { cellNamed, moduleSizes, type RecurrentSettings } from "./layers.js";

/** The recurrent layers of a task as steps: a module after the other. */
export interface RecurrentPart {
  readonly steps: readonly RecurrentStep[];
  /** Of each module its states: as they go in, and as they come out. */
  readonly before: readonly Port[];
  readonly after: readonly Port[];
}

/** h of the highest layer after the last step, [N, D·H]. */
export function lastHiddenOf({ steps }: RecurrentPart, output: string): LastHiddenStep {
  const { numLayers: layers, bidirectional, outputSize: hidden, nextStates } = steps[steps.length - 1];
  return { op: "last-hidden", layers, directions: bidirectional ? 2 : 1, hidden, input: nextStates[0], output };
}

/** How the layers are joined to what stands about them. */
export interface RecurrentJoints {
  /** Of the module that holds them: `rnn`. */
  readonly module: string;
  readonly input: string;
  readonly output: string;
  readonly lengths: string | null;
  /** What the states that go in are called; null: they begin with zeros. Default "". */
  readonly from?: string | null;
  /** What stands before the names of those that come out. Default "next_". */
  readonly to?: string;
}

const KINDS: Readonly<Record<string, string>> = { h: "hidden", c: "cell" };

/** What `recurrentLayers` makes of these settings. */
export function recurrentPart(settings: RecurrentSettings, joints: RecurrentJoints): RecurrentPart {
  const { module, input, output, lengths, from = "", to = "next_" } = joints;
  const { cell, bidirectional = false } = settings;
  const modules = moduleSizes(settings);
  const letters = cellNamed(cell).cell.states === 1 ? ["h"] : ["h", "c"];
  const [steps, before, after]: [RecurrentStep[], Port[], Port[]] = [[], [], []];
  for (const [i, { path, inputSize, hiddenSize, outputSize, numLayers }] of modules.entries()) {
    const names = letters.map((letter) => (modules.length === 1 ? letter : `${letter}${i}`));
    const nextStates = names.map((name) => to + name);
    const shape = (name: string) => [
      numLayers * (bidirectional ? 2 : 1),
      "N",
      name[0] === "h" ? outputSize : hiddenSize,
    ];
    const ports = (prefix: string, when: string) =>
      names.map((name): Port => floats(prefix + name, shape(name), `${KINDS[name[0]]} states ${when}`));
    before.push(...ports(from ?? "", "before the first step: zeros to begin with"));
    after.push(...ports(to, "after the last step"));
    steps.push({
      op: "recurrent",
      module: module + path,
      cell,
      inputSize,
      hiddenSize,
      outputSize,
      numLayers,
      bidirectional,
      input: i === 0 ? input : `${output}${i - 1}`,
      lengths,
      states: from === null ? null : names.map((name) => from + name),
      output: i === modules.length - 1 ? output : `${output}${i}`,
      nextStates,
    });
  }
  return { steps, before: from === null ? [] : before, after };
}
