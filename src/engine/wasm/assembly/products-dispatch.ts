/** Op codes below 0x100: products, sequences, the fused head and loss. */
import {
  OP_BLAS_PRODUCT, OP_DOTS, OP_GEMM, OP_HEAD_COLUMNS, OP_HEAD_ROWS, OP_PACK_B, OP_PACK_CHUNKS, OP_PACK_GATES, OP_SEQUENCE_BACKWARD, OP_SEQUENCE_FORWARD, OP_SEQUENCE_START, OP_STALL, OP_SUM_ROWS,
} from "../ops";
import { blasProduct, packChunks } from "./blas";
import { dots } from "./dots";
import { gemm } from "./gemm";
import { headColumns } from "./head-columns";
import { headRows } from "./linear-cross-entropy";
import { packB } from "./packing";
import { packGates, sequenceForward, sequenceStart } from "./sequence";
import { sequenceBackward } from "./sequence-backward";
import { sumRows } from "./sum-rows";

export function productsDispatch(op: i32, args: usize, part: i32, parts: i32, thread: i32): void {
  switch (op) {
    case OP_PACK_B: packB(args, part, parts); return;
    case OP_GEMM: gemm(args, part, parts, thread); return;
    case OP_DOTS: dots(args, part, parts, thread); return;
    case OP_PACK_GATES: packGates(args, part, parts); return;
    case OP_SEQUENCE_FORWARD: sequenceForward(args, part, parts, thread); return;
    case OP_SEQUENCE_BACKWARD: sequenceBackward(args, part, parts, thread); return;
    case OP_SEQUENCE_START: sequenceStart(args); return;
    case OP_SUM_ROWS: sumRows(args, part, parts); return;
    case OP_HEAD_ROWS: headRows(args, part, parts, thread); return;
    case OP_HEAD_COLUMNS: headColumns(args, part, parts, thread); return;
    case OP_BLAS_PRODUCT: blasProduct(args, part, parts); return;
    case OP_PACK_CHUNKS: packChunks(args, part, parts); return;
    case OP_STALL: stall(thread); return;
  }
}

/** For the test of a worker lost with work in hand: workers never come back, the caller gives them time to claim a part. */
function stall(thread: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  if (thread == 0) atomic.wait<i32>(0, 0, 20000000);
  else for (let forever: i32 = 1; forever != 0; ) forever = atomic.load<i32>(0) | 1;
}
