/**
 * Sharing one kernel among threads. A launch publishes a job of numbered parts; the caller and every awake worker claim parts
 * one by one until none is left. Which thread computes a part never changes its result, and a worker that
 * is late, asleep or gone costs nothing as long as it holds no part.
 *
 * The control block, in bytes:
 *    0  i32  epoch: changes with every job, workers sleep on it; -1 tells them to leave
 *    8  i64  job: epoch << 32 | parts << 16 | next part to claim
 *   16  i32  parts done; negative once a worker has failed (see ../worker-thread.ts)
 *   20  i32  op
 *   24  u32  args
 *   28  i32  workers asleep
 *   32  i32  the caller sleeps on `done`
 *   36  i32  workers that have started
 *   40  i32  parts that workers have done, ever
 */
import { dispatch } from "./dispatch";
import { edgeTile } from "./gemm";

const EPOCH: usize = 0;
const JOB: usize = 8;
const DONE: usize = 16;
const OP: usize = 20;
const ARGS: usize = 24;
const ASLEEP: usize = 28;
const WAITING: usize = 32;
const STARTED: usize = 36;
const HELPED: usize = 40;

/** Looks, about 200 microseconds of them, before a thread sleeps: between two launches there is often as much JavaScript. */
const LOOKS: i32 = 20000;

/**
 * About ten nanoseconds between two looks, however well the loop was compiled: an atomic addition to a word that only this thread
 * uses. It also leaves the processor to a thread on the same core.
 */
// @ts-ignore: decorator
@inline
function pause(thread: i32): void {
  atomic.add<i32>(edgeTile(thread), 0);
}

/** Runs part `part` of `parts` here and now. */
export function run(op: i32, args: usize, part: i32, parts: i32): void {
  dispatch(op, args, part, parts, 0);
}

/**
 * Runs all parts of a job with the workers' help.
 * @returns 0 when all is done, 1 when a part is still missing after `timeout` nanoseconds without progress, 2 when a worker has failed
 */
export function launch(op: i32, args: usize, parts: i32, ctrl: usize, timeout: i64): i32 {
  if (!ASC_FEATURE_THREADS) {
    for (let part = 0; part < parts; part++) dispatch(op, args, part, parts, 0);
    return 0;
  }
  const epoch = (atomic.load<i32>(ctrl + EPOCH) + 1) & 0x7fffffff;
  atomic.store<i32>(ctrl + DONE, 0);
  atomic.store<i32>(ctrl + OP, op);
  atomic.store<u32>(ctrl + ARGS, <u32>args);
  atomic.store<i64>(ctrl + JOB, ((<i64>epoch) << 32) | ((<i64>parts) << 16));
  atomic.store<i32>(ctrl + EPOCH, epoch);
  if (atomic.load<i32>(ctrl + ASLEEP) > 0) atomic.notify(ctrl + EPOCH, -1);
  drain(ctrl, 0);
  return finish(ctrl, parts, timeout);
}

/** Waits for the parts that workers still hold. */
function finish(ctrl: usize, parts: i32, timeout: i64): i32 {
  for (let looks = LOOKS; looks > 0; looks--) {
    if (atomic.load<i32>(ctrl + DONE) == parts) return 0;
    pause(0);
  }
  atomic.store<i32>(ctrl + WAITING, 1);
  let result: i32 = 0;
  for (;;) {
    const done = atomic.load<i32>(ctrl + DONE);
    if (done == parts) break;
    if (done < 0) {
      result = 2;
      break;
    }
    if (atomic.wait<i32>(ctrl + DONE, done, timeout) == 2) {
      if (atomic.load<i32>(ctrl + DONE) != done) continue;
      result = 1;
      break;
    }
  }
  atomic.store<i32>(ctrl + WAITING, 0);
  return result;
}

function drain(ctrl: usize, thread: i32): void {
  for (;;) {
    const job = atomic.load<i64>(ctrl + JOB);
    const part = <i32>(job & 0xffff);
    const parts = <i32>((job >> 16) & 0xffff);
    if (part >= parts) return;
    // The epoch in the word makes this fail when the job has changed meanwhile; once a part is claimed, it cannot.
    if (atomic.cmpxchg<i64>(ctrl + JOB, job, job + 1) != job) continue;
    dispatch(atomic.load<i32>(ctrl + OP), <usize>atomic.load<u32>(ctrl + ARGS), part, parts, thread);
    if (thread != 0) atomic.add<i32>(ctrl + HELPED, 1);
    atomic.add<i32>(ctrl + DONE, 1);
    if (thread != 0 && atomic.load<i32>(ctrl + WAITING) != 0) atomic.notify(ctrl + DONE, 1);
  }
}

/** A worker's whole life: threads are numbered from 1, the caller is 0. Returns when told to leave. */
export function workerMain(thread: i32, ctrl: usize): void {
  if (!ASC_FEATURE_THREADS) return;
  let seen = atomic.load<i32>(ctrl + EPOCH);
  atomic.add<i32>(ctrl + STARTED, 1);
  for (;;) {
    let epoch = atomic.load<i32>(ctrl + EPOCH);
    for (let looks = LOOKS; epoch == seen && looks > 0; looks--) {
      pause(thread);
      epoch = atomic.load<i32>(ctrl + EPOCH);
    }
    if (epoch == seen) {
      atomic.add<i32>(ctrl + ASLEEP, 1);
      atomic.wait<i32>(ctrl + EPOCH, seen, -1);
      atomic.sub<i32>(ctrl + ASLEEP, 1);
      continue;
    }
    if (epoch == -1) return;
    seen = epoch;
    drain(ctrl, thread);
  }
}
