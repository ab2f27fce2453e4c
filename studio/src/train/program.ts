import { UNSAFE } from "../../../src/base/unsafe-text.js";
import { exampleNamed } from "../examples/examples.js";
import type { DataRef, Settings } from "../state/state.js";

interface Experiment {
  file: string;
  task: string;
  settings: Settings;
  /** All settings as they were, of which the seed is told in any case. */
  config: Readonly<Record<string, unknown>>;
  data: DataRef | null;
  /** What it was trained with: `wasm`. */
  engine: string;
  /** The first step before which settings became others on the way. */
  changedAt: number | null;
}

/** The experiment as a program of a few lines that trains the same bits: run it beside the file. */
export function programOf({ file, task, settings, config, data, changedAt, engine }: Experiment): string {
  const fitting = data?.kind === "example" ? (exampleNamed(data.name)?.settings ?? {}) : {};
  const all = { ...fitting, ...settings, seed: settings["seed"] ?? (config["seed"] as number) };
  const lines = Object.entries(all).map(([key, value]) => `  ${key}: ${literal(value)},`);
  const from = changedAt === null ? "" : `// On the way settings were changed, at step ${changedAt}: here they hold from the beginning.\n`; // biome-ignore format: one line
  return `${from}// npm install unrolled, then run it beside ${literal(file)}: npx tsx ${fileStem(file)}.ts
import { writeFileSync } from "node:fs";
import { configure } from "unrolled";
import { train } from "unrolled/tasks";

// What the studio computes with: the very same bits. Left out, a system's BLAS is taken where there is one.
configure({ engine: ${literal(engine)}, wasm256: false });
const { model, result } = await train(${literal(file)}, {
  task: ${literal(task)},
${lines.join("\n")}
  onEvent(event) {
    if (event.type === "validation") console.log(event.step, event.loss, event.metrics);
  },
});
console.log("best loss", result.bestLoss, "at step", result.bestStep);
writeFileSync(${literal(`${fileStem(file)}.safetensors`)}, model.encode());
`;
}

/** As it stands in a program: no name of a file ends a line there, or turns one around. */
function literal(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(UNSAFE, (found) => found.split("").map(escaped).join(""));
}

/** Of a name from anywhere what can stand in a comment, in a command and in a path. */
export function fileStem(file: string, unfit = /[^\p{L}\p{N}_.-]+/gu): string {
  const stem = file.replace(/\.\w+$/, "").replace(unfit, "-");
  return stem.replace(/^[-.]+|[-.]+$/g, "") || "model";
}
