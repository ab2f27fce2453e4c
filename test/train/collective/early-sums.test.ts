import { expect, test } from "vitest";
import { manualSeed, nn, type Tensor } from "../../../src/index.js";
import { Local, type Summing } from "../../../src/train/collective/collective.js";
import { EarlySums } from "../../../src/train/collective/early-sums.js";
import { FlatGradients } from "../../../src/train/collective/gradients.js";

/** Writes down what is done; a sum over two ranks of which both have the same. */
class Noted extends Local {
  readonly notes: string[] = [];

  override summing(part: Float32Array): Summing {
    const name = String(part.length);
    let values: number[] = [];
    return {
      begin: () => {
        values = [...part];
        this.notes.push(`begin ${name}`);
      },
      advance: () => {
        this.notes.push(`advance ${name}`);
      },
      end: () => {
        // Nothing may change what travels.
        expect([...part]).toEqual(values);
        part.set(values.map((value) => 2 * value));
        this.notes.push(`end ${name}`);
      },
    };
  }
}

/** Of 2, 3, 5 and 7 numbers, without a gradient of the third. */
function some(): Tensor[] {
  manualSeed(3);
  return [2, 3, 5, 7].map((size, i) => {
    const parameter = new nn.Linear(size, 1).weight;
    if (i !== 2) parameter.mul(parameter).sum().backward();
    return parameter;
  });
}

const begun = (collective: Noted) => collective.notes.filter((note) => note.startsWith("begin"));

test("groups of neighbours, the last first, each at least so large but for the first", () => {
  const gradients = new FlatGradients(some());
  expect(gradients.groups(6)).toEqual([
    [3, 4],
    [1, 3],
    [0, 1],
  ]);
  expect(gradients.groups(1000)).toEqual([[0, 4]]);
  expect(new FlatGradients([]).groups(4)).toEqual([]);
});

test("groups begin in one order whatever comes first, and what has no gradient is zeros", () => {
  const parameters = some();
  const [a, b, , d] = parameters;
  const gradients = new FlatGradients(parameters);
  const collective = new Noted();
  const flat = new Float32Array(gradients.length).fill(9);
  const sums = new EarlySums(collective, gradients, parameters, flat, 6);
  for (let again = 0; again < 2; again++) {
    collective.notes.length = 0;
    sums.start();
    sums.isFinal(a);
    expect(begun(collective)).toEqual([]);
    sums.isFinal(d);
    expect(begun(collective)).toEqual(["begin 7"]);
    sums.isFinal(b);
    expect(begun(collective)).toEqual(["begin 7"]);
    sums.startAll();
    expect(begun(collective)).toEqual(["begin 7", "begin 8", "begin 2"]);
    const expected = parameters.flatMap(({ grad, size }) =>
      grad === null ? new Array(size).fill(0) : [...grad.data()].map((value) => 2 * value),
    );
    expect([...sums.end()]).toEqual(expected);
    expect(collective.notes.slice(-3)).toEqual(["end 7", "end 8", "end 2"]);
  }
});
