import { type Cell, type LayerSizes, layerParameters, type ParameterSpec } from "./cell.js";
import * as modules from "./cells/index.js";
import type { CellStackOptions } from "./options.js";
import type { Recurrent } from "./stack.js";

/** A class's name as a person types it: `LayerNormLSTM` is `layer-norm-lstm`. */
type Typed<Title extends string, Before extends string = "A"> = Title extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : Before extends Lowercase<Before> ? `-${Lowercase<Letter>}` : Lowercase<Letter>}${Typed<Rest, Letter>}`
  : "";

/** `lstm`, `layer-norm-lstm`, ... */
export type RecurrentCellName = Typed<keyof typeof modules>;

/** A cell, for those who make its module by name. */
export interface RecurrentCell {
  name: RecurrentCellName;
  /** Its class in `nn`: `LayerNormLSTM`. */
  title: string;
  /** With the options' defaults. */
  cell: Cell;
  /** Of one layer in one direction, by their names without suffix. */
  parameters(sizes: LayerSizes): Record<string, ParameterSpec>;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of module has its own kind of state
  make(inputSize: number, hiddenSize: number, options?: CellStackOptions): Recurrent<any>;
}

interface CellModule {
  readonly cell: Cell;
  new (inputSize: number, hiddenSize: number, options?: CellStackOptions): ReturnType<RecurrentCell["make"]>;
}

/** Every cell of `cells/index.ts`. */
export const RECURRENT_CELLS: readonly RecurrentCell[] = Object.entries(modules).map(([title, module]) => {
  const Made = module as unknown as CellModule;
  const { cell } = Made;
  return {
    name: title.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase() as RecurrentCellName,
    title,
    cell,
    parameters: (sizes) => layerParameters(cell, sizes),
    make: (inputSize, hiddenSize, options = {}) => new Made(inputSize, hiddenSize, options),
  };
});
