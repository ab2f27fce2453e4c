import { checkList, checkNonNegativeInteger, checkNumber, type Given } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import { AveragingOptimizer, descend } from "./averaging.js";
import { type BaseOptions, checkNonNegative, type Params, type Slot } from "./optimizer.js";

export interface NTASGDOptions extends BaseOptions {
  /** Default 30, for language models with gradients clipped at 0.25. */
  lr: number;
  /** Default 0. */
  weightDecay: number;
  /** n: how many of the latest validations may be worse than the best before them. Default 5. */
  nonMonotone: number;
  /** The step after which averaging starts; null leaves it to the trigger. Default null. */
  t0: number | null;
}

/** What a group remembers beside its options, so that a checkpoint has it. */
interface Progress {
  steps: number;
  losses: readonly number[];
}

type GroupOptions = NTASGDOptions & Partial<Progress>;

const DEFAULTS: NTASGDOptions = { lr: 30, weightDecay: 0, nonMonotone: 5, t0: null };

function check(o: GroupOptions): void {
  checkNonNegative("NTASGD", o, ["lr", "weightDecay"]);
  checkNonNegativeInteger("NTASGD", "nonMonotone", o.nonMonotone);
  if (o.t0 !== null) checkNonNegativeInteger("NTASGD", "t0", o.t0);
  if (o.steps !== undefined) checkNonNegativeInteger("NTASGD", "steps", o.steps);
  for (const loss of checkList("NTASGD", "losses", o.losses ?? [])) checkNumber("NTASGD", "each of losses", loss);
}

/**
 * SGD that begins to average its parameters when validation has stopped improving: the non-monotonic trigger.
 *   p = p - lr·(g + wd·p);  after the trigger, ax = the mean of all p since
 * The trigger fires at the validation whose loss is above the least of all that came more than n validations before it.
 * Source: Merity, Keskar & Socher 2018, algorithm 1.
 * @example
 * const optimizer = new optim.NTASGD(model.parameters(), { lr: 30, weightDecay: 1.2e-6 });
 * for (let epoch = 0; epoch < epochs; epoch++) {
 *   trainEpoch(model, optimizer);
 *   optimizer.validated(optimizer.withAverages(() => evaluate(model)));
 * }
 */
export class NTASGD extends AveragingOptimizer<NTASGDOptions> {
  constructor(params: Params<NTASGDOptions>, options: Given<NTASGDOptions> = {}) {
    super("NTASGD", params, options, DEFAULTS, check);
  }

  /** Whether parameters are being averaged. */
  get averaging(): boolean {
    return this.paramGroups.every(({ t0 }) => t0 !== null);
  }

  /**
   * Tells the trigger a validation loss. Returns whether parameters are being averaged from now on.
   * @throws OptionError for a loss that is not finite
   */
  validated(loss: number): boolean {
    checkNumber("NTASGD.validated", "loss", loss);
    for (const group of this.paramGroups as (GroupOptions & { t0: number | null })[]) {
      const losses = group.losses ?? [];
      if (group.t0 === null && loss > Math.min(...losses.slice(0, Math.max(0, losses.length - group.nonMonotone)))) {
        group.t0 = group.steps ?? 0;
      }
      group.losses = [...losses, loss];
    }
    return this.averaging;
  }

  override step(): void {
    for (const group of this.paramGroups as GroupOptions[]) group.steps = (group.steps ?? 0) + 1;
    super.step();
  }

  protected override progressNames(): readonly string[] {
    return ["steps", "losses"];
  }

  protected override update(p: Tensor, grad: Tensor, slot: Slot, o: GroupOptions): void {
    descend(p, grad, o.lr, o.lr * o.weightDecay);
    const since = o.t0 === null ? 0 : o.steps! - o.t0;
    if (since > 0) this.average(p, slot, 1 / since);
  }
}
