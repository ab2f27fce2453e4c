/** Op codes of 0x100 and more: elementwise, reductions, softmax, losses, indexing, optimisers. */
export function elementwiseDispatch(op: i32, args: usize, part: i32, parts: i32, thread: i32): void {}
