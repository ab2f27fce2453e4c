import { GATES } from "../cells.js";
import type { Operand, SequenceArgs } from "../engine.js";
import type { Core } from "./core.js";

export interface Sizes {
  l: number;
  n: number;
  i: number;
  h: number;
  /** Gates. */
  g: number;
  /** Width of the state: H, or what the projection makes of it. */
  p: number;
}

export function sizesOf(args: SequenceArgs): Sizes {
  const [l, n, i] = args.x.shape as [number, number, number];
  const g = GATES[args.cell];
  return { l, n, i, h: args.wHh.shape[0] / g, g, p: args.wHh.shape[1] };
}

export function addressOr0(core: Core, x: Operand | null): number {
  return x === null ? 0 : core.address(x);
}
