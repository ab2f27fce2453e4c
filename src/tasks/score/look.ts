import { UnsupportedError } from "../../base/errors.js";
import { type RecordedLayer, recording } from "../../diagnostics/record.js";
import type { CommandTask, Known, Looked, LookOptions } from "../commands.js";
import { FEATURES, featureSeries } from "../language-model/inspection/features.js";
import type { Source, TaskTypes } from "../task.js";
import type { NamedSeries } from "./following.js";
import { scoresOfBlocks } from "./from-blocks.js";
import { layerTracks } from "./layer-tracks.js";
import type { ScoreData } from "./score-data.js";

/**
 * Everything that a model of any task does on one input, step by step: what its report tells, and every unit and gate.
 * @throws UnsupportedError for a task that nothing can be seen of; FormatError for what it cannot read
 */
export async function look(
  task: CommandTask,
  model: TaskTypes["model"],
  known: Known<TaskTypes>,
  content: Source | string,
  options: LookOptions = {},
): Promise<Looked> {
  const { inspect } = task;
  if (inspect === undefined) {
    throw new UnsupportedError({
      op: "look",
      argument: "model",
      must: "be of a task that can be inspected",
      value: task.title,
    });
  }
  if (inspect.look !== undefined) return inspect.look(model, known, content, options);
  const { blocks = [] } = await inspect.run(model, known, content, { row: 1, rows: 1 });
  const layers = typeof content === "string" ? await recordedOf(task, model, known, content) : [];
  const others = blocks.filter((block) => layers.length === 0 || block.kind !== "curves" || block.ofGates !== true);
  return { scores: withLayers(scoresOfBlocks(others), layers), gradients: null };
}

/** What the layers do as the model answers. */
async function recordedOf(
  task: CommandTask,
  model: TaskTypes["model"],
  known: Known<TaskTypes>,
  content: string,
): Promise<RecordedLayer[]> {
  if (task.predict === undefined) return [];
  const begun = recording(model);
  let layers: RecordedLayer[] = [];
  try {
    for await (const _ of task.predict.typed(model, known, content)) break;
  } finally {
    layers = begun.end();
  }
  return layers;
}

/** Each layer under the sequence whose steps it takes; one that takes others has a sequence of its own. */
function withLayers(scores: readonly ScoreData[], layers: readonly RecordedLayer[]): ScoreData[] {
  const all = scores.map((score) => ({ ...score, tracks: [...score.tracks] }));
  for (const layer of layers) {
    let own = all.find(({ steps }) => steps.length === layer.steps);
    if (own === undefined) {
      const steps = Array.from({ length: layer.steps }, (_, t) => ({ label: String(t + 1) }));
      own = { title: layer.name, unit: "step", steps, tracks: [] };
      all.push(own);
    }
    own.tracks.push(...layerTracks(layer, seriesOf(own.steps)));
  }
  return all;
}

/** Fewer steps are too few to say what a unit follows. */
const TELLING = 24;

/** What units of a text can be compared with. */
function seriesOf(steps: ScoreData["steps"]): NamedSeries[] {
  if (steps.length < TELLING || steps.some(({ written }) => written === undefined)) return [];
  const tokens = steps.map(({ label, written = "" }) => {
    return { label, text: written === "↵" ? "\n" : written, written, breaks: written === "↵" };
  });
  return FEATURES.map((feature) => ({ name: feature.name, values: featureSeries(feature, tokens) }));
}
