import type { DType } from "../../base/dtype.js";
import type { TensorOrNumber } from "../ops/arithmetic.js";
import * as arithmetic from "../ops/arithmetic.js";
import * as casts from "../ops/cast.js";
import { matmul } from "../ops/matmul.js";
import * as unaries from "../ops/unary.js";
import type { Tensor } from "../tensor.js";
import { install } from "./install.js";

/** Element by element; operands broadcast, and a number stands for a constant. */
export interface ArithmeticMethods {
  add(other: TensorOrNumber): Tensor;
  sub(other: TensorOrNumber): Tensor;
  mul(other: TensorOrNumber): Tensor;
  /** int32 operands give float32. */
  div(other: TensorOrNumber): Tensor;
  pow(exponent: TensorOrNumber): Tensor;
  maximum(other: TensorOrNumber): Tensor;
  minimum(other: TensorOrNumber): Tensor;
  /** Comparisons give 1 or 0 as int32. */
  eq(other: TensorOrNumber): Tensor;
  ne(other: TensorOrNumber): Tensor;
  lt(other: TensorOrNumber): Tensor;
  le(other: TensorOrNumber): Tensor;
  gt(other: TensorOrNumber): Tensor;
  ge(other: TensorOrNumber): Tensor;
  /** This where cond (int32) is not 0, else other. */
  where(cond: Tensor, other: TensorOrNumber): Tensor;
  /** `value` where mask (int32) is not 0. */
  maskedFill(mask: Tensor, value: number): Tensor;
  /** this + weight · (end - this). */
  lerp(end: Tensor, weight: TensorOrNumber): Tensor;
  neg(): Tensor;
  abs(): Tensor;
  sign(): Tensor;
  exp(): Tensor;
  expm1(): Tensor;
  log(): Tensor;
  log1p(): Tensor;
  sqrt(): Tensor;
  rsqrt(): Tensor;
  square(): Tensor;
  reciprocal(): Tensor;
  sin(): Tensor;
  cos(): Tensor;
  tanh(): Tensor;
  sigmoid(): Tensor;
  relu(): Tensor;
  /** log(1 + exp(x)). */
  softplus(): Tensor;
  /** The error function. */
  erf(): Tensor;
  floor(): Tensor;
  ceil(): Tensor;
  /** Halves go to the even neighbour. */
  round(): Tensor;
  /** Limited to [min, max]. */
  clamp(min?: number, max?: number): Tensor;
  /** Zero with probability p, the rest scaled by 1/(1-p). */
  dropout(p: number, options?: unaries.DropoutOptions): Tensor;
  /** [.., M, K] · [.., K, N]; see `matmul`. */
  matmul(other: Tensor): Tensor;
  /** As another dtype; itself when it has it already. */
  to(dtype: DType): Tensor;
  /** A copy, through which gradients pass. */
  clone(): Tensor;
}

declare module "../tensor.js" {
  interface Tensor extends ArithmeticMethods {}
}

install<ArithmeticMethods>({
  add(other) {
    return arithmetic.add(this, other);
  },
  sub(other) {
    return arithmetic.sub(this, other);
  },
  mul(other) {
    return arithmetic.mul(this, other);
  },
  div(other) {
    return arithmetic.div(this, other);
  },
  pow(exponent) {
    return exponent === 2 ? unaries.unary("square", this) : arithmetic.pow(this, exponent);
  },
  maximum(other) {
    return arithmetic.maximum(this, other);
  },
  minimum(other) {
    return arithmetic.minimum(this, other);
  },
  eq(other) {
    return arithmetic.compare("eq", this, other);
  },
  ne(other) {
    return arithmetic.compare("ne", this, other);
  },
  lt(other) {
    return arithmetic.compare("lt", this, other);
  },
  le(other) {
    return arithmetic.compare("le", this, other);
  },
  gt(other) {
    return arithmetic.compare("gt", this, other);
  },
  ge(other) {
    return arithmetic.compare("ge", this, other);
  },
  where(cond, other) {
    return arithmetic.where(cond, this, other);
  },
  maskedFill(mask, value) {
    return arithmetic.where(mask, value, this);
  },
  lerp(end, weight) {
    return arithmetic.lerp(this, end, weight);
  },
  neg() {
    return unaries.neg(this);
  },
  abs() {
    return unaries.unary("abs", this);
  },
  sign() {
    return unaries.step("sign", this);
  },
  exp() {
    return unaries.unary("exp", this);
  },
  expm1() {
    return unaries.unary("expm1", this);
  },
  log() {
    return unaries.unary("log", this);
  },
  log1p() {
    return unaries.unary("log1p", this);
  },
  sqrt() {
    return unaries.unary("sqrt", this);
  },
  rsqrt() {
    return unaries.unary("rsqrt", this);
  },
  square() {
    return unaries.unary("square", this);
  },
  reciprocal() {
    return unaries.unary("reciprocal", this);
  },
  sin() {
    return unaries.unary("sin", this);
  },
  cos() {
    return unaries.unary("cos", this);
  },
  tanh() {
    return unaries.unary("tanh", this);
  },
  sigmoid() {
    return unaries.unary("sigmoid", this);
  },
  relu() {
    return unaries.unary("relu", this);
  },
  softplus() {
    return unaries.unary("softplus", this);
  },
  erf() {
    return unaries.unary("erf", this);
  },
  floor() {
    return unaries.step("floor", this);
  },
  ceil() {
    return unaries.step("ceil", this);
  },
  round() {
    return unaries.step("round", this);
  },
  clamp(min, max) {
    return unaries.clamp(this, min, max);
  },
  dropout(p, options) {
    return unaries.dropout(this, p, options);
  },
  matmul(other) {
    return matmul(this, other);
  },
  to(dtype) {
    return casts.cast(this, dtype);
  },
  clone() {
    return casts.clone(this);
  },
});
