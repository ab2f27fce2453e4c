import { describe, expect, test } from "vitest";
import {
  checkKnownOptions,
  checkNonNegativeInteger,
  checkNumber,
  checkOneOf,
  checkPositiveInteger,
} from "../../src/base/check.js";
import { DTypeError, OptionError, ShapeError, show, UnrolledError } from "../../src/base/errors.js";

describe("UnrolledError", () => {
  const parts = {
    op: "LSTM.forward",
    argument: "input",
    value: "[5, 3, 7]",
    fix: "If features are not last, permute first.",
  };

  test("is one sentence of operation, argument, rule, value and fix, and carries them", () => {
    const error = new ShapeError({ ...parts, must: "have shape [L, N, 8] (inputSize=8)" });
    expect(error.message).toBe(
      "LSTM.forward: input must have shape [L, N, 8] (inputSize=8), got [5, 3, 7]. If features are not last, permute first.",
    );
    expect(error.name).toBe("ShapeError");
    expect(error).toBeInstanceOf(UnrolledError);
    expect(error).toBeInstanceOf(Error);
    expect({ ...error }).toMatchObject(parts);
  });

  test("leaves out a missing fix, and takes its class's code", () => {
    const error = new DTypeError({ op: "tensor", argument: "dtype", must: "be a float", value: "int32" });
    expect(error.message).toBe("tensor: dtype must be a float, got int32.");
    expect(error.fix).toBe("");
    expect(error.code).toBe("dtype");
  });

  test("travels as JSON, with a code and details of its own", () => {
    const error = new OptionError({ ...parts, must: "be x", code: "unknown-option", details: { key: "lr", line: 3 } });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "OptionError",
      message: "LSTM.forward: input must be x, got [5, 3, 7]. If features are not last, permute first.",
      ...parts,
      must: "be x",
      code: "unknown-option",
      details: { key: "lr", line: 3 },
    });
  });

  test("keeps the cause", () => {
    const cause = new Error("below");
    expect(new OptionError({ ...parts, must: "be x" }, { cause }).cause).toBe(cause);
  });
});

test.each([Symbol("x"), { toString: () => 1 }, [[]], null])(
  "an operation that has no name is no second error, %#",
  (op) => {
    const error = new OptionError({ op: op as never, argument: "a", must: "be b", value: "c" });
    expect(typeof error.op).toBe("string");
    expect(error.message).toContain(": a must be b, got c.");
  },
);

describe("show", () => {
  test.each([
    ["text", '"text"'],
    ["x".repeat(70), `"${"x".repeat(57)}..."`],
    [[1, "a", [2]], '[1, "a", [2]]'],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], "[1, 2, 3, 4, 5, 6, 7, 8, ...]"],
    [10n, "10n"],
    [() => 0, "a function"],
    [new Map(), "an object of type Map"],
    [Object.create(null), "an object of type Object"],
    [null, "null"],
    [undefined, "undefined"],
    [Number.NaN, "NaN"],
    [-0.5, "-0.5"],
  ])("%o", (value, expected) => {
    expect(show(value)).toBe(expected);
  });
});

describe("checks on options", () => {
  test("pass what fits and return it", () => {
    expect(checkPositiveInteger("f", "n", 1)).toBe(1);
    expect(checkNonNegativeInteger("f", "n", 0)).toBe(0);
    expect(checkNumber("f", "x", -2.5)).toBe(-2.5);
    expect(checkNumber("f", "x", 0, { min: 0, max: 1, openMax: true })).toBe(0);
    expect(checkOneOf("f", "kind", "b", ["a", "b"])).toBe("b");
    expect(checkKnownOptions("f", { a: 1 }, ["a", "b"])).toBeUndefined();
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, "3", null, 2 ** 53])("a positive integer is not %o", (value) => {
    expect(() => checkPositiveInteger("f", "n", value, "Use 1.")).toThrow(
      `f: n must be a positive integer, got ${show(value)}. Use 1.`,
    );
  });

  test.each([
    [Number.NaN, {}, "a finite number"],
    [-1, { min: 0 }, "a finite number >= 0"],
    [0, { min: 0, openMin: true }, "a finite number > 0"],
    [1, { min: 0, max: 1, openMax: true }, "a number in [0, 1)"],
    [0, { min: 0, max: 1, openMin: true }, "a number in (0, 1]"],
    ["1", {}, "a finite number"],
  ])("%o is outside %o", (value, range, rule) => {
    expect(() => checkNumber("f", "x", value, range)).toThrow(`f: x must be ${rule}, got ${show(value)}.`);
  });

  test("name what is allowed", () => {
    expect(() => checkOneOf("f", "kind", "c", ["a", "b"])).toThrow('f: kind must be one of "a", "b", got "c".');
    expect(() => checkKnownOptions("f", { hiden: 1 }, ["hidden"])).toThrow(
      'f: options must be only these: hidden, got "hiden".',
    );
    expect(() => checkNonNegativeInteger("f", "n", -1)).toThrow("f: n must be a non-negative integer, got -1.");
  });
});
