// Bundles what src/tasks/standalone/ has for each task into src/tasks/standalone/generated/, as text in a module: the run-time that an
// exported model carries with it. It is not committed. Types are gone from it, comments stay.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "src/tasks/standalone");
const generated = join(sources, "generated");

async function bundled(input) {
  const bundle = await rolldown({
    input,
    platform: "neutral",
    // What an import does besides giving names is not for these: a function of a task stands beside others that need tensors.
    treeshake: { moduleSideEffects: false },
    logLevel: "warn",
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const [{ code, imports }] = output;
  if (output.length > 1 || imports.length > 0) throw new Error(`build-standalone: ${input} must need nothing else`);
  const end = /\nexport \{ make, unpackWeights \};\s*$/;
  if (!end.test(code)) throw new Error(`build-standalone: ${input} must export make and unpackWeights alone`);
  return code.replace(end, "\n").replace(/^\/\/ src\/.*\n/gm, "");
}

const entries = readdirSync(sources)
  .filter((name) => name.endsWith(".ts"))
  .filter((name) => /^export function make\(/m.test(readFileSync(join(sources, name), "utf8")));
rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
for (const name of entries) {
  const text = await bundled(join(sources, name));
  const file = `const text: string = ${JSON.stringify(text)};\nexport default text;\n`;
  writeFileSync(join(generated, basename(name)), file);
}
