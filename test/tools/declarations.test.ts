import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript-5.4";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureBuilt } from "../../tools/support/prepare.mjs";

/** A user's file: options that may be undefined, the trainer with an optimiser of the package. */
const CONSUMER = `
import {
  data, defaultGenerator, evaluate, findLearningRate, fit, io, load, loadCheckpoint, type LSTMState, metrics, nn, optim, predict, save,
  saveCheckpoint, type Tensor, tensor, text, train,
} from "unrolled";
import * as interchange from "unrolled/interchange";
import * as layers from "unrolled/layers";
import * as svg from "unrolled/svg";

declare const maybe: number | undefined;
declare const flag: boolean | undefined;

export const lstm = new nn.LSTM(3, 4, { numLayers: maybe, bidirectional: flag, dropout: maybe, dtype: undefined });
export const x = tensor([1, 2], { dtype: undefined, requiresGrad: flag });
export const sgd = new layers.SGD({ lr: maybe });
export const quick = new layers.SGD(0.1);
export const adam = new optim.Adam(lstm.parameters(), { lr: maybe });
export const step = new optim.StepLR(adam, { stepSize: 3, gamma: maybe });
export const stack = new nn.RecurrentStack([lstm], { residual: flag });
export const grus = new nn.AWDLSTM(10, { numLayers: maybe });
export const cell = new nn.GRUCell(2, 3, { bias: flag });

export const trainer = new train.Trainer<number, LSTMState>(
  {
    model: lstm,
    optimizer: adam,
    batches: { steps: 1, position: { epoch: 0, step: 0 }, next: () => 0 },
    forward: () => ({ loss: x.sum(), count: 2 }),
    clipGradNorm: nn.utils.clipGradNorm,
  },
  { epochs: 1, clip: maybe },
);
const parameters = lstm.parameters();
const optimizers = [
  new optim.SGD(parameters, { lr: 1 }), new optim.Adam(parameters), new optim.AdamW(parameters), new optim.RMSprop(parameters),
  new optim.Adagrad(parameters), new optim.ASGD(parameters), new optim.NTASGD(parameters),
];
const schedules = [
  new optim.StepLR(adam, { stepSize: 1 }), new optim.MultiStepLR(adam, { milestones: [1] }), new optim.LinearLR(adam),
  new optim.CosineAnnealingLR(adam, { tMax: 3 }), new optim.ReduceLROnPlateau(adam), new optim.LambdaLR(adam, () => 1),
];
const batches2 = { steps: 1, position: { epoch: 0, step: 0 }, next: () => 0 };
export const trainers = [
  new train.Trainer({ model: lstm, optimizer: new optim.SGD(parameters, { lr: 1 }), batches: batches2, forward: () => ({ loss: x, count: 1 }) }, { epochs: 1 }),
  new train.Trainer({ model: lstm, optimizer: new optim.NTASGD(parameters), batches: batches2, forward: () => ({ loss: x, count: 1 }) }, { epochs: 1 }),
  ...optimizers.map((optimizer) => new train.Trainer({ model: lstm, optimizer, batches: batches2, forward: () => ({ loss: x, count: 1 }) }, { epochs: 1, accumulate: maybe })),
];

class Net extends nn.Module {
  linear = new nn.Linear(2, 2);
  forward(input: Tensor): Tensor {
    return this.linear.forward(input);
  }
}
declare const pairs: [Tensor, Tensor][];
declare const objects: { x: Tensor; y: Tensor; lengths: number[] }[];
declare const words: AsyncIterable<{ words: Tensor; tag: number }>;
export async function everyday(): Promise<void> {
  const model: Net = new Net().clone();
  const loss = nn.functional.crossEntropy;
  for (const optimizer of optimizers) await fit(model, { train: pairs, loss, optimizer, epochs: maybe, steps: 3, patience: maybe });
  for (const schedule of schedules) await fit(model, { train: objects, loss: new nn.MSELoss(), optimizer: adam, epochs: 1, schedule });
  const report = await fit(model, {
    train: async () => pairs, valid: function* () { yield* pairs; }, optimizer: adam, epochs: 2,
    loss: (output, target) => ({ loss: output.sub(target).mean(), count: 3 }),
    metrics: { accuracy: metrics.accuracy({ classes: 2 }), mine: (output, target) => output.size + target.size },
    schedule: [{ schedule: new optim.ExponentialLR(adam, { gamma: 0.9 }), every: "step" }, new optim.ReduceLROnPlateau(adam)],
    checkpoint: { path: "a", every: maybe }, resume: flag, generator: defaultGenerator, signal: undefined,
    callbacks: { onEpochEnd: ({ loss }, { history, stop }) => (loss! < history["loss"]![0]! ? stop() : undefined) },
  });
  const best: number | undefined = report.best?.value;
  await fit(model, {
    train: words, loss: (output: Tensor) => output.mean(), optimizer: adam, epochs: 1,
    forward: (net, batch) => net.forward(batch.words),
  });
  const figures: Record<string, number> = await evaluate(model, pairs, { loss });
  const one: Tensor = await predict(model, x);
  const many: Tensor[] = await predict(model, pairs);
  svg.learningRateChart(await findLearningRate(model, { train: pairs, loss, optimizer: adam }));
  await save("m", model, { dtype: "bfloat16", metadata: undefined });
  await save("m", { x, one }, { dtype: undefined });
  const { missing } = await load("m", model, { strict: flag });
  await saveCheckpoint("m", { model, optimizer: adam, step: 1 });
  const { step: at } = await loadCheckpoint("m", { model, optimizer: adam, step: 0, generator: defaultGenerator });
  const sum: number = at + (best ?? 0) + figures["loss"]! + many.length + missing.length;
  io.fromBytes(io.toBytes(model), model);
  const { count } = io.fromBytes(io.toBytes({ model, count: sum }), { model, count: 0 });
  void (count satisfies number);
}
export const loaded = lstm.loadStateDict({ weight: { dtype: "float32", shape: [1], data: new Float32Array(1) } });
export function release(y: Tensor): void {
  y.dispose();
}
export const batches = new data.StreamBatcher(new Int32Array(9), { batchSize: 1, seqLen: 2, dropLast: flag });
export const groups = new optim.AdamW([{ params: lstm, lr: maybe }, { params: cell.parameters() }], { lr: maybe });
export const cycle = new optim.OneCycleLR(groups, { maxLr: 1, totalSteps: 9, pctStart: maybe, threePhase: flag });
export const convention = interchange.textbook({ cell: "lstm", place: undefined, biases: undefined });
export const chart = svg.lineChart;
export const rows: Tensor[] = [...x.unbind(), x.sum({ dim: maybe, keepdim: flag })];
export const vocabulary = text.CharVocabulary.fromText("a", { unknown: flag });
`;

