import { enableGrad } from "../autograd/index.js";
import { checkKnownOptions, checkNumber } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { Generator } from "../base/random.js";
import { formatShape } from "../base/shape.js";
import type { SequenceOptions } from "../nn/recurrent.js";
import { detachState } from "../nn/utils.js";
import { Tensor, tensor } from "../tensor/index.js";
import {
  type Finding,
  gateFindings,
  gradientFindings,
  memoryHorizon,
  THRESHOLDS,
  type Thresholds,
} from "./findings.js";
import { keepingGradients, leavesBehind } from "./keep-gradients.js";
import { type LayerTrace, type Norms, Observation } from "./observation.js";
import { isRecurrentNet, type RecurrentNet, type RecurrentNetState } from "./recurrent-net.js";
import { type LayerRadii, spectralRadii } from "./spectral-radius.js";

export interface TraceOptions extends Partial<Thresholds> {
  /** As `forward` takes it; zeros when left out. */
  state?: RecurrentNetState | null;
  /**
   * The loss, of what `forward` returns as its output: a scalar. Default: the last step's outputs in a random direction
   * (the same at every call), which measures how much of h_t there is in the end, ‖∂y_T/∂h_t‖.
   */
  loss?: (y: Tensor) => Tensor;
}

export interface TracedLayer extends LayerTrace {
  /**
   * How the gradient of the last step's loss alone comes back: ‖∂L_T/∂h_t‖, in the lstm ‖∂L_T/∂c_t‖, since the cell is what
   * carries it. T is the last step that the loss sees; in the reverse direction the first one.
   */
  reach: number[];
  /** How many steps back from T `reach` stays above the fraction `horizon` of what it is at T. */
  horizon: number;
  /** Of the recurrent matrix, by gate. */
  spectralRadius: LayerRadii["radii"];
}

/** A run of a recurrent module, looked into. */
export interface Trace {
  /** Null when none was given. */
  loss: number | null;
  /** Layer by layer, in each the forward direction first. */
  layers: TracedLayer[];
  /** The largest of the layers' horizons: steps back that the gradient still reaches. */
  horizon: number;
  /** What went wrong, from the last layer to the first; empty when nothing did. */
  findings: Finding[];
  /** What `forward` returned, without history. */
  y: Tensor;
}

/**
 * Runs `module` on `x` in slow motion, and shows what backpropagation through time does in it: the norm of the gradient of
 * every state of every layer, what the gates do, and how far back the last step's loss reaches. Equal to `forward` but for
 * rounding. Gradients of parameters, of x and of the state are left as they were.
 * @param x  [L, N, I], or as `forward` takes it
 * @throws what `forward` throws; OptionError for a loss that is no scalar of y
 * @example
 * const { layers, horizon, findings } = diagnostics.trace(model.lstm, model.embed.forward(ids), {
 *   loss: (y) => nn.functional.crossEntropy(model.head.forward(y), targets),
 * });
 * console.log(layers[0].gradH, `reaches ${horizon} steps back`, findings.map(({ message }) => message));
 */
export function trace(module: RecurrentNet, x: Tensor, options: TraceOptions = {}): Trace {
  const thresholds = checkOptions(module, options);
  return enableGrad(() => {
    const { run, y } = observed(module, x, options.state ?? null);
    const steps = stepsOf(module, y);
    const { loss, dY } =
      options.loss === undefined
        ? { loss: null, dY: probe(y, steps, module.bidirectional) }
        : gradientOfOutput(y, options.loss);
    const walked = walks(run, y, steps, dY);
    const radii = spectralRadii(module);
    const layers = walked.whole.map((layer, row): TracedLayer => {
      const { norms, from } = walked[layer.direction];
      const reach = norms[row]!.gradC ?? norms[row]!.gradH;
      const horizon = memoryHorizon({ ...layer, norms: reach }, from, thresholds.horizon);
      return { ...layer, reach, horizon, spectralRadius: radii[row]!.radii };
    });
    const findings = layers
      .toReversed()
      .flatMap((layer) => [
        ...gradientFindings({ ...layer, norms: layer.reach }, walked[layer.direction].from, thresholds),
        ...gateFindings(layer, layer.gates, thresholds),
      ]);
    return { loss, layers, horizon: Math.max(...layers.map(({ horizon }) => horizon)), findings, y: y.detach() };
  });
}

const OPTIONS = ["state", "loss", ...Object.keys(THRESHOLDS)];

