let turn: Promise<unknown> = Promise.resolve();

/**
 * One after the other: what trains a model or looks into one waits until nobody else does. A look would else record the passes of a
 * training, and two that draw random numbers would draw each other's.
 */
export function alone<T>(body: () => T | Promise<T>): Promise<T> {
  const result = turn.then(body);
  turn = result.catch(() => {}); // who asked is told
  return result;
}

/** Handlers of which none runs beside another, nor beside a slice of training. */
export function eachAlone<H extends object>(handlers: H): H {
  const all = Object.entries(handlers as Record<string, (ask: unknown) => unknown>);
  return Object.fromEntries(all.map(([name, handler]) => [name, (ask: unknown) => alone(() => handler(ask))])) as H;
}
