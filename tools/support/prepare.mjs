// What must stand before anything runs: the right Node, the packages, the compiled kernels, dist/.
// Each step is skipped, silently, when the contents of its inputs are those of the last time.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isInstalled, npmCi } from "./npm.mjs";
import { root, runQuietly, StepError, step } from "./process.mjs";

const installStamp = "node_modules/.unrolled-install";
const wasmStamp = "build/wasm.stamp";
const standaloneStamp = "build/standalone.stamp";
const distStamp = "build/dist.stamp";
const kernels = "src/engine/wasm/assembly";
const kernelText = `${kernels}/generated/`;
const bundles = "dist/node";
const studioStamp = "build/studio.stamp";
const studioSite = "dist/studio";
const kernelFiles = "dist/kernels";
const viewer = "dist/report/viewer.js";
const generated = "src/engine/wasm/generated";
const standalone = "src/tasks/standalone/generated";

const inRoot = (path) => join(root, path);
const readIfAny = (path) => (existsSync(inRoot(path)) ? readFileSync(inRoot(path), "utf8") : "");

/** Unrolled itself asks for Node 20.19; the test runner also leaves out 21 and 22.0 to 22.11. */
export function checkNode({ forTests = false } = {}) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StepError(
      `Node must be 20.19 or later, got ${process.versions.node}. Install a current release from https://nodejs.org.`,
    );
  }
  if (forTests && (major === 21 || (major === 22 && minor < 12))) {
    throw new StepError(
      `npm test: Node must be 20.19 or later in line 20, or 22.12 or later, got ${process.versions.node}.`,
    );
  }
}

/** The file of an installed package's program: run with `process.execPath`, it needs no shell and no PATH. */
export function packageBin(name, bin) {
  const folder = join("node_modules", name);
  const manifest = JSON.parse(readFileSync(inRoot(join(folder, "package.json")), "utf8"));
  return join(folder, typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin]);
}

export async function ensureInstalled() {
  const wanted = hash(["package-lock.json"], `${process.platform}-${process.arch}`);
  if (readIfAny(installStamp) === wanted) return;
  if (!isInstalled(".")) await step("installing packages (npm ci)", () => npmCi(".", "--include=dev"));
  writeFileSync(inRoot(installStamp), wanted);
}

export async function ensureWasm() {
  await ensureInstalled();
  if (!existsSync(inRoot("tools/build-wasm.mjs"))) return;
  // What the build itself writes beside the sources is none of its inputs: the stamp is taken before it is there.
  const sources = listFiles(kernels).filter((path) => !path.startsWith(kernelText));
  const inputs = ["tools/build-wasm.mjs", "tools/micro-kernels.mjs", "src/engine/wasm/ops.ts", ...sources];
  const wanted = hash(inputs, packageVersion("assemblyscript"));
  if (readIfAny(wasmStamp) === wanted && listFiles(generated).length > 0) return;
  await step("compiling kernels", () => runQuietly("tools/build-wasm.mjs", process.execPath, ["tools/build-wasm.mjs"]));
  writeStamp(wasmStamp, wanted);
}

