import { withRecording } from "../autograd/grad-mode.js";
import { refusal } from "../base/check.js";
import { BYTES_PER_ELEMENT } from "../base/dtype.js";
import { formatShape, type Shape } from "../base/shape.js";
import { inScope } from "../tensor/lifetime.js";
import { Tensor } from "../tensor/tensor.js";
import { typeName } from "./describe.js";
import { type Module, requireModule } from "./module.js";
import type { Parameter } from "./parameter.js";

/** One module of a model. */
export interface SummaryRow {
  /** "" for the model itself. */
  name: string;
  type: string;
  /** Of its output (the first tensor of a pair); null when it was not called, or no input was given. */
  output: number[] | null;
  /** Numbers in its own parameters, but for those that a module before it shares. */
  parameters: number;
  /** Of these, the ones that are learned. */
  trainable: number;
  /** Whether it has parameters that a module before it has. */
  shares: boolean;
}

/** All that the table says. */
export interface SummaryData {
  rows: SummaryRow[];
  parameters: number;
  trainable: number;
  /** Of parameters and buffers. */
  bytes: number;
}

const WIDTH = 80;
const MIB = 1024 * 1024;

/** The table as a string, with its figures as `rows`, `parameters`, `trainable` and `bytes`; `JSON.stringify` gives these. */
export class ModelSummary extends String implements SummaryData {
  readonly rows: SummaryRow[];
  readonly parameters: number;
  readonly trainable: number;
  readonly bytes: number;

  /** @internal `summary()` makes it. */
  constructor({ rows, parameters, trainable, bytes }: SummaryData) {
    super(tableOf({ rows, parameters, trainable, bytes }));
    this.rows = rows;
    this.parameters = parameters;
    this.trainable = trainable;
    this.bytes = bytes;
  }

