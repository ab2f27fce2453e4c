/**
 * What an operation on tensors `T` leaves for the walk back. The tensor layer writes the tape (`tape.ts`); `autograd/` walks it.
 */
export interface Node<T> {
  /** Later operations have larger numbers, so descending order is a valid walk. */
  id: number;
  name: string;
  inputs: readonly T[];
  /** Which inputs wanted a gradient when it was recorded: `saved` has what these need and no more. */
  needs: readonly boolean[];
  outputs: readonly T[];
  /** Null once walked. */
  backward: Backward<T> | null;
  /** Tensors the backward pass reads. Owned ones die with it; others are only held. */
  saved: Saved<T>;
  /** When they were saved, by `writeClock`: what is written later is not what the backward pass wants. */
  savedAt: number;
  /** Nodes that take an output of this one: side branches that no walk reaches end with the graph they hang on. */
  users: Node<T>[];
  /** The sweep (`on-engine.ts`) since which `users` is kept: older ones may be garbage, and must not live for it. */
  usersSince: number;
  /** Functions that see, and may replace, the gradient of an output: `[output index, hook]`. */
  hooks: [number, (grad: T) => T | undefined][] | null;
}

/**
 * Takes the gradient of each output (null: none arrived) and says for each input its gradient, or null. `needs[i]` says
 * whether input i wants one. Runs without recording; its temporaries are released after it.
 */
export type Backward<T> = (dOutputs: readonly (T | null)[], needs: readonly boolean[]) => readonly (T | null)[];

export interface Saved<T> {
  /** Inputs and outputs whose values are read: they stay with whoever has them. Null for what only an unwanted gradient needs. */
  held?: readonly (T | null)[] | undefined;
  /** Those that a kernel takes with the others, but whose values do not matter. */
  unread?: readonly T[] | undefined;
  /** Activations that nobody else sees. */
  owned?: readonly T[] | undefined;
}
