import { show, UnsupportedError } from "../../../base/errors.js";
import type { Json } from "../../../base/strict-json.js";
import { MERGE_MODES, type MergeMode, merged } from "../../../nn/recurrent/merge.js";
import { flip } from "../../../tensor/ops/shape.js";
import { JsonObject } from "../../json-object.js";
import { KerasLayer, type LayerSpec, type Signal } from "../layer.js";
import { KerasRecurrent } from "./recurrent.js";

/** Keras's names of `MergeMode`; null gives both outputs. */
const MODES: Readonly<Record<string, MergeMode>> = { concat: "concat", sum: "sum", ave: "mean", mul: "mul" };

/** Two recurrent layers over one sequence; the backward output is turned back in time, the last outputs are as they come. */
export class KerasBidirectional extends KerasLayer {
  forwards: KerasRecurrent;
  backwards: KerasRecurrent;
  /** Null for both outputs, one after the other. */
  readonly mergeMode: MergeMode | null;

  constructor(forwards: KerasRecurrent, backwards: KerasRecurrent, mergeMode: MergeMode | null) {
    super();
    this.forwards = forwards;
    this.backwards = backwards;
    this.mergeMode = mergeMode;
  }

  override resetState(): void {
    this.forwards.resetState();
    this.backwards.resetState();
  }

  /** A sequence, and initial states: none, or those of both directions. */
  override takes(count: number): boolean {
    const half = (count - 1) / 2;
    return this.forwards.takes(1 + half) && this.backwards.takes(1 + half);
  }

  call([sequence, ...initial]: readonly Signal[]): readonly Signal[] {
    const half = initial.length / 2;
    const [a, ...statesA] = this.forwards.call([sequence, ...initial.slice(0, half)]);
    const [b, ...statesB] = this.backwards.call([sequence, ...initial.slice(half)]);
    const turned = this.forwards.settings.returnSequences ? flip(b.x, 1) : b.x;
    const states = [...statesA, ...statesB];
    if (this.mergeMode === null) return [a, { x: turned, mask: b.mask }, ...states];
    return [{ x: merged(this.mergeMode, [a.x, turned]), mask: a.mask }, ...states];
  }
}

export function buildBidirectional(spec: LayerSpec): KerasBidirectional {
  const { config, op, where } = spec;
  const layer = config.object("layer");
  const own = layer.object("config");
  const goBackwards = own.boolean("go_backwards", false);
  const directed = (entry: JsonObject, at: string, backwards: boolean): KerasRecurrent => {
    const fields = { ...entry.object("config").fields, go_backwards: backwards } as Record<string, Json>;
    if (spec.dialect.zeroOutput) fields["zero_output_for_mask"] = fields["return_sequences"] ?? false;
    const built = spec.inner(
      new JsonObject(op, where, { ...entry.fields, config: fields } as Record<string, Json>),
      at,
    );
    if (built instanceof KerasRecurrent) return built;
    const value = show(entry.get("class_name"));
    throw new UnsupportedError({ op, argument: where, must: "hold a recurrent layer", value });
  };
  const forwards = directed(layer, "forward_layer", goBackwards);
  const other = config.has("backward_layer") ? config.object("backward_layer") : null;
  const backwards = directed(other ?? layer, "backward_layer", !goBackwards);
  return new KerasBidirectional(forwards, backwards, mergeModeOf(config));
}

function mergeModeOf(config: JsonObject): MergeMode | null {
  if (config.get("merge_mode") === null) return null;
  const mode = MODES[config.oneOf("merge_mode", Object.keys(MODES), "concat")];
  return MERGE_MODES.includes(mode) ? mode : null;
}
