import { checkFunction } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { boundary, inScope } from "../tensor/lifetime.js";
import { recording } from "../tensor/tape.js";
import { Tensor } from "../tensor/tensor.js";

/** Whether operations are being recorded for `backward()`. */
export function isGradEnabled(): boolean {
  return recording.enabled;
}

/** Runs `body` with recording on or off. */
export function withRecording<T>(enabled: boolean, body: () => T): T {
  const before = recording.enabled;
  recording.enabled = enabled;
  try {
    return body();
  } finally {
    recording.enabled = before;
  }
}

/**
 * Records inside a `noGrad`: what `body` computes has history again, and lives until its graph was walked.
 * @throws OptionError when body returns a promise
 */
export function enableGrad<T>(body: () => T): T {
  checkFunction("enableGrad", "body", body, "Write enableGrad(() => model.forward(x)).");
  return withRecording(true, () => synchronous("enableGrad", body()));
}

/**
 * Runs `body` without recording, and at its end releases every tensor made in it but those in its result (found in
 * arrays, plain objects, maps and sets). `retain()` keeps others.
 * @throws OptionError when body returns a promise: recording is off for synchronous code only
 */
export function noGrad<T>(body: () => T): T {
  checkFunction(
    "noGrad",
    "body",
    body,
    "Write noGrad(() => model.forward(x)); detach() gives a tensor without history.",
  );
  const result = withRecording(false, () =>
    inScope("the end of noGrad()", () => synchronous("noGrad", body()), tensorsIn),
  );
  boundary();
  return result;
}

function synchronous<T>(op: string, result: T): T {
  if (result !== null && typeof result === "object" && typeof (result as { then?: unknown }).then === "function") {
    // What the rest of the body finds released must not end the process as well.
    Promise.resolve(result).catch(() => {});
    throw new OptionError({
      op,
      argument: "body",
      must: "be synchronous",
      value: "a function that returns a promise",
      fix: "Await first, and wrap only the computation.",
    });
  }
  return result;
}

/** The tensors reachable through arrays, maps, sets and objects. */
export function tensorsIn(value: unknown): readonly Tensor[] | ReadonlySet<Tensor> {
  return inFlat(value) ?? inNested(value);
}

/** Of a tensor, or an array or plain object of a few tensors and nothing else: most results. Null for others. */
function inFlat(value: unknown): readonly Tensor[] | null {
  if (value instanceof Tensor) return value.grad === null ? [value] : [value, value.grad];
  if (value === null || typeof value !== "object") return [];
  const isArray = Array.isArray(value);
  if (!isArray && Object.getPrototypeOf(value) !== Object.prototype) return null;
  const found: Tensor[] = [];
  for (const key in value) {
    const item: unknown = (value as Record<string, unknown>)[key];
    if (!(item instanceof Tensor) || item.grad !== null || found.length === MOST_FLAT) return null;
    found.push(item);
  }
  return found;
}

/** More are looked up faster in a set. */
const MOST_FLAT = 8;

function inNested(value: unknown): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  const seen = new Set<unknown>();
  const visit = (item: unknown): void => {
    if (item === null || typeof item !== "object" || seen.has(item)) return;
    seen.add(item);
    if (item instanceof Tensor) {
      found.add(item);
      if (item.grad !== null) found.add(item.grad);
    } else if (ArrayBuffer.isView(item)) {
      return;
    } else if (item instanceof Map) {
      for (const [key, inner] of item) {
        visit(key);
        visit(inner);
      }
    } else if (Array.isArray(item) || item instanceof Set) {
      for (const inner of item) visit(inner);
    } else {
      for (const inner of Object.values(item)) visit(inner);
    }
  };
  visit(value);
  return found;
}
