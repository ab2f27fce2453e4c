#!/usr/bin/env node
/**
 * Calls everything public with drawn arguments, and wants nothing out of it but our own errors; after every throw a known product is
 * computed, and memory() must be sane. A call depends on the seed and its number alone: `--only NUMBER` repeats it.
 *
 *   npm run fuzz:api -- --calls 1000000 --seed 1
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { chooser } from "./random.mjs";
import { recipes } from "./recipes.mjs";
import { surface } from "./surface.mjs";
import { CallersError, optionsOf, tensorOf, value } from "./values.mjs";

/** These change what all later calls see, or start what would outlive them: after them the engine is chosen as before. */
const CHOOSES_ENGINE = new Set(["unrolled.startThreads", "unrolled.configure"]);
const MOST_LIVE_BYTES = 1 << 26;

/**
 * @param packages  { unrolled, layers }
 * @param options   calls, seed, from: the first call's number, onCall: told of each call before it is made
 * @returns { calls, targets, throws, findings }: a finding is { call, target, error, args }
 */
export async function fuzzApi(
  { unrolled: u, layers: l },
  { calls, seed, from = 0, onCall = () => {}, most = Infinity },
) {
  const targets = surface({ unrolled: u, layers: l });
  const { name: engine, threads } = u.engine();
  const known = recipes(u, l);
  const keys = namesRead(targets);
  const result = { calls: 0, targets: targets.length, throws: 0, findings: [] };
  for (let call = from; call < from + calls && result.findings.length < most; call++) {
    const r = chooser(seed, call);
    const target = r.pick(targets);
    onCall(call, target);
    u.manualSeed(seed + call);
    const { error, args } = await attempt(u, l, r, target, known, keys.get(target));
    if (CHOOSES_ENGINE.has(target.name)) u.configure({ engine, threads, wasm256: undefined, kernels: null });
    result.calls++;
    if (error !== undefined) result.throws++;
    const fault = faultOf(u, error) ?? corrupted(u, call) ?? (call % 512 === 511 ? await leaked(u) : undefined);
    if (fault !== undefined) result.findings.push({ call, target: target.name, fault, args });
  }
  return result;
}

/** Lets finalizers run: after that little must be alive, for no call's results are kept. */
async function leaked(u) {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { bytes, buffers } = u.memory();
  return bytes > MOST_LIVE_BYTES ? new Error(`${bytes} bytes in ${buffers} buffers are still alive`) : undefined;
}

function faultOf(u, error) {
  if (error === undefined || error instanceof u.UnrolledError || error instanceof CallersError) return undefined;
  return error;
}

/** A known product, and figures that can be. */
function corrupted(u, call) {
  const product = u.noGrad(() => u.tensor([[1, 2], [3, 4]]).matmul(u.tensor([[5, 6], [7, 8 + (call % 3)]])).toArray().flat()); // biome-ignore format: one line
  const last = 8 + (call % 3);
  const expected = [19, 6 + 2 * last, 43, 18 + 4 * last];
  if (product.some((x, i) => x !== expected[i])) return new Error(`a known product came out as ${product}`);
  const { bytes, buffers, reserved } = u.memory();
  if (![bytes, buffers, reserved].every((n) => Number.isSafeInteger(n) && n >= 0))
    return new Error(`memory() says ${JSON.stringify({ bytes, buffers, reserved })}`);
  if (!u.isGradEnabled()) return new Error("gradients stayed off");
  return undefined;
}

async function attempt(u, l, r, target, known, keys) {
  let args = [];
  try {
    const { call, drawn } = prepared(u, l, r, target, known, keys);
    args = drawn;
    if (call === null) return { error: undefined, args };
    await drained(call());
    return { error: undefined, args };
  } catch (error) {
    return { error, args };
  }
}

/** Promises are waited for, and a few items of what is iterated are taken. */
async function drained(result) {
  if (result instanceof Promise) await result;
  if (result === null || typeof result !== "object" || typeof result.next !== "function") return;
  if (typeof result[Symbol.iterator] === "function" && typeof result.position !== "object")
    for (let i = 0; i < 3 && !result.next().done; i++);
}

