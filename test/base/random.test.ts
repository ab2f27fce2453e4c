import { describe, expect, test } from "vitest";
import { FormatError, OptionError } from "../../src/base/errors.js";
import { philoxBlock } from "../../src/base/philox.js";
import { defaultGenerator, Generator, manualSeed } from "../../src/base/random.js";

const draw = (generator: Generator, n: number): number[] => Array.from({ length: n }, () => generator.uint32());

describe("Generator", () => {
  test("hands out the words of Philox blocks 0, 1, 2 ... of its seed", () => {
    const seed = 2 ** 40 + 17;
    const words = new Uint32Array(12);
    for (let i = 0; i < 3; i++) philoxBlock(17, 2 ** 8, i, 0, words, 4 * i);
    expect(draw(new Generator(seed), 12)).toEqual([...words]);
  });

  test("the same seed gives the same numbers, another seed others", () => {
    expect(draw(new Generator(5), 20)).toEqual(draw(new Generator(5), 20));
    expect(draw(new Generator(5), 20)).not.toEqual(draw(new Generator(6), 20));
    const again = new Generator(5);
    draw(again, 7);
    expect(draw(again.manualSeed(5), 20)).toEqual(draw(new Generator(5), 20));
  });

  test.each([0, 1, 2, 3, 4, 5, 8, 13])("a state saved after %i words goes on with the same numbers", (n) => {
    const generator = new Generator(99);
    draw(generator, n);
    const state = JSON.parse(JSON.stringify(generator.state));
    const expected = draw(generator, 11);
    const restored = new Generator(1);
    draw(restored, 3);
    restored.state = state;
    expect(draw(restored, 11)).toEqual(expected);
    expect(restored.state).toEqual(generator.state);
  });

  test.each([
    { seed: 1, counter: 0, used: 5 },
    { seed: -1, counter: 0, used: 4 },
    { seed: 1, counter: 0.5, used: 4 },
    { seed: 1, counter: 0, used: 2 },
  ])("refuses the state %o and keeps its own", (state) => {
    const generator = new Generator(3);
    const before = generator.state;
    expect(() => {
      generator.state = state;
    }).toThrow(FormatError);
    expect(generator.state).toEqual(before);
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])("refuses the seed %d", (seed) => {
    expect(() => new Generator(seed)).toThrow(`manualSeed: seed must be a non-negative integer, got ${seed}.`);
  });

  test("uniform lies in [0, 1), mean 1/2 and variance 1/12 within 0.01 over 20,000", () => {
    const generator = new Generator(12);
    const xs = Array.from({ length: 20_000 }, () => generator.uniform());
    expect(xs.every((x) => x >= 0 && x < 1)).toBe(true);
    const mean = xs.reduce((a, b) => a + b) / xs.length;
    const variance = xs.reduce((a, x) => a + (x - mean) ** 2, 0) / xs.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.01);
  });

  test("normal has moments 0, 1, 0, 3 within 0.05, 0.05, 0.1, 0.2 over 40,000", () => {
    const generator = new Generator(8);
    const xs = Array.from({ length: 40_000 }, () => generator.normal());
    const moment = (k: number) => xs.reduce((a, x) => a + x ** k, 0) / xs.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.05);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(moment(3))).toBeLessThan(0.1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });

  test("integer(n) covers [0, n) evenly: 6 faces of 12,000 throws within 5 %", () => {
    const generator = new Generator(4);
    const counts = new Array(6).fill(0);
    for (let i = 0; i < 12_000; i++) counts[generator.integer(6)]++;
    for (const found of counts) expect(Math.abs(found / 2000 - 1)).toBeLessThan(0.05);
    expect(() => generator.integer(0)).toThrow(OptionError);
  });

  test("permutation(n) holds every integer once, in an order that the seed decides", () => {
    const order = new Generator(2).permutation(50);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
    expect(new Generator(2).permutation(50)).toEqual(order);
    expect([...new Generator(2).permutation(0)]).toEqual([]);
  });

  test("reserve sets whole blocks aside that no later word repeats", () => {
    const generator = new Generator(21);
    draw(generator, 3);
    expect(generator.reserve(9)).toEqual({ key0: 21, key1: 0, counter0: 1, counter1: 0 });
    const next = new Uint32Array(4);
    philoxBlock(21, 0, 4, 0, next);
    expect(draw(generator, 4)).toEqual([...next]);
    expect(generator.reserve(0).counter0).toBe(5);
    expect(generator.reserve(4).counter0).toBe(5);
  });

  test("reserve splits a counter beyond 32 bits into two words", () => {
    const generator = new Generator(0);
    generator.state = { seed: 7, counter: 2 ** 33 + 5, used: 4 };
    expect(generator.reserve(4)).toEqual({ key0: 7, key1: 0, counter0: 5, counter1: 2 });
  });
});

describe("manualSeed", () => {
  test("seeds the default generator and returns it", () => {
    expect(manualSeed(31)).toBe(defaultGenerator);
    expect(draw(defaultGenerator, 5)).toEqual(draw(new Generator(31), 5));
  });
});
