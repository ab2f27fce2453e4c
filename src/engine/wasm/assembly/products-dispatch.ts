/** Op codes below 0x100: products, sequences, the fused head and loss. */
import { OP_STALL } from "../ops";

export function productsDispatch(op: i32, args: usize, part: i32, parts: i32, thread: i32): void {
  if (op == OP_STALL) stall(thread);
}

/** For the test of a worker lost with work in hand: workers never come back, the caller gives them time to claim a part. */
function stall(thread: i32): void {
  if (!ASC_FEATURE_THREADS) return;
  if (thread == 0) atomic.wait<i32>(0, 0, 20000000);
  else for (let forever: i32 = 1; forever != 0; ) forever = atomic.load<i32>(0) | 1;
}
