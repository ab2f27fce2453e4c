import { GATES, type Operand, type SequenceArgs } from "../engine.js";
import type { Core } from "./core.js";

export interface Sizes {
  l: number;
  n: number;
  i: number;
  h: number;
  /** Gates. */
  g: number;
}

export function sizesOf(args: SequenceArgs): Sizes {
  const [l, n, i] = args.x.shape as [number, number, number];
  return { l, n, i, h: args.wHh.shape[1]!, g: GATES[args.cell] };
}

export function addressOr0(core: Core, x: Operand | null): number {
  return x === null ? 0 : core.address(x);
}
