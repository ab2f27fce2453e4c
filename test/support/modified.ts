import { expect } from "vitest";
import { backward, Generator, ModifiedError, manualSeed, randn, type Tensor } from "../../src/index.js";
import { expectSameBits } from "./bits.js";

/** An operation before it runs: the tensors that go in, by name (those that require gradients are its leaves), and how to run it. */
export interface Built {
  inputs: Record<string, Tensor>;
  run(): Tensor;
}

export type Case = [name: string, build: () => Built];

/** What lies between inputs and output, by the operation that made it and its place on the way back. */
function between(output: Tensor): Record<string, Tensor> {
  const found = new Set<Tensor>();
  const stack = [output];
  while (stack.length > 0) {
    for (const made of stack.pop()!.node?.outputs ?? []) {
      if (found.has(made)) continue;
      found.add(made);
      stack.push(made, ...made.node!.inputs);
    }
  }
  found.delete(output);
  return Object.fromEntries([...found].map((x, i) => [`${x.node!.name} #${i}`, x]));
}

/** The leaves' gradients, null where there is none, or the error that came instead. */
type Outcome = { grads: (ArrayLike<number> | null)[]; error: null } | { grads: null; error: ModifiedError };

/** Other values of the same kind: floats change their sign, integers their places. */
function changed(x: Tensor): ArrayLike<number> {
  const data = x.data();
  return x.dtype === "int32" ? data.map((_, i) => data[(i + 1) % data.length]!) : data.map((v) => -1.3 * v - 0.2);
}

function write(x: Tensor): void {
  x.set(changed(x));
}

/** Writes as nothing in the library does: so that no version tells. */
function writeUnseen({ storage }: Tensor, x: Tensor): void {
  const { writtenAt } = storage;
  write(x);
  storage.writtenAt = writtenAt;
}

/** Everything but the leaves' choice is the same from call to call. */
function outcome(
  build: () => Built,
  wanted: readonly string[],
  change: (tensors: Record<string, Tensor>) => void,
): Outcome {
  manualSeed(11);
  const { inputs, run } = build();
  const leaves = Object.entries(inputs).filter(([, x]) => x.requiresGrad);
  for (const [name, x] of leaves) x.requiresGrad = wanted.includes(name);
  const output = run();
  const seed = randn(output.shape, { dtype: output.dtype, generator: new Generator(5) });
  change({ ...inputs, ...between(output), output });
  try {
    backward(output, seed);
  } catch (error) {
    if (!(error instanceof ModifiedError)) throw error;
    for (const [name, x] of leaves) expect(x.grad, `${name} after the error`).toBeNull();
    return { grads: null, error };
  }
  return { grads: leaves.map(([, x]) => x.grad?.data() ?? null), error: null };
}

function isSame(a: Outcome, b: Outcome): boolean {
  return a.grads!.every((grad, i) => {
    const other = b.grads![i]!;
    return grad === null ? other === null : other !== null && Array.from(grad).every((v, k) => Object.is(v, other[k]));
  });
}

/**
 * Between forward and backward each tensor of the case, and each that it makes, is written in turn: exactly when the gradients would then be
 * others, `backward()` throws, and leaves all gradients alone; else they are the same to the last bit. Only for what lies between input
 * and output it may throw too often.
 * @param wanted    the leaves that shall have gradients
 * @param mayThrow  tensors for which it may throw though the gradients would be the same
 */
export function expectNeverSilent(
  build: () => Built,
  wanted: readonly string[],
  mayThrow: readonly string[] = [],
): void {
  let names: string[] = [];
  const expected = outcome(build, wanted, (tensors) => {
    names = Object.keys(tensors);
  });
  expect(expected.error).toBeNull();
  for (const name of names) {
    const label = `${name} written, gradients for ${wanted}`;
    let skipped = false;
    const found = outcome(build, wanted, (tensors) => {
      skipped = !tensors[name]!.isContiguous;
      if (!skipped) write(tensors[name]!);
    });
    if (skipped) continue;
    const unseen = outcome(build, wanted, (tensors) => writeUnseen(tensors[name]!, tensors[name]!));
    const matters = !isSame(unseen, expected);
    if (found.error === null) {
      expect(matters, `${label}: not noticed`).toBe(false);
      expectSameBits(
        found.grads.filter((g) => g !== null),
        expected.grads!.filter((g) => g !== null),
        label,
      );
    } else {
      // Of what lies between, other parts of the memory may be what a gradient depends on.
      const mayBe = name.includes("#") || mayThrow.includes(name);
      expect(matters || mayBe, `${label}: ${found.error.message}`).toBe(true);
      expect(found.error.details).toMatchObject({ writer: "set()", operation: expect.stringMatching(/./) });
    }
  }
}

/** The names of the leaves. */
export function leavesOf(build: () => Built): string[] {
  return Object.entries(build().inputs).flatMap(([name, x]) => (x.requiresGrad ? [name] : []));
}

/** `expectNeverSilent` with gradients for all leaves, and for each alone. */
export function expectNeverSilentForAny(
  build: () => Built,
  mayThrow: (wanted: readonly string[]) => readonly string[] = () => [],
): void {
  const leaves = leavesOf(build);
  for (const wanted of leaves.length === 1 ? [leaves] : [leaves, ...leaves.map((name) => [name])]) {
    expectNeverSilent(build, wanted, mayThrow(wanted));
  }
}
