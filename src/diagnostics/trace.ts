import { enableGrad } from "../autograd/index.js";
import { checkKnownOptions, checkNumber } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { Module } from "../nn/module.js";
import type { Lengths } from "../nn/recurrent/lengths.js";
import type { LSTMState } from "../nn/recurrent/lstm-stack.js";
import type { SequenceOptions } from "../nn/recurrent/stack.js";
import type { StateOf } from "../nn/recurrent-module.js";
import { detachState } from "../nn/utils.js";
import { Tensor, tensor } from "../tensor/index.js";
import {
  type Curve,
  type Finding,
  gateFindings,
  gradientFindings,
  memoryHorizon,
  stepBack,
  THRESHOLDS,
  type Thresholds,
} from "./findings.js";
import { keepingGradients, leavesBehind } from "./keep-gradients.js";
import { observe } from "./observe.js";
import type { LayerTrace, Norms, ObservedRun } from "./observed-run.js";
import { type Output, onlyAt, outputOf, probe, type Seen, seenBy } from "./output.js";
import { countedThrough, type RecurrentNet, recurrentParts } from "./recurrent-net.js";
import { type LayerRadii, radiiOf } from "./spectral-radius.js";
import { wayBack, wholeSequences } from "./way-back.js";

/** `S` is what the module carries. */
export interface TraceOptions<S = unknown> extends Partial<Thresholds> {
  /** As `forward` takes it; zeros when left out. */
  state?: S | null | undefined;
  /** Of the sequences in a padded batch, as `forward` takes them: steps beyond have no part in anything. Default: all of x. */
  lengths?: Lengths | undefined;
  /**
   * The loss, of what `forward` returns as its output: a scalar. Default: each sequence's last outputs in a random direction
   * (the same at every call), which measures how much of h_t there is in the end, ‖∂y_T/∂h_t‖.
   */
  loss?: ((y: Tensor) => Tensor) | undefined;
}