/** The run-times of exported models: made of sources all over `src`. */
async function ensureStandalone() {
  if (!existsSync(inRoot("tools/build-standalone.mjs"))) return;
  const sources = listFiles("src").filter((path) => !/\/(assembly|generated)\//.test(path));
  const wanted = hash(["tools/build-standalone.mjs", ...sources], packageVersion("rolldown"));
  if (readIfAny(standaloneStamp) === wanted && listFiles(standalone).length > 0) return;
  await runQuietly("tools/build-standalone.mjs", process.execPath, ["tools/build-standalone.mjs"]);
  writeStamp(standaloneStamp, wanted);
}

/** All that is written before types can be checked. */
export async function ensureGenerated() {
  await ensureWasm();
  await ensureStandalone();
}

export async function ensureBuilt() {
  await ensureGenerated();
  const sources = listFiles("src").filter((path) => !path.startsWith(kernels));
  const configs = ["package.json", "tsconfig.json", "tsconfig.build.json", "tools/support/bundle.mjs"];
  const drawn = [...listFiles("studio/src/report"), ...listFiles("studio/src/score")];
  const wanted = hash([...sources, ...drawn, ...configs], packageVersion("typescript"));
  const outputs = new Set(sources.filter((path) => /(?<!\.d)\.ts$/.test(path)).map(outputOf));
  const names = ["index", "data", "layers", "interchange", "svg", "serve", "cli"];
  const kernelNames = ["relaxed", "relaxed-threads", "simd", "simd-threads"].map(
    (name) => `${kernelFiles}/${name}.wasm`,
  );
  const expected = [...outputs, ...names.map((name) => `${bundles}/${name}.js`), ...kernelNames, viewer];
  if (readIfAny(distStamp) === wanted && expected.every((path) => existsSync(inRoot(path)))) return;
  await step("building dist", async () => {
    const tsc = packageBin("typescript", "tsc");
    await runQuietly("tsc -p tsconfig.build.json", process.execPath, [tsc, "-p", "tsconfig.build.json"]);
    removeOutputsWithoutSource(outputs);
    // Imported here because it needs a package, and this file runs before any is installed.
    const { bundleForNode, bundleViewer, writeKernels } = await import("./bundle.mjs");
    const { dependencies = {} } = JSON.parse(readIfAny("package.json"));
    await bundleForNode(inRoot(bundles), Object.keys(dependencies));
    await bundleViewer(inRoot(viewer));
    await writeKernels(inRoot(kernelFiles));
    makeProgramsExecutable();
  });
  writeStamp(distStamp, wanted);
}

/** The studio as a site, in dist/studio. */
export async function ensureStudio() {
  await ensureGenerated();
  const inputs = [
    ...listFiles("studio"),
    ...listFiles("docs/lessons/figures"),
    ...listFiles("src").filter((path) => !path.startsWith(kernels)),
  ];
  const wanted = hash([...inputs, "package.json", "tsconfig.json"], packageVersion("vite"));
  if (readIfAny(studioStamp) === wanted && existsSync(inRoot(`${studioSite}/index.html`))) return;
  const vite = [packageBin("vite", "vite"), "build", "--config", "studio/vite.config.ts", "--logLevel", "warn"];
  await step("building the studio", () => runQuietly("vite build", process.execPath, vite));
  writeStamp(studioStamp, wanted);
}

const outputOf = (source) => source.replace(/^src\//, "dist/").replace(/\.ts$/, ".js");

/** A module that was renamed must not live on in dist/, where it could be imported or published. */
function removeOutputsWithoutSource(outputs) {
  for (const path of listFiles("dist")) {
    const module = path.replace(/(\.d\.ts|\.js)(\.map)?$/, ".js");
    const isBundled = path === viewer || path.startsWith(`${bundles}/`) || path.startsWith(`${studioSite}/`);
    if (!outputs.has(module) && !isBundled) rmSync(inRoot(path));
  }
}

/** `npx unrolled` in the clone runs the file itself. */
function makeProgramsExecutable() {
  const { bin = {} } = JSON.parse(readIfAny("package.json"));
  for (const path of Object.values(bin)) if (existsSync(inRoot(path))) chmodSync(inRoot(path), 0o755);
}

/** Contents, not dates: a fresh checkout has arbitrary ones. */
function hash(paths, extra) {
  const sum = createHash("sha256").update(extra);
  for (const path of paths) sum.update(`\0${path}\0`).update(readFileSync(inRoot(path)));
  return sum.digest("hex");
}

function listFiles(folder) {
  if (!existsSync(inRoot(folder))) return [];
  return readdirSync(inRoot(folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? listFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .sort();
}

const packageVersion = (name) => JSON.parse(readIfAny(`node_modules/${name}/package.json`)).version;

function writeStamp(path, content) {
  mkdirSync(dirname(inRoot(path)), { recursive: true });
  writeFileSync(inRoot(path), content);
}
