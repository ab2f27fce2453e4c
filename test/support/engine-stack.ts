import type { CellKind } from "../../src/engine/cells.js";
import type { Engine, Operand, SequenceArgs, SequenceSaved } from "../../src/engine/engine.js";
import { type FixtureCase, type FixtureTensor, tensorOf } from "./fixtures.js";
import { Operands } from "./operands.js";

/** The options of the families `modules` and `modules-parity`. */
export interface RecurrentOptions {
  cell: "rnn" | "lstm" | "gru";
  inputSize: number;
  hiddenSize: number;
  module: {
    numLayers: number;
    bias?: boolean;
    batchFirst?: boolean;
    bidirectional?: boolean;
    projSize?: number;
    nonlinearity?: "tanh" | "relu";
  };
  initialState: boolean;
  lengths?: number[];
  unbatched?: boolean;
}

type Arrays = Record<string, ArrayLike<number>>;

export function cellKind({ cell, module }: RecurrentOptions): CellKind {
  if (cell !== "rnn") return cell;
  return module.nonlinearity === "relu" ? "rnn_relu" : "rnn_tanh";
}

/** [A, B, F] with its first two dimensions swapped. */
function swap(x: ArrayLike<number>, a: number, b: number): number[] {
  const f = x.length / (a * b);
  return Array.from({ length: x.length }, (_, i) => {
    const j = Math.floor(i / f);
    return x[((j % a) * b + Math.floor(j / a)) * f + (i % f)]!;
  });
}

/** Rows of `parts` side by side: [R, F] each to [R, F·parts]. */
function beside(parts: ArrayLike<number>[], f: number): number[] {
  const rows = parts[0]!.length / f;
  return Array.from({ length: rows * f * parts.length }, (_, i) => {
    const column = i % (f * parts.length);
    return parts[Math.floor(column / f)]![Math.floor(i / (f * parts.length)) * f + (column % f)]!;
  });
}

/** The inverse of `beside`: part `d` of `count`. */
function part(x: ArrayLike<number>, d: number, count: number, f: number): number[] {
  return Array.from({ length: x.length / count }, (_, i) => x[(Math.floor(i / f) * count + d) * f + (i % f)]!);
}

interface Walk {
  args: SequenceArgs;
  y: Operand;
  saved: SequenceSaved;
  /** `_l0`, `_l1_reverse`: what PyTorch appends to the parameters' names. */
  suffix: string;
  /** Which row of h0 and hN. */
  row: number;
}

/**
 * A stack of layers and directions on an engine's sequence kernels alone, with the gradients of a fixture's loss: what
 * the module of the same options must compute. Lengths, projections and unbatched input are not its business.
 */
export function runStack(engine: Engine, found: FixtureCase<RecurrentOptions>): { outputs: Arrays; grads: Arrays } {
  const stack = new Stack(engine, found);
  try {
    const outputs = stack.forward();
    return { outputs, grads: stack.backward() };
  } finally {
    stack.free();
  }
}

class Stack {
  readonly #found: FixtureCase<RecurrentOptions>;
  readonly #ops: Operands;
  readonly #layers: Walk[][] = [];
  readonly #length: number;
  readonly #batch: number;

  constructor(engine: Engine, found: FixtureCase<RecurrentOptions>) {
    this.#found = found;
    const x = tensorOf(found, "x");
    this.#ops = new Operands(engine, x.dtype);
    const batchFirst = found.options.module.batchFirst ?? false;
    this.#length = x.shape[batchFirst ? 1 : 0]!;
    this.#batch = x.shape[batchFirst ? 0 : 1]!;
  }

