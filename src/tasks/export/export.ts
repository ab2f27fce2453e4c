import { checkBoolean, checkKnownOptions, checkString } from "../../base/check.js";
import { FormatError, OptionError, show, UnsupportedError } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { TARGETS } from "../../interchange/targets/registry.js";
import { roundedWeights } from "../../interchange/targets/rounded.js";
import type { ModelToWrite, Precision, Target, TargetWriter, WrittenModel } from "../../interchange/targets/target.js";
import type { Module } from "../../nn/index.js";
import { checkpointMetadata } from "../../train/checkpoint.js";
import { entriesOf } from "../../train/entries.js";
import type { Json } from "../../train/index.js";
import { describeTask } from "../checkpoint.js";
import type { CommandTask, Known } from "../commands.js";
import { codeOf } from "../export-code/runtimes.js";
import type { TaskTypes } from "../task.js";

/** How a model is written. */
export interface ExportOptions {
  /** What its files are called. Default: the task's name. */
  name?: string | undefined;
  /** Weights in 16 bits. Default false. */
  half?: boolean | undefined;
  /** Matrices in 8 bits, with a scale for each row. Default false. */
  int8?: boolean | undefined;
}

const OP = "export";

/** @throws OptionError for a name that no target has, naming the nearest */
export function targetNamed(name: string, op = OP): Target {
  const found = TARGETS.find((target) => target.name === checkString(op, "to", name));
  if (found !== undefined) return found;
  const names = TARGETS.map((target) => target.name);
  const near = nearest(name, names);
  const must = `be one of ${names.map(show).join(", ")}`;
  const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
  throw new OptionError({ op, argument: "to", must, value: show(name), fix, details: { nearest: near } });
}

/** @throws OptionError for both, half and int8, and for what the target does not write */
export function precisionOf(target: Target, { half = false, int8 = false }: ExportOptions, op = OP): Precision {
  checkBoolean(op, "half", half);
  checkBoolean(op, "int8", int8);
  if (half && int8) {
    const [must, fix] = ["be left out beside half: weights are kept in 16 bits or in 8", "Leave one of them out."];
    throw new OptionError({ op, argument: "int8", must, value: "true", fix, details: { settings: { half: null } } });
  }
  const precision = half ? "float16" : int8 ? "int8" : "float32";
  if (target.precisions.includes(precision)) return precision;
  const argument = half ? "half" : "int8";
  const must = `be left out with ${show(target.name)}, which has no such weights`;
  const fix = "Leave it out.";
  throw new OptionError({ op, argument, must, value: "true", fix, details: { settings: { [argument]: null } } });
}

/**
 * A model as files for another toolkit.
 * @throws OptionError; UnsupportedError, code `not-in-target`, for a model that the target cannot hold, saying which layer and what can
 */
export async function exportTask<T extends TaskTypes>(
  task: CommandTask<T>,
  module: T["model"],
  known: Known<T>,
  to: string,
  options: ExportOptions = {},
): Promise<WrittenModel> {
  checkKnownOptions(OP, options, ["name", "half", "int8"]);
  const target = targetNamed(to);
  const precision = precisionOf(target, options);
  const model = await modelToWrite(task, module, known, options.name);
  if (precision === "float16") checkHalf(model);
  return (await ableWriter(target, model, precision)).write(model, precision);
}

/** @throws FormatError for a weight that 16 bits cannot hold */
function checkHalf(model: ModelToWrite): void {
  const rounded = roundedWeights(model, "float16");
  for (const [name, { data }] of rounded) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const value = `${model.weights.get(name)!.data[at]} at element ${at}`;
    const [argument, must] = [`weight ${show(name)}`, "fit into float16, which ends at 65504"];
    throw new FormatError({ op: OP, argument, must, value, fix: "Leave half out.", details: { index: at } });
  }
}

/** A model as targets see it. */
export async function modelToWrite<T extends TaskTypes>(
  task: CommandTask<T>,
  module: T["model"],
  known: Known<T>,
  name = task.name,
): Promise<ModelToWrite> {
  if (task.blueprint === undefined) {
    const must = "be of a task that says what its network is made of";
    throw new UnsupportedError({ op: OP, argument: "model", must, value: task.title });
  }
  const weights = (module as Module).stateDict();
  for (const shared of task.shared?.(known.config) ?? []) weights.delete(shared);
  const description = { task: task.name, ...describeTask(task, known) };
  return {
    name: checkString(OP, "name", name),
    title: task.title,
    blueprint: await task.blueprint(known),
    weights: entriesOf(OP, weights),
    description: description as Readonly<Record<string, Json>>,
    metadata: checkpointMetadata(task.name, describeTask(task, known)),
    code: codeOf(task, known),
  };
}

/** @throws UnsupportedError naming each layer that stands in the way, and the targets that have them all */
export async function ableWriter(
  target: Target,
  { blueprint }: Pick<ModelToWrite, "blueprint">,
  precision: Precision,
): Promise<TargetWriter> {
  const writer = await target.load();
  const found = writer.obstacles(blueprint, precision);
  if (found.length === 0) return writer;
  const able: string[] = [];
  for (const other of TARGETS.filter(({ precisions }) => precisions.includes(precision))) {
    if ((await other.load()).obstacles(blueprint, precision).length === 0) able.push(other.name);
  }
  const value = found.map(({ layer, why }) => `${layer}, which ${why}`).join("; ");
  const fix = able.length === 0 ? "" : `Write it as ${able.join(", ")}.`;
  const must = `be made of what ${target.title} has`;
  const details = { nearest: able[0] };
  throw new UnsupportedError({ code: "not-in-target", op: OP, argument: "model", must, value, fix, details });
}
