import type { TaskCode } from "../../interchange/targets/ts/code.js";
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

/** What makes a task's models modules that stand by themselves; null for a task without. */
export function codeOf(task: string): TaskCode | null {
  const [load, signatures] = [RUNTIMES[task], SIGNATURES[task]];
  if (load === undefined || signatures === undefined) return null;
  return { runtime: async () => (await load()).default, signatures };
}
