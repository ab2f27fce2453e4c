// What parts of the package weigh in a browser: bundled, minified, in gzip, the kernels included.

import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { root } from "./process.mjs";

/** Each with the most that it may weigh, in KiB. The kernels are about half of what the smallest weighs. */
export const PARTS = [
  { name: "a cell (nn.LSTM)", text: 'import { nn } from "unrolled"; export const LSTM = nn.LSTM;', most: 105 },
  { name: "nn and optim", text: 'export { nn, optim } from "unrolled";', most: 150 },
  { name: "inference alone (loadLanguageModel)", text: 'export { loadLanguageModel } from "unrolled";', most: 140 },
  { name: "inference of any task (unrolled/tasks load)", text: 'export { load } from "unrolled/tasks";', most: 255 },
  { name: "everything", text: 'export * from "unrolled";', most: 230 },
];

const ENTRIES = { unrolled: "dist/index.js", "unrolled/tasks": "dist/tasks/index.js" };

/** What is fetched at once: a part that is imported when it is asked for is not. @returns {Promise<number>} bytes */
export async function sizeOf(text) {
  const entry = {
    name: "entry",
    resolveId: (id) => (id === "entry" ? id : id in ENTRIES ? { id: `${root}/${ENTRIES[id]}` } : null),
    load: (id) => (id === "entry" ? text : null),
  };
  const bundle = await rolldown({ input: "entry", platform: "browser", plugins: [entry], logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set(output.filter(({ isEntry }) => isEntry));
  for (const { imports = [] } of found) for (const name of imports) if (chunks.has(name)) found.add(chunks.get(name));
  return [...found].reduce((sum, { code = "" }) => sum + gzipSync(code, { level: 9 }).length, 0);
}
