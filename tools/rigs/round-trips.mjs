// Models of others, and a trained run of every task: read, made a run where a task has such models, exported to everything that it can
// be exported to, and read again. `npm run rigs -- round-trips --models FOLDER`; without a folder, the trained runs alone.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import { run } from "../../dist/cli/run.js";
import { read } from "../../dist/interchange/index.js";
import { TARGETS } from "../../dist/interchange/targets/registry.js";
import { decodeTask } from "../../dist/tasks/checkpoint.js";
import { taskNamed } from "../../dist/tasks/registry.js";

const FILES = [".safetensors", ".pt", ".pth", ".bin", ".npz", ".npy", ".onnx", ".h5", ".hdf5", ".keras"];
/** What rounding to float32 and another order of sums may do to a probability or an output. */
const NEAR = 1e-4;

const table = (rows) => `${rows.map((row) => row.join(",")).join("\n")}\n`;
const rows = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const wave = (i) => (10 + 5 * Math.sin(i / 3)).toFixed(3);
const [LETTERS, WORDS] = ["abcdefgh", ["the", "cat", "sat", "down", "on", "mats"]];
const spelled = (i) => rows(3 + (i % 4), (k) => LETTERS[(i * 3 + k * k) % 8]).join("");

/** Data of a few rows for each task, and what a model of it is asked. */
const TASKS = {
  "language-model": { file: "a.txt", text: "the cat sat on the mat and ate a hat\n".repeat(20), flags: ["--seq-len", "8"], ask: "the cat sat on a mat" },
  classify: { file: "a.csv", text: table([["text", "label"], ...rows(40, (i) => [spelled(i), i % 2 ? "odd" : "even"])]), ask: spelled(5) },
  regress: { file: "a.csv", text: table([["text", "label"], ...rows(40, (i) => [spelled(i), wave(i)])]), ask: spelled(5) },
  tag: { file: "a.conll", text: rows(30, (i) => WORDS.slice(0, 3 + (i % 3)).map((word, k) => `${word} T${(i + k) % 3}\n`).join("")).join("\n"), ask: "the cat sat" },
  seq2seq: { file: "a.tsv", text: `source\ttarget\n${rows(40, (i) => `${spelled(i)}\t${[...spelled(i)].reverse().join("")}\n`).join("")}`, ask: spelled(5) },
  forecast: { file: "a.csv", text: table([["day", "load"], ...rows(90, (i) => [new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10), wave(i)])]), flags: ["--time", "day", "--target", "load", "--horizon", "2", "--context", "5"] },
  anomaly: { file: "a.csv", text: table([["day", "load"], ...rows(90, (i) => [new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10), wave(i)])]), flags: ["--time", "day", "--target", "load", "--context", "5"] },
  generate: { file: "a.csv", text: table([["text", "label"], ...rows(40, (i) => [spelled(i), i % 2 ? "odd" : "even"])]) },
}; // biome-ignore format: a line a task

/** @returns {Promise<{ cases: number, faults: string[] }>} */
export async function roundTrips({ folder, models, only = "" }) {
  const trips = new Trips(folder);
  if (models !== undefined)
    for (const file of modelsIn(models)) if (file.includes(only)) await trips.foreign(models, file);
  for (const task of Object.keys(TASKS)) if (task.includes(only)) await trips.trained(task);
  return trips;
}

function modelsIn(folder) {
  const all = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  const isModel = (path) => FILES.includes(extname(path)) || basename(path) === "model.json";
  // Shards of TensorFlow.js are read with their model.json.
  const isShard = (path) => /shard\d+of\d+\.bin$/.test(path);
  return all.filter((path) => isModel(path) && !isShard(path) && statSync(path).isFile()).sort();
}

class Trips {
  cases = 0;
  faults = [];
  #folder;
  #made = 0;

  constructor(folder) {
    this.#folder = folder;
  }