/** What a CommonJS file does: the package is ESM, so it is imported at run time, and its types by their resolution. */
const COMMON_JS = `
import type { Tensor } from "unrolled" with { "resolution-mode": "import" };

export async function run(): Promise<Tensor> {
  const { nn, tensor } = await import("unrolled");
  const { LSTM } = await import("unrolled/layers");
  const { lineChart } = await import("unrolled/svg");
  const { keras } = await import("unrolled/interchange");
  console.log(LSTM, lineChart, keras);
  return new nn.Linear(2, 3).forward(tensor([[1, 2]]));
}
`;

/** A browser has the DOM, a server Node's types. */
const PLACES = {
  browser: { types: [], lib: ["ES2022", "DOM"] },
  node: { types: ["node"], lib: ["ES2022"] },
};
type Place = keyof typeof PLACES;

const RESOLUTIONS = {
  nodenext: { module: "NodeNext", moduleResolution: "NodeNext", file: "consumer.ts" },
  bundler: { module: "ESNext", moduleResolution: "Bundler", file: "consumer.ts" },
  commonjs: { module: "Node16", moduleResolution: "Node16", file: "consumer.cts" },
};
type Resolution = keyof typeof RESOLUTIONS;

/** Each compiler takes some of the ways, so that together they take all, in the time of a test; the newest takes them all. */
const MATRIX: [compiler: string, resolution: Resolution, place: Place][] = [
  ["typescript-5.4", "nodenext", "browser"],
  ["typescript-5.4", "commonjs", "node"],
  ["typescript-5.9", "bundler", "browser"],
  ["typescript-6", "nodenext", "node"],
  ...(["nodenext", "bundler", "commonjs"] as const).flatMap((resolution) =>
    (["browser", "node"] as const).map((place): [string, Resolution, Place] => ["typescript", resolution, place]),
  ),
];

