import { exampleNamed } from "../examples/examples.js";
import type { DataRef, Settings } from "../state/state.js";

interface Experiment {
  file: string;
  task: string;
  settings: Settings;
  /** All settings as they were, of which the seed is told in any case. */
  config: Readonly<Record<string, unknown>>;
  data: DataRef | null;
}

/** The experiment as a program of a few lines that trains the same bits: run it beside the file. */
export function programOf({ file, task, settings, config, data }: Experiment): string {
  const fitting = data?.kind === "example" ? (exampleNamed(data.name)?.settings ?? {}) : {};
  const all = { ...fitting, ...settings, seed: settings["seed"] ?? (config["seed"] as number) };
  const lines = Object.entries(all).map(([key, value]) => `  ${key}: ${JSON.stringify(value)},`);
  return `// npm install unrolled, then run it beside ${JSON.stringify(file)}: npx tsx ${fileStem(file)}.ts
import { writeFileSync } from "node:fs";
import { train } from "unrolled/tasks";

const { model, result } = await train(${JSON.stringify(file)}, {
  task: ${JSON.stringify(task)},
${lines.join("\n")}
  onEvent(event) {
    if (event.type === "validation") console.log(event.step, event.loss, event.metrics);
  },
});
console.log("best loss", result.bestLoss, "at step", result.bestStep);
writeFileSync(${JSON.stringify(`${fileStem(file)}.safetensors`)}, model.encode());
`;
}

/** Of a name from anywhere what can stand in a comment and in a path. */
function fileStem(file: string): string {
  return file.replace(/\.\w+$/, "").replace(/[^\w.-]+/g, "-") || "model";
}