export interface TracedLayer extends LayerTrace {
  /**
   * How the gradient of the last step's loss alone comes back: ‖∂L_T/∂h_t‖, in modules with a cell state ‖∂L_T/∂c_t‖, since the
   * cell is what carries it. T is the last step that the loss sees, each sequence's own; in the reverse direction the first one.
   * Sequences of many lengths lie with their T at that of the longest.
   */
  reach: number[];
  /** How many steps back from T `reach` stays above the fraction `horizon` of what it is at T in the same sequences. */
  horizon: number;
  /** Of the recurrent matrix, by gate; null where there is none. */
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
 *
 * It takes every recurrent module of `nn` that walks a sequence, and what is made of them and returns [y, state] with a y of as
 * many steps: a `RecurrentStack`, `WeightDrop`, `AWDLSTM`, a module of your own, whose layers are counted in the order in which they
 * run. For single-step cells, and models whose output is no sequence, there is `watch`.
 * @param x  [L, N, I], or as `forward` takes it
 * @throws what `forward` throws; OptionError for a loss that is no scalar of y, and a module that returns no such y
 * @example
 * const { layers, horizon, findings } = diagnostics.trace(model.lstm, model.embed.forward(ids), {
 *   loss: (y) => nn.functional.crossEntropy(model.head.forward(y), targets),
 * });
 * console.log(layers[0].gradH, `reaches ${horizon} steps back`, findings.map(({ message }) => message));
 */
export function trace<M extends RecurrentNet>(module: M, x: Tensor, options: TraceOptions<StateOf<M>> = {}): Trace {
  const thresholds = checkOptions(module, options);
  return enableGrad(() => {
    const { runs, output } = observed(module, x, options);
    const { y } = output;
    const { loss, dY } =
      options.loss === undefined
        ? { loss: null, dY: probe(output, isBothWays(runs)) }
        : gradientOfOutput(y, options.loss);
    const { whole, curves } = walks(runs, output, dY);
    const radii = runs.flatMap((run) => radiiOf(run.module.anatomy));
    const layers = whole.map((layer, row): TracedLayer => {
      const curve = curves[row];
      const horizon = memoryHorizon(curve, thresholds.horizon);
      return { ...layer, reach: byTime(curve, layer.gradH.length), horizon, spectralRadius: radii[row].radii };
    });
    const findings = layers
      .map((layer, row) => [
        ...gradientFindings(curves[row], thresholds),
        ...gateFindings(layer, layer.gates, thresholds),
      ])
      .reverse()
      .flat();
    return { loss, layers, horizon: Math.max(...layers.map(({ horizon }) => horizon)), findings, y: y.detach() };
  });
}

const OPTIONS = ["state", "lengths", "loss", ...Object.keys(THRESHOLDS)];

function checkOptions(module: RecurrentNet, options: TraceOptions): Thresholds {
  const op = "trace";
  if (!(module instanceof Module) || recurrentParts(module).length === 0) {
    const must = "be a recurrent module, such as an LSTM";
    const fix = "Pass the recurrent part of a model: trace(model.lstm, x).";
    throw new OptionError({ op, argument: "module", must, value: show(module), fix });
  }
  checkKnownOptions(op, options, OPTIONS);
  if (options.loss !== undefined && typeof options.loss !== "function") {
    throw new OptionError({ op, argument: "loss", must: "be a function of y", value: show(options.loss) });
  }
  const thresholds = { ...THRESHOLDS };
  for (const key of Object.keys(THRESHOLDS) as (keyof Thresholds)[]) {
    const value = options[key];
    if (value !== undefined) thresholds[key] = checkNumber(op, key, value, { min: 0, openMin: true });
  }
  return thresholds;
}

/** A run on the tape, cut off from what made x and the state. */
function observed(module: RecurrentNet, x: Tensor, { state, lengths }: TraceOptions) {
  let input = x;
  if (x instanceof Tensor && x.dtype !== "int32") {
    input = x.detach();
    // So that there is something to walk back to, also when the module is frozen.
    input.requiresGrad = true;
  }
  const forward = module.forward.bind(module) as (x: Tensor, state: unknown, options?: SequenceOptions) => unknown;
  let result: unknown;
  const runs = observe(recurrentParts(module), () => {
    result = forward(input, detached(state ?? null), ...(lengths === undefined ? [] : [{ lengths }]));
  });
  const y: unknown = Array.isArray(result) ? result[0] : null;
  const last = runs.at(-1);
  if (!(y instanceof Tensor) || last === undefined) {
    const fix = "For single-step cells, and models whose output is no sequence, there is watch().";
    throw new OptionError({ op: "trace", argument: "module", must: "return [y, state]", value: show(result), fix });
  }
  return { runs, output: outputOf(y, last, lengths) };
}

/** @param state  of a module, or a list of the states of several */
function detached(state: unknown): unknown {
  if (Array.isArray(state)) return state.map(detached);
  return state === null ? null : detachState(state as Tensor | LSTMState);
}

/** The loss and ∂L/∂y. */
function gradientOfOutput(y: Tensor, lossOf: (y: Tensor) => Tensor): { loss: number; dY: Float64Array } {
  const leaf = y.detach();
  leaf.requiresGrad = true;
  const loss = lossOf(leaf);
  if (!(loss instanceof Tensor) || loss.size !== 1 || !leavesBehind(loss).includes(leaf)) {
    const value = loss instanceof Tensor ? `a tensor ${formatShape(loss.shape)}` : show(loss);
    const fix = "Compute it from y, and reduce it with mean() or sum().";
    throw new OptionError({ op: "trace", argument: "loss", must: "return a scalar computed from y", value, fix });
  }
  return keepingGradients(leavesBehind(loss), () => {
    loss.backward();
    return { loss: loss.item(), dY: Float64Array.from(leaf.grad!.data()) };
  });
}

function isBothWays(runs: readonly ObservedRun[]): boolean {
  return runs.some(({ module }) => module.anatomy.bidirectional);
}

/** One walk back for the whole loss, and one for each direction: of the part of the loss where the direction ends. */
function walks(runs: readonly ObservedRun[], output: Output, dY: Float64Array) {
  const { y } = output;
  const walk = (seed: Float64Array, retainGraph: boolean): Norms[][] => {
    for (const run of runs) run.forget();
    y.backward(tensor(seed, { shape: y.shape, dtype: y.dtype }), { retainGraph });
    return runs.map((run) => run.norms());
  };
  return keepingGradients(leavesBehind(y), () => {
    const bothWays = isBothWays(runs);
    walk(dY, true);
    const parts = runs.map((run) => run.layers());
    const forward = walk(onlyAt("last", output, dY), bothWays);
    const reverse = bothWays ? walk(onlyAt("first", output, dY), false) : forward;
    const seen = seenBy(output, dY);
    const curves = parts.map((layers, r) =>
      layers.map((place, row): Curve => {
        const { h, c } = (place.direction === "forward" ? forward : reverse)[r][row];
        return wayBack(place, c ?? h, spansOf(h, output, seen));
      }),
    );
    return { whole: countedThrough(parts), curves: countedThrough(curves) };
  });
}

/** What the loss sees of each sequence of a run, if its sequences are those of the output; else all of them. */
function spansOf(norms: Norms["h"], { lengths, order }: Output, seen: readonly (Seen | null)[]): (Seen | null)[] {
  const whole = wholeSequences(norms);
  const same = whole.length === order.length && whole.every(({ last }, b) => last === lengths[order[b]] - 1);
  return same ? [...seen] : whole;
}

/** A curve in the order of time; 0 where it has not been. */
function byTime(curve: Curve, steps: number): number[] {
  const reach = new Array<number>(steps).fill(0);
  for (const [k, norm] of curve.norms.entries()) reach[stepBack(curve, k)] = norm;
  return reach;
}
