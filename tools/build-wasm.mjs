// Compiles the AssemblyScript kernels into src/engine/wasm/generated/relaxed.ts, which exports their bytes as text (see module-bytes.ts).
// First it writes the innermost loops, which a program makes, into src/engine/wasm/assembly/generated/. Neither folder is committed.
// Does nothing when neither the sources nor the compiler changed since the last run. `node tools/build-wasm.mjs simd` compiles them
// without relaxed SIMD into build/simd.wasm: what the loader makes of the others (without-relaxed.ts) is to be as good.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { microKernels } from "./micro-kernels.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "src/engine/wasm/assembly");
const kernelText = join(sources, "generated");
const generated = join(root, "src/engine/wasm/generated");
// For shared memory; the loader makes the unshared module of the same bytes (src/engine/wasm/module-bytes.ts).
const COMMON = ["--runtime", "stub", "--importMemory", "--noAssert", "-O3", "--enable", "simd"];
const SHARED = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];
const VARIANTS = {
  simd: [...COMMON, ...SHARED],
  relaxed: [...COMMON, ...SHARED, "--enable", "relaxed-simd"],
};

function inputsHash(version) {
  const hash = createHash("sha256")
    .update(version)
    .update(readFileSync(fileURLToPath(import.meta.url)));
  for (const text of Object.values(microKernels())) hash.update(text);
  const files = readdirSync(sources)
    .filter((name) => name.endsWith(".ts"))
    .sort();
  for (const name of files) hash.update(name).update(readFileSync(join(sources, name)));
  return hash.update(readFileSync(join(sources, "../ops.ts"))).digest("hex");
}

function writeMicroKernels() {
  rmSync(kernelText, { recursive: true, force: true });
  mkdirSync(kernelText);
  for (const [file, text] of Object.entries(microKernels())) writeFileSync(join(kernelText, file), text);
}

/** What `decodeText` of module-bytes.ts reads. */
function byteText(bytes) {
  const alphabet = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
    (c) => !"\"'`\\$".includes(c),
  );
  const alone = alphabet.length - 2;
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const codes = new Array(256);
  for (const [k, byte] of order.entries()) {
    const rest = k - alone;
    const first = alphabet[alone + Math.floor(rest / alphabet.length)];
    codes[byte] = rest < 0 ? alphabet[k] : first + alphabet[rest % alphabet.length];
  }
  return Buffer.from(order).toString("hex") + Array.from(bytes, (byte) => codes[byte]).join("");
}

/** The module with a section that says what it was made of: kernels that a program brings itself are to be of its version. */
function stamped(binary, stamp) {
  const text = Buffer.from(`unrolled${stamp}`);
  return Buffer.concat([binary, Buffer.from([0, text.length + 1, "unrolled".length]), text]);
}

async function compiled(name) {
  const asc = await import("assemblyscript/asc");
  let binary;
  const { error, stderr } = await asc.main(
    ["src/engine/wasm/assembly/index.ts", "--baseDir", root, "--outFile", "kernels.wasm", ...VARIANTS[name]],
    {
      writeFile: (file, contents) => {
        if (file.endsWith(".wasm")) binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`build-wasm: ${name}: ${error?.message ?? "no output"}\n${stderr.toString()}`);
  console.log(`${name}: ${binary.length} bytes`);
  return binary;
}

async function main() {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/assemblyscript/package.json"), "utf8"));
  const stamp = join(generated, "inputs.sha256");
  const file = join(generated, "relaxed.ts");
  const hash = inputsHash(version);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash && existsSync(file)) return;
  writeMicroKernels();
  mkdirSync(generated, { recursive: true });
  for (const old of readdirSync(generated)) rmSync(join(generated, old));
  const shown = hash.slice(0, 16);
  const text = byteText(stamped(await compiled("relaxed"), shown));
  writeFileSync(file, `export const stamp = "${shown}";\nconst text: string = "${text}";\nexport default text;\n`);
  writeFileSync(stamp, hash);
}

await main();
if (process.argv[2] === "simd") {
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(join(root, "build/simd.wasm"), await compiled("simd"));
}
