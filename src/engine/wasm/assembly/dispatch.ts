/**
 * From an op code to its kernel. Every kernel has the one signature (args, part, parts, thread): it computes piece
 * `part` of `parts`, from arguments that lie at `args` (see args.ts); `thread` names the thread that runs it, for scratch.
 * Families are told apart by the high byte of the op code (see ../ops.ts).
 */
import { elementwiseDispatch } from "./elementwise-dispatch";
import { productsDispatch } from "./products-dispatch";

export function dispatch(op: i32, args: usize, part: i32, parts: i32, thread: i32): void {
  if (op < 0x100) productsDispatch(op, args, part, parts, thread);
  else elementwiseDispatch(op, args, part, parts, thread);
}