function checkOptions(module: RecurrentNet, options: TraceOptions): Thresholds {
  const op = "trace";
  if (!isRecurrentNet(module)) {
    const fix = "Pass the recurrent part of a model: trace(model.lstm, x).";
    throw new OptionError({ op, argument: "module", rule: "an RNN, LSTM or GRU", value: show(module), fix });
  }
  checkKnownOptions(op, options, OPTIONS);
  if (options.loss !== undefined && typeof options.loss !== "function") {
    throw new OptionError({ op, argument: "loss", rule: "a function of y", value: show(options.loss) });
  }
  const thresholds = { ...THRESHOLDS };
  for (const key of Object.keys(THRESHOLDS) as (keyof Thresholds)[]) {
    const value = options[key];
    if (value !== undefined) thresholds[key] = checkNumber(op, key, value, { min: 0, openMin: true });
  }
  return thresholds;
}

type Forward = (x: Tensor, state: unknown, options?: SequenceOptions) => readonly [Tensor, unknown];

/** A run on the tape, cut off from what made x and the state. */
function observed(module: RecurrentNet, x: Tensor, state: RecurrentNetState | null): { run: Observation; y: Tensor } {
  let input = x;
  if (x instanceof Tensor && x.dtype !== "int32") {
    input = x.detach();
    // So that there is something to walk back to, also when the module is frozen.
    input.requiresGrad = true;
  }
  let y = input;
  const run = new Observation(module, () => {
    [y] = (module.forward as Forward)(input, state && detachState(state));
  });
  return { run, y };
}

/** How an output is cut into steps: `count` of them, and which one an element belongs to. */
interface Steps {
  count: number;
  of: (element: number) => number;
}

function stepsOf({ batchFirst, returnSequences }: RecurrentNet, { shape, size }: Tensor): Steps {
  if (!returnSequences) return { count: 1, of: () => 0 };
  const width = shape.at(-1)!;
  if (batchFirst && shape.length === 3) return { count: shape[1]!, of: (i) => Math.floor(i / width) % shape[1]! };
  return { count: shape[0]!, of: (i) => Math.floor((i * shape[0]!) / size) };
}

/** A random direction in the outputs of the last step, and where a walk ends at the first one, in those of the first. */
function probe({ size }: Tensor, steps: Steps, bothEnds: boolean): Float64Array {
  const generator = new Generator(0);
  const isEnd = (t: number): boolean => t === steps.count - 1 || (bothEnds && t === 0);
  return Float64Array.from({ length: size }, (_, i) => (isEnd(steps.of(i)) ? generator.normal() : 0));
}

/** The loss and ∂L/∂y. */
function gradientOfOutput(y: Tensor, lossOf: (y: Tensor) => Tensor): { loss: number; dY: Float64Array } {
  const leaf = y.detach();
  leaf.requiresGrad = true;
  const loss = lossOf(leaf);
  if (!(loss instanceof Tensor) || loss.size !== 1 || !leavesBehind(loss).includes(leaf)) {
    const value = loss instanceof Tensor ? `a tensor ${formatShape(loss.shape)}` : show(loss);
    const fix = "Compute it from y, and reduce it with mean() or sum().";
    throw new OptionError({ op: "trace", argument: "loss", rule: "return a scalar computed from y", value, fix });
  }
  return keepingGradients(leavesBehind(loss), () => {
    loss.backward();
    return { loss: loss.item(), dY: Float64Array.from(leaf.grad!.data()) };
  });
}

/** One walk back for the whole loss, and one for each direction: of the part of the loss where the direction ends. */
function walks(run: Observation, y: Tensor, steps: Steps, dY: Float64Array) {
  const { bidirectional, returnSequences } = run.module;
  const seen = Array.from({ length: steps.count }, () => false);
  for (const [i, value] of dY.entries()) if (value !== 0) seen[steps.of(i)] = true;
  const last = Math.max(seen.lastIndexOf(true), 0);
  const first = Math.max(seen.indexOf(true), 0);
  const walk = (seed: Float64Array, retainGraph: boolean): readonly Norms[] => {
    run.begin();
    y.backward(tensor(seed, { shape: y.shape, dtype: y.dtype }), { retainGraph });
    return run.norms;
  };
  const only = (t: number) => dY.map((value, i) => (steps.of(i) === t ? value : 0));
  return keepingGradients(leavesBehind(y), () => {
    walk(dY, true);
    const whole = run.layers();
    const forward = {
      norms: walk(only(last), bidirectional),
      from: returnSequences ? last : whole[0]!.gradH.length - 1,
    };
    const reverse = bidirectional ? { norms: walk(only(first), false), from: returnSequences ? first : 0 } : forward;
    return { whole, forward, reverse };
  });
}
