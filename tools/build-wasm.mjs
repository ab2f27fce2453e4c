// Compiles the AssemblyScript kernels into src/engine/wasm/generated/<variant>.ts, each exporting its bytes in base64.
// Does nothing when neither the sources nor the compiler changed since the last run.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { microKernels } from "./micro-kernels.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "src/engine/wasm/assembly");
const generated = join(root, "src/engine/wasm/generated");
const COMMON = ["--runtime", "stub", "--importMemory", "--noAssert", "-O3", "--enable", "simd"];
const SHARED = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];
const RELAXED = ["--enable", "relaxed-simd"];
const VARIANTS = {
  simd: [...COMMON, "--disable", "threads"],
  "simd-shared": [...COMMON, ...SHARED],
  relaxed: [...COMMON, "--disable", "threads", ...RELAXED],
  "relaxed-shared": [...COMMON, ...SHARED, ...RELAXED],
};

function inputsHash(version) {
  const hash = createHash("sha256").update(version).update(JSON.stringify(VARIANTS));
  const files = readdirSync(sources)
    .filter((name) => name.endsWith(".ts"))
    .sort();
  for (const name of files) hash.update(name).update(readFileSync(join(sources, name)));
  return hash.update(readFileSync(join(sources, "../ops.ts"))).digest("hex");
}

function writeChanged(file, text) {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

async function compile(asc, name, flags) {
  let binary;
  const { error, stderr } = await asc.main(
    [join(sources, "index.ts"), "--baseDir", root, "--outFile", "kernels.wasm", ...flags].map((a) =>
      a.startsWith(root) && a !== root ? a.slice(root.length + 1) : a,
    ),
    {
      writeFile: (file, contents) => {
        if (file.endsWith(".wasm")) binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`build-wasm: ${name}: ${error?.message ?? "no output"}\n${stderr.toString()}`);
  return binary;
}

async function main() {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/assemblyscript/package.json"), "utf8"));
  writeChanged(join(sources, "micro-kernels.ts"), microKernels());
  const stamp = join(generated, "inputs.sha256");
  const hash = inputsHash(version);
  const upToDate =
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === hash &&
    Object.keys(VARIANTS).every((name) => existsSync(join(generated, `${name}.ts`)));
  if (upToDate) return;
  const asc = await import("assemblyscript/asc");
  mkdirSync(generated, { recursive: true });
  for (const [name, flags] of Object.entries(VARIANTS)) {
    const binary = await compile(asc, name, flags);
    const text = `export default "${Buffer.from(binary).toString("base64")}";\n`;
    writeFileSync(join(generated, `${name}.ts`), text);
    console.log(`${name}: ${binary.length} bytes`);
  }
  writeFileSync(stamp, hash);
}

await main();