  get #directions(): number {
    return this.#found.options.module.bidirectional ? 2 : 1;
  }

  free(): void {
    this.#ops.free();
  }

  forward(): Arrays {
    const { hiddenSize: h, module } = this.#found.options;
    const hN: number[] = [];
    const cN: number[] = [];
    let x: ArrayLike<number> = this.#sequenceFirst(tensorOf(this.#found, "x").data);
    for (let layer = 0; layer < module.numLayers; layer++) {
      const walks: Walk[] = [];
      for (let d = 0; d < this.#directions; d++) {
        const { walk, hLast, cLast } = this.#forwardOne(x, layer, d);
        walks.push(walk);
        hN.push(...this.#ops.read(hLast));
        if (cLast) cN.push(...this.#ops.read(cLast));
      }
      this.#layers.push(walks);
      x = beside(
        walks.map((walk) => this.#ops.read(walk.y)),
        h,
      );
    }
    const lstm = this.#found.options.cell === "lstm";
    return { y: this.#fromSequenceFirst(x), hN, ...(lstm ? { cN } : {}) };
  }

  backward(): Arrays {
    const { hiddenSize: h, cell } = this.#found.options;
    const rows = this.#layers.length * this.#directions;
    const grads: Arrays = {};
    const h0: number[][] = new Array(rows);
    const c0: number[][] = new Array(rows);
    let dy: ArrayLike<number> = this.#sequenceFirst(tensorOf(this.#found, "upstream.y").data);
    for (const walks of this.#layers.toReversed()) {
      const inward = walks.map((walk, d) => {
        const { dx, dH0, dC0 } = this.#backwardOne(walk, part(dy, d, walks.length, h), grads);
        h0[walk.row] = dH0;
        if (dC0) c0[walk.row] = dC0;
        return dx;
      });
      dy = inward.reduce((a, b) => a.map((value, i) => value + b[i]!));
    }
    const x = this.#fromSequenceFirst(dy);
    if (!this.#found.options.initialState) return { ...grads, x };
    return { ...grads, x, h0: h0.flat(), ...(cell === "lstm" ? { c0: c0.flat() } : {}) };
  }

  #forwardOne(x: ArrayLike<number>, layer: number, d: number) {
    const { hiddenSize: h, cell } = this.#found.options;
    const [l, n, ops] = [this.#length, this.#batch, this.#ops];
    const suffix = `_l${layer}${d === 1 ? "_reverse" : ""}`;
    const row = layer * this.#directions + d;
    const args: SequenceArgs = {
      cell: cellKind(this.#found.options),
      x: ops.from(x, [l, n, x.length / (l * n)]),
      wIh: this.#parameter(`weight_ih${suffix}`)!,
      wHh: this.#parameter(`weight_hh${suffix}`)!,
      bIh: this.#parameter(`bias_ih${suffix}`),
      bHh: this.#parameter(`bias_hh${suffix}`),
      h0: this.#state("h0", row),
      c0: this.#state("c0", row),
      reverse: d === 1,
    };
    const saved = {
      gates: cell === "rnn" ? null : ops.empty([l, n, 4 * h]),
      cells: cell === "lstm" ? ops.empty([l, n, h]) : null,
    };
    const y = ops.empty([l, n, h]);
    const hLast = ops.empty([n, h]);
    const cLast = cell === "lstm" ? ops.empty([n, h]) : null;
    ops.engine.sequenceForward({ ...args, y, hN: hLast, cN: cLast, saved });
    return { walk: { args, y, saved, suffix, row }, hLast, cLast };
  }

  #backwardOne(walk: Walk, dy: number[], grads: Arrays) {
    const { args, y, saved, suffix, row } = walk;
    const ops = this.#ops;
    const like = (o: Operand | null) => (o === null ? null : ops.empty(o.shape));
    const [dX, dWIh, dWHh, dBIh, dBHh] = [args.x, args.wIh, args.wHh, args.bIh, args.bHh].map(like);
    const dH0 = ops.empty([this.#batch, this.#found.options.hiddenSize]);
    const dC0 = args.cell === "lstm" ? like(dH0) : null;
    ops.engine.sequenceBackward({
      ...args,
      y,
      saved,
      dY: ops.from(dy, y.shape),
      dHN: this.#state("upstream.hN", row),
      dCN: this.#state("upstream.cN", row),
      dX: dX!,
      dWIh: dWIh!,
      dWHh: dWHh!,
      dBIh: dBIh!,
      dBHh: dBHh!,
      dH0,
      dC0,
    });
    const named = { weight_ih: dWIh, weight_hh: dWHh, bias_ih: dBIh, bias_hh: dBHh };
    for (const [name, operand] of Object.entries(named)) {
      if (operand) grads[`${name}${suffix}`] = ops.read(operand);
    }
    return { dx: [...ops.read(dX!)], dH0: [...ops.read(dH0)], dC0: dC0 && [...ops.read(dC0)] };
  }

  #parameter(name: string): Operand | null {
    const tensor = this.#found.tensors[name];
    return tensor ? this.#ops.from(tensor.data, tensor.shape) : null;
  }

  /** Row `row` of a [D·K, N, H] tensor, or null when the fixture has none. */
  #state(name: string, row: number): Operand | null {
    const tensor: FixtureTensor | undefined = this.#found.tensors[name];
    if (!tensor) return null;
    const [, n, h] = tensor.shape as [number, number, number];
    return this.#ops.from(tensor.data.subarray(row * n * h, (row + 1) * n * h), [n, h]);
  }

  #sequenceFirst(x: ArrayLike<number>): ArrayLike<number> {
    return this.#found.options.module.batchFirst ? swap(x, this.#batch, this.#length) : x;
  }

  #fromSequenceFirst(x: ArrayLike<number>): ArrayLike<number> {
    return this.#found.options.module.batchFirst ? swap(x, this.#length, this.#batch) : x;
  }
}
