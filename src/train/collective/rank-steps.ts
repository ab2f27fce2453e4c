import { backwardTelling } from "../../autograd/backward.js";
import { defaultGenerator, epochSeed } from "../../base/random.js";
import type { Tensor } from "../../tensor/index.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { type BatchResult, checkedResult, scaleGradients } from "../accumulate.js";
import type { BatchPosition, BatchSource } from "../trainer-state.js";
import { detachTree } from "../tree.js";
import { type Collective, LONG, SLOWER } from "./collective.js";
import { EarlySums } from "./early-sums.js";
import { FlatGradients } from "./gradients.js";

/** How a step's batch is shared out: each lane takes a part of it. */
export interface Ranks<B> {
  readonly collective: Collective;
  /** Of this process: one where there are several processes. The first is the trainer's own. */
  readonly lanes: readonly BatchSource<B>[];
  readonly seed: number;
}

/** What ranks want, as they said in the last step: all know the same. */
export interface Wishes {
  aborted: boolean;
  saveDue: boolean;
}

interface Parts<B, C> {
  optimizer: { zeroGrad(): void };
  forward(batch: B, carried: C | undefined): BatchResult<C>;
}

/** What each lane tells of its part, before the parameters that have a gradient. */
const TOLD = ["sum", "weight", "count", "aborted", "saveDue"] as const;

/**
 * Gradients of a step in lanes: each lane's are those of the sum of its losses, summed in one order over all lanes, and divided by what the
 * losses' mean divides by. So N processes with a lane each get the bits of one process that takes N lanes one after another.
 */
export class RankSteps<B, C> {
  readonly #ranks: Ranks<B>;
  readonly #parts: Parts<B, C>;
  readonly #parameters: readonly Tensor[];
  readonly #gradients: FlatGradients;
  /** Of each lane of this process. */
  readonly #flats: readonly Float32Array[];
  /** Of a lane that is alone in its process: its sum with those of others begins while backward goes on. */
  readonly #early: EarlySums | null;
  /** Seconds that an answer may take while nothing long goes on. */
  #pace = LONG;
  /** Null for one process, whose own wishes are all there are. */
  heard: Wishes | null = null;

  constructor(ranks: Ranks<B>, parts: Parts<B, C>, parameters: readonly Tensor[]) {
    this.#ranks = ranks;
    this.#parts = parts;
    this.#parameters = parameters;
    this.#gradients = new FlatGradients(parameters);
    this.#flats = ranks.lanes.map(() => new Float32Array(this.#gradients.length));
    const isAlone = ranks.collective.size > 1 && ranks.lanes.length === 1;
    this.#early = isAlone ? new EarlySums(ranks.collective, this.#gradients, parameters, this.#flats[0]) : null;
    this.takeTime();
  }

  get areSeveral(): boolean {
    return this.#ranks.collective.size > 1;
  }

  /** Before the first step: what was heard in a training that is over counts no more, and what is wished by now does. */
  begin(aborted: boolean): void {
    if (this.areSeveral) this.heard = { aborted: this.anyone(aborted), saveDue: false };
  }

  /** Others may have to wait for this rank: something long begins. */
  takeTime(): void {
    this.#ranks.collective.patience(LONG);
  }

  /** What took long is over on all ranks: one that hangs from here on is missed as soon as before it. */
  goOn(): void {
    this.anyone(false);
    this.#ranks.collective.patience(this.#pace);
  }

  /** All lanes stand at the same place. */
  goTo(position: BatchPosition): void {
    for (const batches of this.#ranks.lanes) batches.position = position;
  }

  /** Whether something holds on any rank. */
  anyone(holds: boolean): boolean {
    return this.#ranks.collective.gather(Float64Array.of(holds ? 1 : 0)).includes(1);
  }

  /**
   * The gradients of a step, in the parameters.
   * @param carried  of each lane of this process, from the batch before
   * @returns the mean loss over all lanes, not finite where one of theirs is not
   */
  run(
    step: number,
    carried: readonly (C | undefined)[],
    own: Wishes,
  ): { loss: number; count: number; carried: (C | undefined)[] } {
    const { collective, lanes, seed } = this.#ranks;
    const started = performance.now();
    const next: (C | undefined)[] = [];
    const told = lanes.flatMap((batches, i) => {
      // Every lane draws numbers of its own, which follow from the seed, the step and the lane.
      const lane = collective.rank * lanes.length + i;
      defaultGenerator.manualSeed(epochSeed(epochSeed(seed, step + 1), 0x10000 + lane));
      const found = this.#lane(batches.next(), carried[i], this.#flats[i]);
      next.push(found.next);
      return [
        found.sum,
        found.weight,
        found.count,
        Number(own.aborted),
        Number(own.saveDue),
        ...this.#gradients.present,
      ];
    });
    defaultGenerator.manualSeed(epochSeed(seed, step + 1));
    const seconds = (performance.now() - started) / 1000;
    const all = collective.gather(Float64Array.from(told));
    this.#pace = SLOWER * seconds;
    collective.patience(this.#pace);
    const width = TOLD.length + this.#parameters.length;
    const column = (name: (typeof TOLD)[number]): number[] =>
      Array.from({ length: all.length / width }, (_, lane) => all[lane * width + TOLD.indexOf(name)]);
    const total = (name: (typeof TOLD)[number]): number => column(name).reduce((sum, value) => sum + value, 0);
    if (this.areSeveral) {
      this.heard = { aborted: column("aborted").includes(1), saveDue: all[TOLD.indexOf("saveDue")] === 1 };
    }
    const weight = total("weight");
    const loss = total("sum") / weight;
    // What was begun is ended in any case: messages are on their way.
    const flat = this.#early === null ? null : this.#early.end();
    if (!Number.isFinite(loss)) return { loss, count: 0, carried: next };
    const present = this.#parameters.map((_, i) => {
      for (let at = TOLD.length + i; at < all.length; at += width) if (all[at] === 1) return 1;
      return 0;
    });
    this.#gradients.put(flat ?? collective.sum(this.#flats), present);
    scaleGradients(this.#parameters, 1 / weight);
    return { loss, count: total("count"), carried: next };
  }

  /** One lane's part: its gradients in `flat`, zeros where it has nothing that counts. */
  #lane(batch: B, carried: C | undefined, flat: Float32Array) {
    const { forward, optimizer } = this.#parts;
    // Before the forward pass, which takes the memory of the gradients: a sixth of the time of a step where they are large.
    optimizer.zeroGrad();
    const { loss, count, weight, told, next } = checkedResult(forward(batch, carried));
    const cut = detachTree(next);
    const value = weight === 0 ? 0 : told.item();
    this.#early?.start();
    if (weight > 0) backwardTelling(mul(loss, weight), (leaf) => this.#early?.isFinal(leaf));
    if (this.#early === null) this.#gradients.take(flat);
    else this.#early.startAll();
    return { sum: weight === 0 ? 0 : value * weight, weight, count, next: cut };
  }
}
