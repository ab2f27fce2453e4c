/** What a kernel of the engine's interface computes and moves, from its arguments (src/engine/engine.ts). */

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const isOperand = (value) => value !== null && typeof value === "object" && "buffer" in value && "strides" in value;

/** Multiply-adds of a step's products, for all steps and rows; of inputs that are rows of a table, each row once. */
function sequenceProducts({ x, wHh, wHr, rows }) {
  const [steps, batch, inputs] = x.shape;
  const [perRow, state] = wHh.shape;
  const inputRows = rows ? rows.table.shape[0] : steps * batch;
  return {
    input: inputRows * perRow * inputs,
    recurrent: steps * batch * perRow * state,
    projection: wHr ? steps * batch * sizeOf(wHr.shape) : 0,
  };
}

const FORMULAS = {
  matmul: ([out, a]) => 2 * sizeOf(out.shape) * a.shape[a.shape.length - 1],
  linearCrossEntropy: ([{ x, head, grads }]) => {
    const once = 2 * sizeOf(x.shape) * head.shape[0];
    return once * (1 + (grads?.dx ? 1 : 0) + (grads?.dHead ? 1 : 0));
  },
  sequenceForward: ([args]) => {
    const { input, recurrent, projection } = sequenceProducts(args);
    return 2 * (input + recurrent + projection);
  },
  sequenceBackward: ([args]) => {
    const { input, recurrent, projection } = sequenceProducts(args);
    const walk = recurrent + projection;
    const inputs = (args.dX || args.dTable ? input : 0) + (args.dWIh ? input : 0);
    return 2 * (walk + inputs + (args.dWHh ? recurrent : 0) + (args.dWHr ? projection : 0));
  },
};

/** Floating-point operations of the products in a call, 0 for kernels that are bound by memory. Gate math is not counted. */
export function kernelFlops(name, args) {
  return FORMULAS[name]?.(args) ?? 0;
}

/** Bytes of all operands, each once; of a table, only the rows in question. */
export function kernelBytes(name, args) {
  if (name === "gatherRows") return 8 * sizeOf(args[0].shape);
  if (name === "scatterAddRows") return 12 * sizeOf(args[2].shape);
  let elements = 0;
  const visit = (value) => {
    if (isOperand(value)) elements += sizeOf(value.shape);
    else if (Array.isArray(value)) value.forEach(visit);
  };
  args.forEach(visit);
  return 4 * elements;
}