  async foreign(root, file) {
    const name = relative(root, file);
    this.cases++;
    let found;
    try {
      found = await read(file);
    } catch (error) {
      // A hostile file is refused by an error of ours; anything else is a fault.
      return this.#row(name, [
        error.op === undefined ? this.#fault(name, error.stack) : `refused: ${error.must}, got ${error.value}`,
      ]);
    }
    const cells = [found.format, found.fits ? "runs" : "arrays", await this.#weightsOf(name, file, found)];
    const { parts } = found;
    if (found.fits && parts?.embedding && parts.head) cells.push(...(await this.#asTasks(name, file, parts)));
    this.#row(name, cells);
  }

  /** Its arrays as safetensors, which hold what the file holds. */
  async #weightsOf(name, file, found) {
    const out = this.#path("weights.safetensors");
    const { code, out: told, err } = await this.#cli("import", file, "--weights", out, "--json");
    if (code !== 0) return found.arrays.size === 0 ? "no weights" : this.#fault(`${name} --weights`, err);
    const { arrays } = await read(out);
    const { leftOut } = JSON.parse(told);
    for (const [key, array] of found.arrays) {
      if (leftOut.includes(key)) continue;
      const { shape, data } = array;
      const own = arrays.get(key);
      if (
        own === undefined ||
        String(own.shape) !== String(shape) ||
        !data.every((value, i) => Object.is(value, own.data[i]) || Math.fround(value) === own.data[i])
      )
        return this.#fault(`${name} --weights`, `${key} came back changed`);
    }
    return `${arrays.size} arrays${leftOut.length > 0 ? `, without ${leftOut.join(", ")}` : ""}`;
  }

  /** As a run of every task whose outputs it may have. */
  async #asTasks(name, file, { embedding, head }) {
    const [tokens, outputs] = [embedding.weight.shape[0], head.weight.shape[0]];
    const said = this.#said(tokens, outputs);
    const cells = [];
    for (const task of ["language-model", "classify", "tag"]) {
      if (task === "language-model" && tokens !== outputs) continue;
      const made = this.#path("run");
      const how = task === "language-model" ? said.slice(0, 2) : said;
      const { code, err } = await this.#cli("import", file, "--as", made, "--task", task, ...how);
      if (code === 0)
        cells.push(`${task}: ${await this.#exported(`${name} as ${task}`, made, task, "w1 w2 w3 w1 w0")}`);
      else if (code > 4 || err.includes(" at ")) this.#fault(`${name} as ${task}`, err);
      else cells.push(`${task}: no (${err.split("\n")[0].slice(0, 90)})`);
    }
    return cells;
  }

  #said(tokens, outputs) {
    return this.#names(rows(tokens, (i) => `w${i}`), rows(outputs, (i) => `L${i}`)); // biome-ignore format: one line
  }

  #names(tokens, labels) {
    const files = [this.#path("vocab.json"), this.#path("labels.json")];
    writeFileSync(files[0], JSON.stringify(tokens));
    writeFileSync(files[1], JSON.stringify(labels));
    return ["--vocab", files[0], "--labels", files[1]];
  }

  /** What a run calls its tokens and outputs, by their places: in what it is exported to they stand in that order. */
  #ownNames(made, task) {
    const { meta } = decodeTask(taskNamed(task), readFileSync(join(made, "best.safetensors")));
    if (task === "tag") return this.#names(["<unk>", ...meta.lexicon.words], meta.tags);
    const vocabulary = meta.inputs?.vocabulary ?? meta;
    const tokens = rows(vocabulary.size, (id) => vocabulary.tokenOf(id));
    return task === "classify" ? this.#names(tokens, meta.classes) : this.#names(tokens, []).slice(0, 2);
  }

  async trained(task) {
    this.cases++;
    const { file, text, flags = [], ask } = TASKS[task];
    const [data, made] = [this.#path(file), this.#path("run")];
    writeFileSync(data, text);
    const small = ["--task", task, "--hidden", "6", "--epochs", "2", "--threads", "1", "--out", made];
    const { code, err } = await this.#cli("train", data, ...small, ...flags);
    if (code !== 0) return this.#row(task, [this.#fault(`train ${task}`, err)]);
    for (const argv of [["inspect", made], ...(task === "generate" ? [] : [["eval", made, data]])]) {
      const done = await this.#cli(...argv);
      if (done.code !== 0) this.#fault(`${argv[0]} ${task}`, done.err);
    }
    this.#row(task, ["trained", await this.#exported(task, made, task, ask)]);
  }

  /** To every target, and what was written read again: where it is a model of the same task, it answers as before. */
  async #exported(name, made, task, ask) {
    const said = ["language-model", "classify", "tag"].includes(task) ? this.#ownNames(made, task) : undefined;
    const before = said === undefined ? null : await this.#answer(name, made, task, ask);
    const cells = [];
    for (const { name: target } of TARGETS) {
      const out = join(made, `to-${target}`);
      const { code, err } = await this.#cli("export", made, "--to", target, "--out", out);
      if (code !== 0) {
        if (code > 4 || !/cannot|must|found/.test(err)) this.#fault(`${name} to ${target}`, err);
        cells.push(`${target} refused (${err.split("\n")[0].replaceAll(made, "run").slice(0, 110)})`);
        continue;
      }
      const files = readdirSync(out, { recursive: true })
        .map((own) => join(out, own))
        .filter((own) => FILES.includes(extname(own)) || own.endsWith("model.json"));
      let problems = "";
      for (const written of files.filter((own) => !own.endsWith("weights.bin"))) {
        const back = await read(written).catch((error) => ({ error }));
        if (back.error) problems = this.#fault(`${name} to ${target}`, back.error.stack);
        else if (!back.fits && ["onnx", "keras", "tfjs"].includes(target))
          problems = this.#fault(`${name} to ${target}`, back.problems.join("; "));
        else if (before !== null && back.parts?.embedding && back.parts.head)
          problems ||= await this.#again(`${name} to ${target}`, written, task, said, ask, before);
      }
      cells.push(problems || target);
    }
    return cells.join(" ");
  }

  async #again(name, file, task, said, ask, before) {
    const made = this.#path("again");
    const { code, err } = await this.#cli("import", file, "--as", made, "--task", task, ...said);
    if (code !== 0) return this.#fault(`${name} and back`, err);
    const after = await this.#answer(name, made, task, ask);
    return isNear(before, after)
      ? ""
      : this.#fault(`${name} and back`, `${JSON.stringify(before)} became ${JSON.stringify(after)}`);
  }

  /** What it predicts of a text; of a language model how well it knows one. */
  async #answer(name, made, task, ask) {
    const text = this.#path("asked.txt");
    writeFileSync(text, `${ask}\n`.repeat(20));
    const how =
      task === "language-model" ? ["eval", made, text, "--unknown", "skip"] : ["predict", made, "--text", ask];
    const { code, out, err } = await this.#cli(...how, "--json");
    if (code === 0) return task === "language-model" ? JSON.parse(out).loss : JSON.parse(out);
    this.#fault(`${how[0]} ${name}`, err);
    return null;
  }

  #path(name) {
    const folder = join(this.#folder, `${this.#made++}`);
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
    return join(folder, name);
  }

  async #cli(...argv) {
    const terminal = silent();
    const code = await run(argv, terminal);
    return { code, out: terminal.stdout.text, err: terminal.stderr.text };
  }

  #fault(name, what) {
    this.faults.push(`${name}: ${String(what).slice(0, 600)}`);
    return "FAULT";
  }

  #row(name, cells) {
    console.log(`${name.padEnd(44)} ${cells.join(" | ")}`);
  }
}

/** Numbers by their distance, all else as it is. */
function isNear(a, b) {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= NEAR;
  if (a === null || typeof a !== "object") return a === b;
  return Object.keys(a).every((key) => isNear(a[key], b?.[key]));
}

/** A terminal that nobody looks at. */
function silent() {
  const stream = () => {
    const own = { text: "", isTTY: false, escapes: false, live: false, columns: 200, closed: false };
    own.write = (text) => (own.text += typeof text === "string" ? text : new TextDecoder().decode(text));
    own.drained = async () => {};
    return own;
  };
  const input = { readInput: async () => new Uint8Array(), inputPieces: async function* () {} };
  return { stdout: stream(), stderr: stream(), onSignal: () => () => {}, exit() {}, program: ["unrolled"], ...input };
}
