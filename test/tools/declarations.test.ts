import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.js";

/** A user's file: options that may be undefined, the trainer with an optimiser of the package. */
const CONSUMER = `
import { data, type LSTMState, nn, optim, type Tensor, tensor, text, train } from "./dist/index.js";
import * as layers from "./dist/layers/index.js";

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
export const loaded = lstm.loadStateDict({ weight: { dtype: "float32", shape: [1], data: new Float32Array(1) } });
export function release(y: Tensor): void {
  y.dispose();
}
export const batches = new data.StreamBatcher(new Int32Array(9), { batchSize: 1, seqLen: 2, dropLast: flag });
export const vocabulary = text.CharVocabulary.fromText("a", { unknown: flag });
`;

const SETTINGS = {
  compilerOptions: {
    ...{ target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2022", "DOM"], noEmit: true },
    // No @types/node, and every declaration looked at.
    ...{ types: [], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
  },
  files: ["consumer.ts"],
};

const folder = temporaryFolder();

function tsc(version: string, ...args: string[]): string {
  try {
    return execFileSync(process.execPath, [`node_modules/${version}/bin/tsc`, ...args], { encoding: "utf8" });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error);
  }
}

test.each(["typescript", "typescript-5.4"])("declarations type-check in a user's project under %s", (version) => {
  const emitted = tsc(
    "typescript",
    "-p",
    "tsconfig.build.json",
    "--outDir",
    folder.at("dist"),
    "--emitDeclarationOnly",
  );
  expect(emitted).toBe("");
  writeFileSync(folder.at("package.json"), '{ "type": "module" }');
  writeFileSync(folder.at("consumer.ts"), CONSUMER);
  writeFileSync(folder.at("tsconfig.json"), JSON.stringify(SETTINGS));
  expect(tsc(version, "-p", folder.at("tsconfig.json"))).toBe("");
});
