import type { Port, RecurrentStep } from "../interchange/targets/blueprint.js";
import { cellNamed, moduleSizes, type RecurrentSettings } from "./recurrent-layers.js";

/** The recurrent layers of a task as steps: a module after the other. */
export interface RecurrentPart {
  readonly steps: readonly RecurrentStep[];
  /** Of each module its states: as they go in, and as they come out. */
  readonly before: readonly Port[];
  readonly after: readonly Port[];
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

/** What `recurrentLayers` makes of these settings. */
export function recurrentPart(settings: RecurrentSettings, joints: RecurrentJoints): RecurrentPart {
  const { module, input, output, lengths, from = "", to = "next_" } = joints;
  const { cell, bidirectional = false } = settings;
  const modules = moduleSizes(settings);
  const letters = cellNamed(cell).cell.states === 1 ? ["h"] : ["h", "c"];
  const [steps, before, after]: [RecurrentStep[], Port[], Port[]] = [[], [], []];
  for (const [i, { path, inputSize, hiddenSize, numLayers }] of modules.entries()) {
    const names = letters.map((letter) => (modules.length === 1 ? letter : `${letter}${i}`));
    const nextStates = names.map((name) => to + name);
    const shape = [numLayers * (bidirectional ? 2 : 1), "N", hiddenSize];
    const port = (when: string) => (name: string) => {
      const about = name.includes("c") && !name.includes("h") ? "cell states" : "hidden states";
      return { name, type: "float", shape, about: `${about} ${when}` } as const;
    };
    before.push(...names.map((name) => `${from ?? ""}${name}`).map(port("before the first step: zeros to begin with")));
    after.push(...nextStates.map(port("after the last step")));
    steps.push({
      op: "recurrent",
      module: module + path,
      cell,
      inputSize,
      hiddenSize,
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
