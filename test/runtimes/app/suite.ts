/**
 * What every runtime must do, as one script without imports: the engine's conformance suite, and a character model whose losses have the
 * bits that they have elsewhere. It speaks JSON: options in, a report out.
 */
import { currentEngine } from "../../../src/engine/select.js";
import { OP_NOTHING } from "../../../src/engine/wasm/ops.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { configure, engine, manualSeed, nn, optim, startThreads, type Tensor, tensor } from "../../../src/index.js";
import { engineConformance } from "../../engine/conformance/all.js";
import { runDescribed } from "./vitest-part.js";

export interface SuiteOptions {
  /** Every n-th case of the conformance suite. */
  every: number;
  /** Of the character model. */
  steps: number;
  /** Asked for; where there cannot be as many there is one. */
  threads: number;
  engine?: "wasm" | "reference";
  /** Takes relaxed SIMD away, and with it what a processor fuses. */
  isPlain?: boolean;
}

export interface Report {
  engine: string;
  variant: string;
  threads: number;
  oneThreadBecause: string | undefined;
  /** Parts of kernels that worker threads did in training. */
  helped: number;
  conformance: { passed: number; failed: string[]; helped: number };
  losses: number[];
  tokensPerSecond: number;
}

const [BATCH, LENGTH] = [16, 32];
/** Eight words in an order that a small model can learn a part of. */
const WORDS = ["whale", "ship", "sea", "captain", "harpoon", "mast", "oar", "deck"];

function corpus(length: number): number[] {
  let text = "";
  for (let state = 7; text.length < length; state = (state * 75 + 74) % 65537) text += `${WORDS[state % 8]} `;
  return [...text].map((character) => (character === " " ? 26 : character.charCodeAt(0) - 97));
}

class CharModel extends nn.Module {
  embed = new nn.Embedding(27, 24);
  lstm = new nn.LSTM(24, 48, { numLayers: 2, dropout: 0.1 });
  head = new nn.Linear(48, 27);

  loss(x: Tensor, y: Tensor): Tensor {
    return nn.functional.crossEntropy(this.head.forward(this.lstm.forward(this.embed.forward(x))[0]), y);
  }
}

function train(steps: number): number[] {
  manualSeed(3);
  const ids = corpus(BATCH * LENGTH * (steps + 1));
  const model = new CharModel();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  return Array.from({ length: steps }, (_, step) => {
    const part = (shift: number) =>
      tensor(Int32Array.from(ids.slice(step * BATCH * LENGTH + shift, (step + 1) * BATCH * LENGTH + shift)), {
        shape: [LENGTH, BATCH],
      });
    optimizer.zeroGrad();
    const loss = model.loss(part(0), part(1));
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 0.25);
    optimizer.step();
    return loss.item();
  });
}

/** Shared jobs until a worker has done a part of one: on a busy machine it may come late. */
function untilHelped({ core }: WasmEngine): number {
  if (core.pool === null) return 0;
  for (const end = performance.now() + 10_000; core.pool.helped === 0 && performance.now() < end; ) {
    core.launch(OP_NOTHING, 256);
  }
  return core.pool.helped;
}

/** What the reference computes for this engine, however plain it is called. */
const SLOW = ["sin", "cos", "pow", "prod"];

async function conform(every: number, threads: number) {
  let made = new WasmEngine();
  let helped = 0;
  const make = () => {
    made = new WasmEngine({ threads, worthSharing: 0 });
    return made;
  };
  engineConformance("wasm", make, {
    every,
    fastPath: (engine) =>
      Object.fromEntries(Object.entries((engine as WasmEngine).paths).map(([kernel, { fast }]) => [kernel, fast])),
    shouldBeFast: ({ dtype, contiguous, empty, op = "" }) =>
      dtype === "float32" && contiguous && !empty && !SLOW.includes(op),
    close: (engine) => {
      helped += (engine as WasmEngine).core.pool?.helped ?? 0;
      (engine as WasmEngine).close();
    },
  });
  // A browser starts threads while the one that asked for them is idle.
  const results = await runDescribed(() => made.startThreads());
  return { ...results, helped };
}

/** An instruction of relaxed SIMD, as the engine probes for it. */
const RELAXED_MADD = "253,133,2";

function withoutRelaxedSimd(): void {
  const { validate } = WebAssembly;
  WebAssembly.validate = (bytes) => !String(bytes).includes(RELAXED_MADD) && validate(bytes);
}

export async function suite({ every, steps, threads, engine: name, isPlain }: SuiteOptions): Promise<Report> {
  if (isPlain) withoutRelaxedSimd();
  configure({ engine: name ?? "wasm", threads });
  await startThreads();
  const used = currentEngine();
  const begun = performance.now();
  const losses = train(steps);
  const seconds = (performance.now() - begun) / 1000;
  const helped = used instanceof WasmEngine ? untilHelped(used) : 0;
  const conformance = every === 0 ? { passed: 0, failed: [], helped: 0 } : await conform(every, threads);
  const { name: called, variant, threads: had, oneThreadBecause } = engine();
  const tokensPerSecond = (steps * BATCH * LENGTH) / seconds;
  return { engine: called, variant, threads: had, oneThreadBecause, helped, conformance, losses, tokensPerSecond };
}