function prepared(u, l, r, target, known, keys) {
  const { kind, value: f } = target;
  if (kind === "function") {
    const drawn = drawArguments(u, l, r, entry(known, target.name), f.length, keys);
    if (target.name === "unrolled.trainLanguageModel") drawn.splice(0, 2, ...briefly(drawn));
    return { drawn, call: () => f.apply(target.self, drawn) };
  }
  if (kind === "constructor") {
    const drawn = drawArguments(u, l, r, entry(known, target.owner), f.length, keys);
    return { drawn, call: () => new f(...drawn) };
  }
  const self = receiver(u, l, r, target, known);
  if (self === null) return { drawn: [], call: null };
  const drawn = drawArguments(u, l, r, methodEntry(known, target, r), f.length, keys);
  return { drawn, call: () => f.apply(self, kind === "setter" ? [drawn[0]] : drawn) };
}

/** Training that ends: after a few steps, whatever else was drawn. What is no plain object stays as it is, for it is refused. */
function briefly([text, options = {}]) {
  const isPlain = options !== null && Object.getPrototypeOf(options) === Object.prototype;
  return [text, isPlain ? { ...options, untilStep: 2 } : options];
}

const short = (name) => name.replace(/^(new )?(unrolled\.)?/, "");
const entry = (known, name) => known.table[short(name)];

function methodEntry(known, { owner, key }, r) {
  const name = short(owner);
  const family = name.split(".")[0];
  const found = known.methods[`${name.split(".").at(-1)} ${String(key)}`] ?? known.methods[`${family} ${String(key)}`];
  return found && (() => r.pick(found()));
}

/** Something of the method's class: by its recipe, or, failing that, by guesses; null where none works. */
function receiver(u, l, r, { owner }, known) {
  const path = short(owner).split(".");
  if (path.at(-1) === "Tensor") return tensorOf(u, r);
  const root = path[0] === "layers" ? { layers: l } : u;
  const Class = path.reduce((at, name) => at[name], root);
  for (const args of [entry(known, owner)?.(), [], [3, 2], [0.5], [[]]]) {
    if (args === undefined) continue;
    try {
      return new Class(...args);
    } catch {
      // the next guess
    }
  }
  return null;
}

/** The recipe's arguments with one or two replaced, or drawn ones throughout. */
function drawArguments(u, l, r, recipe, arity, keys) {
  const draw = () => value(u, l, r, 0, keys);
  if (recipe === undefined || r.chance(0.2)) {
    return Array.from({ length: r.below(Math.max(arity, 1) + 3) }, () =>
      r.chance(0.3) ? optionsOf(u, l, r, 0, keys) : draw(),
    );
  }
  const args = recipe();
  for (let changes = r.below(3); changes > 0; changes--) {
    const at = r.below(args.length + 1);
    const old = args[at];
    if (old !== null && typeof old === "object" && Object.getPrototypeOf(old) === Object.prototype && r.chance(0.7)) {
      args[at] = { ...old, ...optionsOf(u, l, r, 0, keys) };
    } else args[at] = draw();
  }
  return args;
}

