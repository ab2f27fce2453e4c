/** Who takes part: each entrant is a program, started once for each configuration and number of threads. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { betterCore } from "../dist/engine/blas/libraries.js";
import { newerNode } from "../tools/support/newer-nodes.mjs";
import { StepError } from "../tools/support/process.mjs";
import { UsageError } from "./options.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const host = (adapter, { node = process.execPath, env = {}, flags = [] } = {}) => ({
  command: node,
  args: [...flags, here("peers/host.mjs"), adapter],
  env,
});

/**
 * @typedef {{ id: string, label: string, ours?: boolean, threads: "any" | 1, missing?: string,
 *   start: (threads: number) => { command: string, args: string[], env: Record<string, string> } }} Entrant
 */

/**
 * @param python  a command with another PyTorch, which takes part beside the one that is found: `chroot DIR python3`
 * @returns {Entrant[]}
 */
export function entrants(python) {
  const named = python === undefined ? [] : namedPytorch(python);
  return [...unrolledEntrants(), ...pytorch(), ...named, onnxRuntime(), jax(), ...tensorflow(), brain()];
}

/** Every PyTorch: `×` counts from the fastest of them. */
export const isPytorch = ({ id }) => id.startsWith("pytorch");

function unrolledEntrants() {
  const major = process.versions.node.split(".")[0];
  const start = (engine, node, extra = {}) => {
    return (threads) =>
      host("unrolled", { node, env: { ...extra, UNROLLED_ENGINE: engine, UNROLLED_THREADS: String(threads) } });
  };
  const list = [
    { id: "unrolled", label: `Unrolled, wasm, Node ${major}`, start: start("wasm", process.execPath) },
    { id: "unrolled-blas", label: `Unrolled, blas, Node ${major}`, start: start("blas", process.execPath) },
  ];
  const newer = Number(major) >= 24 ? process.execPath : newerNode(24);
  if (existsSync(newer)) {
    const version = execFileSync(newer, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }).trim();
    const label = `Unrolled, wasm, Node ${version}`;
    const wide = { UNROLLED_WASM256: "1" };
    list.splice(1, 0, { id: "unrolled-256", label, start: start("wasm", newer, wide) });
    list.push({ id: "unrolled-blas-256", label: `Unrolled, blas, Node ${version}`, start: start("blas", newer, wide) });
  }
  return list.map((entrant) => ({ ...entrant, ours: true, threads: "any" }));
}

/**
 * PyTorch as fast as it goes here. Debian's has an OpenBLAS that takes a processor newer than itself for one of 2004, and is then a third as
 * fast; Unrolled's own engine tells it otherwise (src/engine/blas), so PyTorch's is told too. As it was installed it takes part as well.
 * Debian's python3-torch belongs to the system's own interpreter, which need not be the first on the path.
 */
function pytorch() {
  const python = pythonWithTorch();
  const start = (extra) => (threads) => pythonProcess([python], here("peers/pytorch.py"), threads, extra);
  const missing = python ? undefined : NO_TORCH;
  const plain = {
    id: "pytorch",
    label: `PyTorch ${python ? torchVersion(python) : ""}`.trim(),
    threads: "any",
    start: start({}),
    missing,
  };
  const core = python && process.env.OPENBLAS_CORETYPE === undefined ? coreForOpenBlas(python) : undefined;
  if (core === undefined) return [plain];
  const { label } = plain;
  const tuned = { ...plain, label: `${label}, OPENBLAS_CORETYPE=${core}`, start: start({ OPENBLAS_CORETYPE: core }) };
  return [tuned, { ...plain, id: "pytorch-as-installed", label: `${label}, as installed` }];
}

/** The PyTorch of any command: one in a container, of another version. @throws UsageError where it has none */
function namedPytorch(python) {
  const command = python.split(/\s+/).filter(Boolean);
  const version = torchVersion(...command);
  const start = (threads) => pythonProcess(command, here("peers/pytorch.py"), threads);
  return [{ id: `pytorch-${version}`, label: `PyTorch ${version}`, threads: "any", start }];
}

/** @throws UsageError where the command has none */
function torchVersion(command, ...before) {
  const args = [...before, "-c", "import torch; print(torch.__version__)"];
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  // Libraries may have said something before.
  const version = stdout.trim().split("\n").at(-1);
  if (status === 0) return /^\d+\.\d+/.exec(version)?.[0] ?? version;
  const why = error?.message ?? stderr.trim().split("\n").at(-1);
  const given = JSON.stringify([command, ...before].join(" "));
  throw new UsageError(`--python must be a command that runs Python with torch, got ${given}: ${why}`);
}

const NO_TORCH = "no python3 here imports torch (Debian: python3-torch libopenblas0-openmp)";

function pythonWithTorch() {
  const candidates = [process.env.UNROLLED_BENCH_PYTHON, "python3", "/usr/bin/python3"].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ["-c", "import torch"], { stdio: "ignore" }).status === 0);
}

/** The script goes along as text: where the command leads, this folder need not be. */
function pythonProcess([command, ...before], script, threads, extra = {}) {
  const [OMP_NUM_THREADS, OPENBLAS_NUM_THREADS, MKL_NUM_THREADS] = new Array(3).fill(String(threads));
  const args = [...before, "-c", readFileSync(script, "utf8")];
  return { command, args, env: { OMP_NUM_THREADS, OPENBLAS_NUM_THREADS, MKL_NUM_THREADS, ...extra } };
}

/** A script of PyTorch's that needs no BLAS. @throws StepError where there is no PyTorch */
export function pytorchPeer(script, threads) {
  const python = pythonWithTorch();
  if (python === undefined) throw new StepError(NO_TORCH);
  return pythonProcess([python], script, threads);
}

/** The kernels that PyTorch's OpenBLAS should have chosen; undefined when it has chosen well, or is another BLAS. */
function coreForOpenBlas(python) {
  const script = [
    "import ctypes, re, torch",
    "found = re.search(r'\\S*/\\S*openblas\\S*\\.so\\S*', open('/proc/self/maps').read())",
    "name = ctypes.CDLL(found.group(0)).openblas_get_corename",
    "name.restype = ctypes.c_char_p",
    "print(name().decode())",
  ].join("\n");
  const { status, stdout } = spawnSync(python, ["-c", script], { encoding: "utf8" });
  if (status !== 0) return undefined;
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(/\s+/) ?? [];
  return betterCore(stdout.trim(), flags);
}

const onnxRuntime = () => ({
  id: "onnxruntime",
  label: "ONNX Runtime (forward only)",
  threads: "any",
  start: () => host("onnxruntime"),
});

const jax = () => ({ id: "jax-js", label: "jax-js, wasm", threads: 1, start: () => host("jax") });

/** A large heap: its cpu backend keeps every tensor in JavaScript's. */
const tensorflow = () => [
  { id: "tfjs-wasm", label: "TensorFlow.js, wasm", threads: 1, start: () => host("tfjs-wasm") },
  {
    id: "tfjs-cpu",
    label: "TensorFlow.js, cpu",
    threads: 1,
    start: () => host("tfjs", { flags: ["--max-old-space-size=6144"] }),
  },
];

const brain = () => ({
  id: "brain.js",
  label: "brain.js",
  threads: 1,
  start: () => host("brain", { flags: ["--max-old-space-size=6144"] }),
});
