import type { ModelCode } from "../../interchange/targets/ts/code.js";
import type { Known } from "../commands.js";
import type { Task, TaskTypes } from "../task.js";
import { SIGNATURES } from "./signatures.js";

type Text = Promise<{ default: string }>;

/** What `src/tasks/standalone` has for each task, as the build bundles it. */
const RUNTIMES: Readonly<Record<string, () => Text>> = {
  anomaly: () => import("../standalone/generated/anomaly.js"),
  classify: () => import("../standalone/generated/classify.js"),
  forecast: () => import("../standalone/generated/forecast.js"),
  generate: () => import("../standalone/generated/generate.js"),
  "language-model": () => import("../standalone/generated/language-model.js"),
  regress: () => import("../standalone/generated/regress.js"),
  seq2seq: () => import("../standalone/generated/seq2seq.js"),
  tag: () => import("../standalone/generated/tag.js"),
};

/** What makes a model of a task a module that stands by itself; null for a task without. */
export function codeOf<T extends TaskTypes>(task: Task<T>, { config, meta }: Known<T>): ModelCode | null {
  const [load, signatures] = [RUNTIMES[task.name], SIGNATURES[task.name]];
  if (load === undefined || signatures === undefined) return null;
  // With every setting: a checkpoint leaves out what older versions do not know.
  const description = { config, ...task.describeMeta(meta) };
  return { description, signatures: signatures(description), runtime: async () => (await load()).default };
}