/** The names that each target reads from objects: found by handing it an object that notes what is asked for. */
function namesRead(targets) {
  const found = new Map();
  for (const target of targets) {
    const source = Function.prototype.toString.call(target.value);
    const names = new Set(["dtype", "length", "shape"]);
    for (const [, name] of source.slice(0, 4000).matchAll(/\b(?:options|given|run|config|o|this)\.(\w+)/g))
      names.add(name);
    for (const [, list] of source.slice(0, 4000).matchAll(/\{([\w\s,=.":?-]+)\}\s*=|\[\s*("[\w", ]+")\s*\]/g)) {
      for (const [name] of (list ?? "").matchAll(/\b[a-z]\w+\b/gi)) names.add(name);
    }
    for (const [, name] of source.slice(0, 4000).matchAll(/"([a-z]\w+)"/gi)) names.add(name);
    found.set(
      target,
      [...names].filter((name) => name !== "__proto__"),
    );
  }
  return found;
}

/** What arguments were, for a report. */
export function describe(args, u) {
  return args.map((arg) => {
    try {
      if (arg instanceof u.Tensor) return `tensor ${arg.dtype} [${arg.shape}]${arg.disposed ? " disposed" : ""}`;
      if (typeof arg === "function") return String(arg).slice(0, 60);
      if (typeof arg === "bigint" || typeof arg === "symbol" || Object.is(arg, -0))
        return Object.is(arg, -0) ? "-0" : `${String(arg)}`;
      if (arg === null || typeof arg !== "object") return String(JSON.stringify(arg) ?? arg).slice(0, 80);
      return `${arg.constructor?.name ?? "null-prototype"} ${(JSON.stringify(arg, (_k, v) => (typeof v === "bigint" ? `${v}n` : v instanceof u.Tensor ? "tensor" : v)) ?? "").slice(0, 160)}`;
    } catch (error) {
      return `${Object.prototype.toString.call(arg)} (${error.message.slice(0, 30)})`;
    }
  });
}

// --- by hand -----------------------------------------------------------------------------------------------------------------------

/** A call that takes longer than this hangs. */
const HANG_SECONDS = 120;

function numberOption(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

/** Runs the calls in a thread, so that one that does not come back can be named. */
function watched() {
  const only = numberOption("only", -1);
  const calls = only >= 0 ? 1 : numberOption("calls", 20_000);
  const options = { calls, seed: numberOption("seed", 1), from: Math.max(only, numberOption("from", 0)) };
  const progress = new BigInt64Array(new SharedArrayBuffer(8));
  // Some calls write files, under whatever name was drawn.
  const folder = mkdtempSync(join(tmpdir(), "unrolled-fuzz-"));
  process.chdir(folder);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...options, progress, full: only >= 0 } });
  let before = -1n;
  const timer = setInterval(() => {
    const now = Atomics.load(progress, 0);
    if (now === before) {
      console.error(
        `call ${now} of seed ${options.seed} does not end: npm run fuzz:api -- --seed ${options.seed} --only ${now}`,
      );
      process.exit(1);
    }
    before = now;
  }, HANG_SECONDS * 1000);
  worker.on("exit", (code) => {
    clearInterval(timer);
    process.exitCode = code;
  });
  worker.on("error", (error) => {
    console.error(`the thread died at call ${Atomics.load(progress, 0)}:`, error);
    process.exitCode = 1;
  });
}

async function inThread({ progress, full, ...options }) {
  const dist = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
  const packages = { unrolled: await dist("index.js"), layers: await dist("layers/index.js") };
  const found = await fuzzApi(packages, {
    ...options,
    onCall: (call, target) => {
      Atomics.store(progress, 0, BigInt(call));
      if (full) console.log(target.name);
    },
  });
  const kinds = new Map();
  for (const { call, target, fault, args } of found.findings) {
    const stack = String(fault?.stack ?? fault).split("\n");
    const frames = stack.filter((line) => line.includes("/dist/")).map((line) => line.trim().replace(/^.*\/dist\//, "").replace(/:\d+\)?$/, "")); // biome-ignore format: one line
    const kind = `${stack[0].slice(0, 90)} | ${frames.slice(0, full ? 20 : 2).join(" < ")}`;
    const list = kinds.get(kind) ?? [];
    list.push(`${call} ${target}(${describe(args, packages.unrolled).join("; ")})`);
    kinds.set(kind, list);
  }
  for (const [kind, list] of [...kinds].sort((x, y) => y[1].length - x[1].length))
    console.log(
      `${list.length} x ${kind}\n    ${list
        .slice(0, 2)
        .map((line) => line.slice(0, 260))
        .join("\n    ")}`,
    );
  console.log(
    `${found.calls} calls of ${found.targets} targets, ${found.throws} refused, ${found.findings.length} findings in ${kinds.size} places`,
  );
  process.exitCode = found.findings.length === 0 ? 0 : 1;
}

if (!isMainThread && workerData?.progress) await inThread(workerData);
else if (isMainThread && process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) watched();
