/** Windows of repeated runs. A run may be asynchronous: what it returns is awaited only when it is a promise. */

const elapsedMs = async (run) => {
  const start = performance.now();
  const pending = run();
  if (pending instanceof Promise) await pending;
  return performance.now() - start;
};

/**
 * Times of single runs in milliseconds, sorted: a warm-up of a tenth of the window, then runs until the window is over, `most` at the
 * most. A run as long as the window is not repeated for the sake of warmth.
 */
export async function timedRuns(run, seconds, most = 5000) {
  const windowMs = seconds * 1000;
  const warmUntil = performance.now() + windowMs / 10;
  let ms;
  do ms = await elapsedMs(run);
  while (performance.now() < warmUntil);
  if (ms >= windowMs) return [ms];
  const times = [];
  const end = performance.now() + windowMs;
  do times.push(await elapsedMs(run));
  while (performance.now() < end && times.length < most);
  return times.sort((a, b) => a - b);
}
