import { noGrad } from "../../src/autograd/index.js";
import { Generator } from "../../src/base/random.js";
import type { Module } from "../../src/nn/index.js";
import type { LanguageModel } from "../../src/tasks/language-model/index.js";
import type { RowState } from "../../src/tasks/recurrent-states.js";
import { type Tensor, tensor } from "../../src/tensor/index.js";
import { begin, type Kind } from "./tiny-tasks.js";

/** Numbers that go in or come out. */
export interface Value {
  type: "int" | "float";
  shape: readonly number[];
  data: number[];
}

/** A call of one program of a model, and what our own modules say. */
export interface Call {
  program: string;
  inputs: Record<string, Value>;
  outputs: Record<string, Value>;
}

/** A model of a task with weights that are far from their beginnings, and calls of each of its programs. */
export function exportedCase(kind: Kind, settings: object) {
  const training = begin(kind, settings);
  const { model, task, config, about } = training;
  model.eval();
  randomize(model);
  const known = { config, meta: about.meta } as never;
  return { task, model, known, calls: noGrad(() => CALLS[kind]!(model as never, known)) };
}

/** Every weight is moved, so that gains are not 1 nor biases 0. */
function randomize(model: Module): void {
  const random = new Generator(11);
  for (const [, parameter] of model.namedParameters()) {
    parameter.set(parameter.data().map((value) => value + 0.6 * (random.uniform() - 0.5)));
  }
}

const random = new Generator(5);

function ids(shape: readonly number[], size: number): Tensor {
  const count = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Int32Array.from({ length: count }, () => Math.floor(random.uniform() * size)),
    { shape },
  );
}

/** All tensors of a state, module by module. */
export function tensorsOf(state: RowState): Tensor[] {
  if (Array.isArray(state)) return state.flatMap(tensorsOf);
  const one = state as Tensor | { h: Tensor };
  return "h" in one ? Object.values(one) : [one];
}

/** Called as `recurrentPart` calls them. */
function named(prefix: string, state: RowState): Record<string, Value> {
  const modules = Array.isArray(state) ? (state as RowState[]) : [state];
  const found: Record<string, Value> = {};
  for (const [i, module] of modules.entries()) {
    for (const [k, part] of tensorsOf(module).entries()) {
      found[`${prefix}${"hc"[k]}${modules.length === 1 ? "" : i}`] = value(part);
    }
  }
  return found;
}

function value(x: Tensor): Value {
  return { type: x.dtype === "int32" ? "int" : "float", shape: x.shape, data: Array.from(x.contiguous().data()) };
}

const ints = (...data: number[]): Value => ({ type: "int", shape: [data.length], data });

type Calls = (model: never, known: never) => Call[];

const CALLS: Partial<Record<Kind, Calls>> = {
  "language-model": (model: LanguageModel) => {
    const texts = ids([6, 3], model.vocabulary.size);
    const lengths = [4, 6, 1];
    const [y, ends] = model.rnn.forward(model.embed.forward(texts), null, { lengths });
    const next = ids([2, 3], model.vocabulary.size);
    const [logits, after] = model.forward(next, ends);
    return [
      {
        program: "model",
        inputs: { ids: value(texts), lengths: ints(...lengths) },
        outputs: { logits: value(model.head.forward(y)), ...named("next_", ends) },
      },
      {
        program: "step",
        inputs: { ids: value(next), ...named("", ends) },
        outputs: { logits: value(logits), ...named("next_", after as RowState) },
      },
    ];
  },
};
