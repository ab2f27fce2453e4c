import { add, mul } from "../../../tensor/ops/arithmetic.js";
import { linear, matmul } from "../../../tensor/ops/matmul.js";
import { transpose } from "../../../tensor/ops/shape.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { exactTensor, Floats, Host, hostFrom, type Value } from "../value.js";

export const PRODUCT: Readonly<Record<string, Operator>> = {
  MatMul: (call) => {
    const [a, b] = [call.value(0), call.value(1)];
    if (a instanceof Floats && b instanceof Floats) return new Floats(a.type, matmul(a.tensor, b.tensor));
    if (a instanceof Host && b instanceof Host) return hostFrom(a.type, matmul(exactTensor(a), exactTensor(b)));
    return call.fail("the inputs", "be of one type", `${a.type} and ${b.type}`);
  },
  Gemm: gemm,
};

/** alpha · A' B' + beta · C */
function gemm(call: Call): Value {
  call.requireRank(0, 2, "[M, K]");
  call.requireRank(1, 2, "[K, N]");
  const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)];
  const a = call.flag("transA") ? transpose(call.tensor(0), 0, 1) : call.tensor(0);
  const c = call.optionalTensor(2);
  const isLinear =
    call.flag("transB") &&
    alpha === 1 &&
    beta === 1 &&
    (c === null || c.rank === 1) &&
    call.tensor(1).shape[0] === (c?.size ?? call.tensor(1).shape[0]);
  if (isLinear) return call.like(0, linear(a, call.tensor(1), c));
  const b = call.flag("transB") ? transpose(call.tensor(1), 0, 1) : call.tensor(1);
  const product = scaled(matmul(a, b), alpha);
  return call.like(0, c === null ? product : add(product, scaled(c, beta)));
}

function scaled(x: Tensor, by: number): Tensor {
  return by === 1 ? x : mul(x, by);
}
