const WARM = 3;
const LEAST = 5;

/** Milliseconds of each step until the time is over, as `agree` says. */
export function timedSteps(step, seconds, agree) {
  for (let i = 0; i < WARM; i++) step();
  const times = [];
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    step();
    times.push(performance.now() - start);
  } while (!agree(times.length >= LEAST && performance.now() >= end));
  return times;
}
