import { checkObject, refusal } from "../../base/check.js";
import { type DType, isFloat } from "../../base/dtype.js";
import { DTypeError, OptionError, ShapeError, show, UnsupportedError } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import { Module } from "../../nn/module.js";
import type { FloatDType } from "../../nn/options.js";
import { Parameter } from "../../nn/parameter.js";
import { fromHost, requireTensor } from "../../tensor/ops/raw.js";
import { recording } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { DecodedOnnx } from "../formats/onnx/decode.js";
import { isFloatType } from "../formats/onnx/element-types.js";
import type { OnnxValue } from "../formats/onnx/model.js";
import type { OnnxArray } from "../formats/onnx/tensor-data.js";
import { KeptValues } from "./kept-values.js";
import { checkRunnable } from "./lacks.js";
import { Plan } from "./plan.js";
import { runPlan } from "./program.js";
import { Floats, type HostType, hostFrom, type Value } from "./value.js";
import { WeightTree } from "./weight-tree.js";

const OP = "OnnxModule.run";

/** What a file says, as one thing that holds no tensors: copies of a module share it. */
class Program {
  readonly file: DecodedOnnx;
  readonly plan: Plan;

  constructor(file: DecodedOnnx, plan: Plan) {
    this.file = file;
    this.plan = plan;
  }
}

/**
 * A graph of ONNX that runs on our own operations. Its initializers of floats are parameters, under their names in the file (nested by the
 * dots in them, where these can be names), so that it learns on as any module does; single numbers and constants stay as they are. Batch normalisation goes by its
 * running statistics, and dropout acts after `train()`.
 */
export class OnnxModule extends Module {
  private readonly kept = new KeptValues();
  private readonly program: Program;

  /** @throws UnsupportedError, code `unsupported-operators`, naming every operator that does not run */
  constructor(file: DecodedOnnx, source = "file") {
    super();
    checkRunnable(file, source);
    this.training = false;
    const tree = new WeightTree(this);
    const plan = new Plan(file.graph, null, (name, array) => tree.put(name, parameterOf(array)));
    this.program = new Program(file, plan);
  }

  /** What `run` takes. */
  get inputs(): readonly OnnxValue[] {
    return this.program.file.graph.inputs;
  }

  /** What `run` gives. */
  get outputs(): readonly OnnxValue[] {
    return this.program.file.graph.outputs;
  }

  /** The file's own properties. */
  get metadata(): ReadonlyMap<string, string> {
    return this.program.file.metadata;
  }

  /**
   * Runs the graph.
   * @param inputs  by the file's names; int32 for whatever integers and truth values it asks for
   * @returns       by the file's names; integers and truth values as int32
   * @throws OptionError, ShapeError, DTypeError for inputs that do not fit; errors inside name their node
   * @example const { output, stateN } = noGrad(() => model.run({ input, state, sr }));
   */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    checkObject(OP, "inputs", inputs, "an object of tensors by name");
    const { file, plan } = this.program;
    const known = this.inputs.map(({ name }) => name);
    for (const name of Object.keys(inputs)) {
      if (!known.includes(name)) throw refusal(OP, "inputs", `be only ${known.join(", ")}`, name);
    }
    const sizes = new Map<string, number>();
    const dtype = floatDTypeOf(this, this.program.file);
    const values = this.inputs.map((info) => inputValue(info, inputs[info.name], dtype, sizes));
    const weights = this.parameters();
    this.kept.startRun(
      weights.reduce((sum, { storage }) => sum + storage.writtenAt, 0),
      dtype,
    );
    const results = runPlan(plan, values, {
      opset: file.opset,
      training: this.training,
      floatDType: dtype,
      kept: this.kept,
      keeps: !(recording.enabled && weights.some(({ requiresGrad }) => requiresGrad)),
      weight: (path) => WeightTree.at(this, path),
    });
    return Object.fromEntries(this.outputs.map(({ name }, i) => [name, outputTensor(name, results[i])]));
  }

  /**
   * `run` for a graph with one input and one output.
   * @throws UnsupportedError for one with more
   */
  forward(x: Tensor): Tensor {
    const [inputs, outputs] = [this.inputs, this.outputs].map((list) => list.map(({ name }) => name)) as [
      string[],
      string[],
    ];
    if (inputs.length !== 1 || outputs.length !== 1) {
      throw new UnsupportedError({
        op: "OnnxModule.forward",
        argument: "the graph",
        must: "have one input and one output",
        value: `inputs ${inputs.join(", ")} and outputs ${outputs.join(", ")}`,
        fix: `Use run({ ${inputs.join(", ")} }).`,
      });
    }
    return this.run({ [inputs[0]]: x })[outputs[0]];
  }

  override extraRepr(): string {
    const say = (values: readonly OnnxValue[]) => values.map(({ name }) => name).join(", ");
    return `(${say(this.inputs)}) -> (${say(this.outputs)}), opset=${this.program.file.opset}`;
  }

  override members(): Iterable<[string, unknown]> {
    return Object.entries(this).filter(([name]) => name !== "program" && name !== "kept");
  }
}

