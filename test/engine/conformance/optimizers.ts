import type { Engine, Operand } from "../../../src/engine/engine.js";
import type { Arena } from "../../support/arena.js";
import { type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

const SIZES = [0, 1, 7, 16, 8710];
const STEPS = 3;

interface Rule {
  kernel: string;
  title: string;
  /** Names of the state, each as the rule wants it at first. */
  state: readonly string[];
  step(engine: Engine, p: Operand, grad: Operand, state: Record<string, Operand>, step: number): void;
}

function sgd(
  title: string,
  o: { momentum?: number; dampening?: number; nesterov?: boolean; weightDecay?: number },
): Rule {
  const full = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, ...o };
  return {
    kernel: "sgdStep",
    title: `SGD ${title}`,
    state: full.momentum ? ["buffer"] : [],
    step(engine, p, grad, { buffer }, step) {
      engine.sgdStep(p, grad, buffer ?? null, { ...full, first: step === 1 });
    },
  };
}

function adam(title: string, o: { weightDecay?: number; decoupled?: boolean }, amsgrad = false): Rule {
  const full = { lr: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, decoupled: false, ...o };
  return {
    kernel: "adamStep",
    title: `Adam ${title}`,
    state: amsgrad ? ["m", "v", "vMax"] : ["m", "v"],
    step(engine, p, grad, { m, v, vMax }, step) {
      engine.adamStep(p, grad, m!, v!, vMax ?? null, { ...full, step });
    },
  };
}

function rmsprop(title: string, o: { momentum?: number; centered?: boolean; weightDecay?: number }): Rule {
  const full = { lr: 0.01, alpha: 0.9, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, ...o };
  return {
    kernel: "rmspropStep",
    title: `RMSprop ${title}`,
    state: ["square", ...(full.momentum ? ["buffer"] : []), ...(full.centered ? ["mean"] : [])],
    step(engine, p, grad, { square, buffer, mean }) {
      engine.rmspropStep(p, grad, square!, buffer ?? null, mean ?? null, full);
    },
  };
}

const RULES: readonly Rule[] = [
  sgd("plain", {}),
  sgd("weight decay", { weightDecay: 0.05 }),
  sgd("momentum, dampening", { momentum: 0.9, dampening: 0.3, weightDecay: 0.01 }),
  sgd("Nesterov", { momentum: 0.8, nesterov: true }),
  adam("plain", {}),
  adam("weight decay", { weightDecay: 0.1 }),
  adam("decoupled (AdamW)", { weightDecay: 0.1, decoupled: true }),
  adam("AMSGrad", {}, true),
  rmsprop("plain", {}),
  rmsprop("momentum, weight decay", { momentum: 0.7, weightDecay: 0.1 }),
  rmsprop("centered", { centered: true }),
  rmsprop("centered, momentum", { centered: true, momentum: 0.5 }),
  {
    kernel: "adagradStep",
    title: "Adagrad",
    state: ["sum"],
    step(engine, p, grad, { sum }) {
      engine.adagradStep(p, grad, sum!, { lr: 0.05, eps: 1e-10, weightDecay: 0.02 });
    },
  },
];

function cases(rule: Rule): KernelCase[] {
  return SIZES.map((size) => ({
    title: `${STEPS} steps of ${rule.title} on ${size} parameters`,
    kernels: [rule.kernel],
    op: rule.title,
    empty: size === 0,
    bound: { rtol: 1e-5, atol: 1e-6 },
    run(arena: Arena) {
      const p = arena.random([size]);
      const state = Object.fromEntries(rule.state.map((key) => [key, arena.out([size])]));
      for (const value of Object.values(state)) arena.engine.fill(value, 0);
      for (let step = 1; step <= STEPS; step++) {
        // Away from 0, where g/√g² turns a rounding into a step of full size.
        const grad = arena.random([size], { low: step === 2 ? -1.5 : 0.1, high: step === 2 ? -0.1 : 1.5 });
        rule.step(arena.engine, p, grad, state, step);
      }
      return { p, ...state };
    },
  }));
}

/** sgdStep, adamStep, rmspropStep, adagradStep. */
export function optimizerConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "optimizers", makeEngine, options, RULES.flatMap(cases));
}
