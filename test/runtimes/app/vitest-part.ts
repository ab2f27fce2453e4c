/** The part of Vitest that the conformance suite uses, in every runtime: it stands in for `vitest` when the suite is bundled. */

type Body = () => unknown;

interface Group {
  title: string;
  before: Body[];
  after: Body[];
  tests: { title: string; body: Body }[];
}

const groups: Group[] = [];
const current = (): Group => groups.at(-1)!;

export function describe(title: string, body: Body): void {
  groups.push({ title, before: [], after: [], tests: [] });
  body();
}
export const test = (title: string, body: Body): void => void current().tests.push({ title, body });
test.each =
  <T>(values: readonly T[]) =>
  (title: string, body: (value: T) => unknown): void => {
    for (const value of values) test(title.replace("%s", String(value)), () => body(value));
  };
export const beforeAll = (body: Body): void => void current().before.push(body);
export const afterAll = (body: Body): void => void current().after.push(body);

/**
 * Runs what was described so far, and forgets it.
 * @param prepare  is waited for before the tests of each group
 */
export async function runDescribed(prepare: Body): Promise<{ passed: number; failed: string[] }> {
  let passed = 0;
  const failed: string[] = [];
  for (const { title, before, after, tests } of groups.splice(0)) {
    for (const body of [...before, prepare]) await body();
    for (const found of tests) {
      try {
        await found.body();
        passed++;
      } catch (error) {
        failed.push(`${title}: ${found.title}: ${error}`);
      }
    }
    for (const body of after) await body();
  }
  return { passed, failed };
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return left.length === right.length && left.every(([key, value]) => isEqual(value, b[key as keyof typeof b]));
}

const textOf = (value: unknown): string => (isObject(value) ? JSON.stringify(value) : String(value));

class Expectation {
  readonly #value: unknown;
  readonly #label: string;
  readonly #isNegated: boolean;

  constructor(value: unknown, label = "", isNegated = false) {
    this.#value = value;
    this.#label = label;
    this.#isNegated = isNegated;
  }

  get not(): Expectation {
    return new Expectation(this.#value, this.#label, !this.#isNegated);
  }

  #hold(holds: boolean, rule: string): void {
    if (holds !== this.#isNegated) return;
    expect.fail(`${this.#label} ${textOf(this.#value)} must${this.#isNegated ? " not" : ""} ${rule}`);
  }

  toBe(other: unknown): void {
    this.#hold(Object.is(this.#value, other), `be ${textOf(other)}`);
  }

  toEqual(other: unknown): void {
    this.#hold(isEqual(this.#value, other), `equal ${textOf(other)}`);
  }

  toBeGreaterThan(other: number): void {
    this.#hold((this.#value as number) > other, `be greater than ${other}`);
  }

  toBeGreaterThanOrEqual(other: number): void {
    this.#hold((this.#value as number) >= other, `be at least ${other}`);
  }

  toThrow(Kind: new (...args: never[]) => Error): void {
    let thrown: unknown;
    try {
      (this.#value as Body)();
    } catch (error) {
      thrown = error;
    }
    this.#hold(thrown instanceof Kind, `throw ${Kind.name}, threw ${thrown}`);
  }
}

export function expect(value: unknown, label?: string): Expectation {
  return new Expectation(value, label);
}
expect.fail = (message: string): never => {
  throw new Error(message);
};