/** What "float" is computed in: float64 once `to` made it so. */
function floatDTypeOf(module: Module, { graph }: DecodedOnnx): FloatDType {
  const first = module.parameters()[0];
  const isDouble = [...graph.initializers.values()].some(({ type }) => type === "double");
  return first?.dtype === "float64" && !isDouble ? "float64" : "float32";
}

function parameterOf(array: OnnxArray): Parameter {
  // A view would keep the whole file in memory.
  return new Parameter(fromHost(array.data.slice(), array.shape));
}

function inputValue(info: OnnxValue, x: Tensor | undefined, floatDType: FloatDType, sizes: Map<string, number>): Value {
  const { name, type } = info;
  if (x === undefined)
    throw new OptionError({ op: OP, argument: `input ${show(name)}`, must: "be given", value: "nothing" });
  requireTensor(OP, `input ${show(name)}`, x);
  checkSizes(info, x, sizes);
  const isFloats = isFloatType(type);
  const wanted: DType = type === "double" ? "float64" : isFloats ? floatDType : "int32";
  if (x.dtype !== wanted) {
    const fix = isFloat(wanted) ? `Convert it with .to("${wanted}").` : 'Make it with { dtype: "int32" }.';
    throw new DTypeError({
      op: OP,
      argument: `input ${show(name)}`,
      must: `be ${wanted} (${type} in the file)`,
      value: x.dtype,
      fix,
    });
  }
  return isFloats ? new Floats(type, x) : hostFrom(type as HostType, x);
}

/** Sizes that the file fixes, and names that stand for one size in all inputs. */
function checkSizes({ name, shape }: OnnxValue, x: Tensor, sizes: Map<string, number>): void {
  if (shape === null) return;
  const fits =
    x.rank === shape.length &&
    shape.every((size, i) => {
      if (typeof size === "number") return size === x.shape[i];
      if (size === null) return true;
      const known = sizes.get(size) ?? x.shape[i];
      sizes.set(size, known);
      return known === x.shape[i];
    });
  if (fits) return;
  const words = shape.map((size) =>
    typeof size === "string" && sizes.has(size) ? `${size}=${sizes.get(size)}` : (size ?? ".."),
  );
  const must = `have shape [${words.join(", ")}]`;
  throw new ShapeError({ op: OP, argument: `input ${show(name)}`, must, value: formatShape(x.shape) });
}

function outputTensor(name: string, value: Value): Tensor {
  if (value instanceof Floats) return value.tensor instanceof Parameter ? value.tensor.detach() : value.tensor;
  const data = Int32Array.from(value.data);
  if (data.every((item, i) => item === value.data[i])) return fromHost(data, value.shape);
  const must = "hold integers of 32 bits";
  throw new UnsupportedError({ op: OP, argument: `output ${show(name)}`, must, value: `larger ones of ${value.type}` });
}