const folder = mkdtempSync(join(tmpdir(), "unrolled-types-"));
const at = (...names: string[]): string => join(folder, ...names);
const run = promisify(execFile);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function tsc(version: string, ...args: string[]): Promise<string> {
  try {
    return (await run(process.execPath, [`node_modules/${version}/bin/tsc`, ...args], { encoding: "utf8" })).stdout;
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error);
  }
}

beforeAll(async () => {
  const installed = at("node_modules/unrolled");
  mkdirSync(`${at("node_modules")}/@types`, { recursive: true });
  // Before a whole run they are there; where one file is run alone they may be of yesterday.
  await ensureBuilt();
  const isDeclared = (path: string) => statSync(path).isDirectory() || path.endsWith(".d.ts");
  cpSync("dist", `${installed}/dist`, { recursive: true, filter: isDeclared });
  cpSync("package.json", `${installed}/package.json`);
  for (const name of ["@types/node", "undici-types"]) {
    symlinkSync(realpathSync(`node_modules/${name}`), at(`node_modules/${name}`), "dir");
  }
  writeFileSync(at("package.json"), '{ "type": "module" }');
  writeFileSync(at("consumer.ts"), CONSUMER);
  writeFileSync(at("consumer.cts"), COMMON_JS);
}, 120_000);

test.concurrent.each(MATRIX)(
  "a user's project type-checks under %s, %s, %s",
  async (version, resolution, place) => {
    const { file, ...modules } = RESOLUTIONS[resolution];
    const compilerOptions = {
      ...{ target: "ES2022", noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
      ...modules,
      ...PLACES[place],
    };
    const config = at(`tsconfig.${version}.${resolution}.${place}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: [file] }));
    expect(await tsc(version, "-p", config)).toBe("");
  },
  300_000,
);

/** Not for users: the engines, the command line, what a task is made of, and what the tape keeps. */
const INTERNAL = /\/(engine|cli|tasks|runs)\/|base\/(builtin|room|fields)\.d\.ts|tensor\/moved|train\/pause/;

test("every optional property that a user may give accepts undefined", () => {
  const dist = at("node_modules/unrolled/dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).map((path) => `/${path}`);
  const declarations = files.filter((path) => path.endsWith(".d.ts") && !INTERNAL.test(path));
  expect(declarations.length).toBeGreaterThan(200);
  const found = declarations.flatMap((path) => optionalsWithoutUndefined(path, readFileSync(dist + path, "utf8")));
  expect(found).toEqual([]);
});

function optionalsWithoutUndefined(path: string, text: string): string[] {
  const found: string[] = [];
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.questionToken && node.type && !takesUndefined(node.type)) {
      found.push(`${path}: ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function takesUndefined(type: ts.TypeNode): boolean {
  if (ts.isUnionTypeNode(type)) return type.types.some(takesUndefined);
  return type.kind === ts.SyntaxKind.UndefinedKeyword || type.kind === ts.SyntaxKind.UnknownKeyword;
}
