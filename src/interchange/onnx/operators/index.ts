import type { Operator } from "../call.js";
import { CONSTANT } from "./constant.js";
import { CONTROL } from "./control.js";
import { CONVOLUTION } from "./convolution.js";
import { EINSUM } from "./einsum.js";
import { BINARY, UNARY } from "./elementwise.js";
import { LOGIC } from "./logic.js";
import { NORMALIZE } from "./normalize.js";
import { PAD } from "./pad.js";
import { POOL } from "./pool.js";
import { PRODUCT } from "./product.js";
import { RECURRENT } from "./recurrent.js";
import { REDUCE } from "./reduce.js";
import { SCATTER } from "./scatter.js";
import { SELECT } from "./select.js";
import { SHAPE } from "./shape.js";

/** Every operator of ONNX's own that runs. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  [
    CONSTANT,
    CONTROL,
    CONVOLUTION,
    BINARY,
    UNARY,
    LOGIC,
    NORMALIZE,
    PAD,
    POOL,
    EINSUM,
    PRODUCT,
    RECURRENT,
    REDUCE,
    SCATTER,
    SELECT,
    SHAPE,
  ].flatMap((group) => Object.entries(group)),
);
