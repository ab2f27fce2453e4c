import { graphEnded, growOlder, keepWithinLimits } from "./on-engine.js";

/**
 * Who frees what, without `dispose()` in user code.
 *
 * - Tensors of a graph are released at the first boundary after its walk (autograd/backward.ts).
 * - Tensors made inside a scope (`noGrad`, a step of the walk) are released at its end, but for what it returns and what a
 *   graph still needs.
 * - What remains is inputs, detached states, results outside a graph, and graphs that nobody walks. It may be garbage: `on-engine.ts`
 *   moves it to JavaScript memory, where the collector minds it.
 *
 * Boundaries are `backward()`, `zeroGrad()` and the end of `noGrad()`; a long run without any is kept within limits after every operation.
 */

/** What a scope collects; `Tensor` is it. */
export interface Scoped {
  readonly storage: { readonly onEngine: boolean };
  release(by: string): void;
}

let walked: (() => void)[] = [];

/** Has `release` called at the next `backward()` or `zeroGrad()`: a graph that was walked. */
export function releaseNext(release: () => void): void {
  walked.push(release);
}

/** The boundary of a training step: the graph walked before it goes, and loose storages grow older. */
export function stepBoundary(): void {
  const due = walked;
  walked = [];
  for (const release of due) release();
  graphEnded();
  growOlder();
}

/** Called after every operation: the engine keeps within its limits. */
export function operationDone(): void {
  if (!keepWithinLimits()) return;
  // A scope that stays open for long must not keep what JavaScript's collector could have.
  for (const scope of scopes) keepOnly(scope, (tensor) => tensor.storage.onEngine);
}

function keepOnly<T>(list: T[], wanted: (item: T) => boolean): void {
  let kept = 0;
  for (const item of list) if (wanted(item)) list[kept++] = item;
  list.length = kept;
}

const scopes: Scoped[][] = [];

/** Called by every new tensor. */
export function noteTensor(tensor: Scoped): void {
  if (scopes.length > 0) scopes[scopes.length - 1].push(tensor);
}

/** What outlives a scope: a short list, or a set where it may be long. */
type Kept = readonly (Scoped | null)[] | ReadonlySet<Scoped>;

const NOTHING: Kept = [];

/**
 * Runs `body` and releases every tensor made in it, except those that `keep` finds in its result; these belong to the
 * scope around. When `body` throws, all are released.
 * @param body  is given the list of what it makes, as it grows
 */
export function inScope<T>(by: string, body: (created: readonly Scoped[]) => T, keep: (result: T) => Kept): T {
  const created: Scoped[] = [];
  scopes.push(created);
  let kept: Kept = NOTHING;
  try {
    const result = body(created);
    kept = keep(result);
    return result;
  } finally {
    scopes.pop();
    const outer = scopes[scopes.length - 1];
    for (const tensor of created) {
      const stays = Array.isArray(kept) ? kept.includes(tensor) : (kept as ReadonlySet<Scoped>).has(tensor);
      if (!stays) tensor.release(by);
      else outer?.push(tensor);
    }
  }
}
