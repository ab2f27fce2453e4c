import { OptionError } from "../../base/errors.js";
import type { NestedArray } from "../../base/nested.js";
import { formatShape } from "../../base/shape.js";
import { Tensor } from "../tensor.js";
import { install } from "./install.js";

/** What JavaScript itself asks of a value, and names from other libraries. */
export interface HabitMethods {
  /** `JSON.stringify(x)`: nested arrays. */
  toJSON(): NestedArray;
  /**
   * `${x}` is its text, and `Number(x)` or `x < 1` the one number of a tensor that has one.
   * @throws OptionError for `x + y`, which JavaScript does not let a tensor add, and for the number of many
   */
  [Symbol.toPrimitive](hint: string): string | number;
}

declare module "../tensor.js" {
  interface Tensor extends HabitMethods {}
}

install<HabitMethods>({
  toJSON() {
    return this.toArray();
  },
  [Symbol.toPrimitive](hint) {
    if (hint === "string") return this.toString();
    if (hint === "number" && this.size === 1) return this.item();
    throw new OptionError({
      op: "tensor",
      argument: "an operand of +, -, *, /, <, == or Math",
      must: "be a number",
      value: `a tensor ${formatShape(this.shape)}`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shown
      fix: "Write x.add(y), x.mul(y), x.lt(y), x.max(); x.item() for one number; `${x}` for text.",
    });
  },
});

/** @internal Names of other libraries, and how the call is written here. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  numel: "x.size",
  dim: "x.rank",
  ndimension: "x.rank",
  t: "x.T",
  mm: "x.matmul(y)",
  bmm: "x.matmul(y)",
  dot: "x.mul(y).sum()",
  numpy: "x.data()",
  tolist: "x.toArray()",
  arraySync: "x.toArray()",
  dataSync: "x.data()",
  print: "console.log(String(x))",
  float: 'x.to("float32")',
  double: 'x.to("float64")',
  int: 'x.to("int32")',
  long: 'x.to("int32")',
  astype: 'x.to("float32")',
  cuda: "x alone",
  cpu: "x alone",
  requires_grad_: "x.requiresGrad = true",
  zero_: "x.set(zeros(x.shape).data())",
  clip: "x.clamp(min, max)",
  swapaxes: "x.transpose(0, 1)",
  masked_fill: "x.maskedFill(mask, value)",
  log_softmax: "x.logSoftmax()",
  logsumexp: "x.logSumExp()",
  index_select: "x.indexSelect(axis, index)",
  repeat_interleave: "x.repeatInterleave(times, axis)",
  retain_grad: "x.retainGrad()",
  register_hook: "x.registerHook(hook)",
};

function refuse(name: string, call: string): never {
  const [op, argument] = ["tensor", "what is asked of it"];
  throw new OptionError({ op, argument, must: "be one of its methods", value: name, fix: `Write ${call}.` });
}

for (const [name, call] of Object.entries(ELSEWHERE)) {
  const value = (): never => refuse(`${name}()`, call);
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

/** x[0] would be undefined, and found out much later. */
for (let i = 0; i < 10; i++) {
  const get = (): never => refuse(`x[${i}]`, `x.select(0, ${i}), or x.data()[${i}]`);
  Object.defineProperty(Tensor.prototype, i, { get, configurable: true });
}