  toJSON(): SummaryData {
    const { rows, parameters, trainable, bytes } = this;
    return { rows, parameters, trainable, bytes };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * A table of a model's modules: name, type, shape of the output, parameters and how many of these are learned, with totals and memory.
 * @param inputs  what `forward` takes. When given, the model is run once, in evaluation and without a gradient, for the shapes; a
 *   `stateful` module begins anew afterwards
 * @throws what `forward` throws
 * @example console.log(summary(model, ids)); // or String(summary(model)); summary(model).parameters
 */
export function summary(model: Module, ...inputs: unknown[]): ModelSummary {
  requireModule("summary", model, "model");
  const named = model.namedModules();
  const shapes = inputs.length === 0 ? new Map<Module, Shape | null>() : outputShapes(model, named, inputs);
  const seen = new Set<Parameter>();
  model.namedParameters();
  let bytes = 0;
  const rows = named.map(([name, module]) => {
    const row: SummaryRow = {
      name,
      type: typeName(module),
      output: shapes.get(module)?.slice() ?? null,
      parameters: 0,
      trainable: 0,
      shares: false,
    };
    for (const parameter of module.ownParameters()) {
      if (seen.has(parameter)) {
        row.shares = true;
        continue;
      }
      seen.add(parameter);
      row.parameters += parameter.size;
      if (parameter.requiresGrad) row.trainable += parameter.size;
      bytes += parameter.size * BYTES_PER_ELEMENT[parameter.dtype];
    }
    return row;
  });
  for (const [, buffer] of model.namedBuffers()) bytes += buffer.size * BYTES_PER_ELEMENT[buffer.dtype];
  const total = (key: "parameters" | "trainable") => rows.reduce((sum, row) => sum + row[key], 0);
  return new ModelSummary({ rows, parameters: total("parameters"), trainable: total("trainable"), bytes });
}

/** Runs the model once, each module's `forward` noting what it gives. */
function outputShapes(
  model: Module,
  named: readonly [string, Module][],
  inputs: readonly unknown[],
): Map<Module, Shape | null> {
  const shapes = new Map<Module, Shape | null>();
  const forward = (model as { forward?: unknown }).forward;
  if (typeof forward !== "function") throw refusal("summary", "model", "have a forward() to be run", model);
  const undo: (() => void)[] = [];
  try {
    for (const [, module] of named) undo.push(watch(module, (result) => shapes.set(module, shapeOf(result))));
    withRecording(false, () =>
      inScope(
        "the end of summary()",
        () => (model as Module & { forward(...args: unknown[]): unknown }).forward(...inputs),
        () => [],
      ),
    );
  } finally {
    for (const back of undo.reverse()) back();
  }
  return shapes;
}

/** Puts a module into evaluation, and tells `note` what its `forward` returns. Returns what ends both. */
function watch(module: Module, note: (result: unknown) => void): () => void {
  const { training } = module;
  const own = module as Module & { forward?: (...args: unknown[]) => unknown; resetState?: () => void };
  const before = Object.getOwnPropertyDescriptor(own, "forward");
  const { forward } = own;
  module.training = false;
  if (typeof forward === "function" && Object.isExtensible(own)) {
    const value = (...args: unknown[]): unknown => {
      const result = forward.apply(module, args);
      note(result);
      return result;
    };
    Object.defineProperty(own, "forward", { value, configurable: true, writable: true });
  }
  return () => {
    module.training = training;
    if (before !== undefined) Object.defineProperty(own, "forward", before);
    else if (Object.isExtensible(own)) delete (own as { forward?: unknown }).forward;
    if ((own as { stateful?: unknown }).stateful === true) own.resetState?.();
  };
}

/** Of the first tensor in a result. */
function shapeOf(result: unknown): Shape | null {
  if (result instanceof Tensor) return result.shape;
  if (result === null || typeof result !== "object") return null;
  for (const part of Array.isArray(result) ? result : Object.values(result)) {
    const shape = shapeOf(part);
    if (shape !== null) return shape;
  }
  return null;
}

const HEAD = ["module", "type", "output", "parameters", "trainable"];
/** The least that a name and a type keep of a crowded line. */
const LEAST = 8;

function tableOf({ rows, parameters, trainable, bytes }: SummaryData): string {
  const count = (value: number) => value.toLocaleString("en");
  const cells = rows.map((row) => [
    row.name === "" ? "(model)" : row.name,
    row.type,
    row.output === null ? "-" : formatShape(row.output),
    count(row.parameters) + (row.shares ? "*" : ""),
    row.parameters === 0
      ? "-"
      : row.trainable === row.parameters
        ? "yes"
        : row.trainable === 0
          ? "no"
          : count(row.trainable),
  ]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column].length)));
  for (const column of [0, 1, 2]) {
    const over = widths.reduce((sum, width) => sum + width + 2, -2) - WIDTH;
    if (over > 0) widths[column] = Math.max(LEAST, widths[column] - over);
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const shown = fitted(cell, widths[column], column === 0);
        return column < 3 ? shown.padEnd(widths[column]) : shown.padStart(widths[column]);
      })
      .join("  ")
      .trimEnd();
  const rule = "-".repeat(
    Math.min(
      WIDTH,
      widths.reduce((sum, width) => sum + width + 2, -2),
    ),
  );
  const mebibytes = (bytes / MIB).toFixed(bytes < MIB ? 3 : 1);
  return [
    line(HEAD),
    rule,
    ...cells.map(line),
    rule,
    `parameters: ${count(parameters)} (${count(trainable)} trainable), ${mebibytes} MiB`,
    ...(rows.some(({ shares }) => shares) ? ["* and some that a module above has, counted there"] : []),
  ].join("\n");
}

/** Cut at the start for a name, whose end says most. */
function fitted(text: string, width: number, keepEnd: boolean): string {
  if (text.length <= width) return text;
  return keepEnd ? `…${text.slice(text.length - width + 1)}` : `${text.slice(0, width - 1)}…`;
}
