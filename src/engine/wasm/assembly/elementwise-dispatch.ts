/** Op codes of 0x100 and more: elementwise, reductions, softmax, losses, indexing, optimisers. */
import {
  OP_ADAGRAD,
  OP_ADAM,
  OP_AFFINE,
  OP_AXPY,
  OP_BINARY,
  OP_CONSTANTS,
  OP_CONVERT,
  OP_COPY,
  OP_CROSS_ENTROPY,
  OP_CROSS_ENTROPY_BACKWARD,
  OP_DROPOUT,
  OP_FILL,
  OP_GATHER_LAST,
  OP_GATHER_ROWS,
  OP_LOG_SOFTMAX,
  OP_LOG_SOFTMAX_BACKWARD,
  OP_RANGE,
  OP_REDUCE_ROWS,
  OP_RMSPROP,
  OP_SCATTER_ADD_LAST,
  OP_SCATTER_ADD_ROWS,
  OP_SGD,
  OP_SOFTMAX,
  OP_SOFTMAX_BACKWARD,
  OP_SUM_COLUMNS,
  OP_SUM_OF_SQUARES,
  OP_UNARY,
  OP_UNARY_BACKWARD,
  OP_WHERE,
} from "../ops";
import { binary } from "./binary";
import { writeConstants } from "./constants";
import { copy } from "./copy";
import { crossEntropy, crossEntropyBackward } from "./cross-entropy";
import { dropout } from "./dropout";
import { affine, axpy, convert, fill, where } from "./elementwise";
import { gatherLast, gatherRows, range, scatterAddLast, scatterAddRows } from "./indexing";
import { adagrad, adam, rmsprop, sgd } from "./optimizers";
import { reduceRows, sumColumns, sumOfSquares } from "./reduce";
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from "./softmax";
import { unary } from "./unary";
import { unaryBackward } from "./unary-backward";

export function elementwiseDispatch(op: i32, args: usize, part: i32, parts: i32, thread: i32): void {
  switch (op) {
    case OP_FILL:
      fill(args, part, parts);
      break;
    case OP_COPY:
      copy(args, part, parts);
      break;
    case OP_CONVERT:
      convert(args, part, parts);
      break;
    case OP_UNARY:
      unary(args, part, parts);
      break;
    case OP_UNARY_BACKWARD:
      unaryBackward(args, part, parts);
      break;
    case OP_BINARY:
      binary(args, part, parts, thread);
      break;
    case OP_AXPY:
      axpy(args, part, parts);
      break;
    case OP_AFFINE:
      affine(args, part, parts);
      break;
    case OP_WHERE:
      where(args, part, parts);
      break;
    case OP_DROPOUT:
      dropout(args, part, parts);
      break;
    case OP_REDUCE_ROWS:
      reduceRows(args, part, parts);
      break;
    case OP_SUM_COLUMNS:
      sumColumns(args, part, parts);
      break;
    case OP_SUM_OF_SQUARES:
      sumOfSquares(args, part, parts);
      break;
    case OP_SOFTMAX:
      softmax(args, part, parts);
      break;
    case OP_LOG_SOFTMAX:
      logSoftmax(args, part, parts);
      break;
    case OP_SOFTMAX_BACKWARD:
      softmaxBackward(args, part, parts);
      break;
    case OP_LOG_SOFTMAX_BACKWARD:
      logSoftmaxBackward(args, part, parts);
      break;
    case OP_CROSS_ENTROPY:
      crossEntropy(args, part, parts);
      break;
    case OP_CROSS_ENTROPY_BACKWARD:
      crossEntropyBackward(args, part, parts);
      break;
    case OP_GATHER_ROWS:
      gatherRows(args, part, parts);
      break;
    case OP_SCATTER_ADD_ROWS:
      scatterAddRows(args, part, parts);
      break;
    case OP_GATHER_LAST:
      gatherLast(args, part, parts);
      break;
    case OP_SCATTER_ADD_LAST:
      scatterAddLast(args, part, parts);
      break;
    case OP_RANGE:
      range(args);
      break;
    case OP_SGD:
      sgd(args, part, parts);
      break;
    case OP_ADAM:
      adam(args, part, parts);
      break;
    case OP_RMSPROP:
      rmsprop(args, part, parts);
      break;
    case OP_ADAGRAD:
      adagrad(args, part, parts);
      break;
    case OP_CONSTANTS:
      writeConstants();
      break;
  }
}
