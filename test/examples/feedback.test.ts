import { describe, expect, test } from "vitest";
import { freeRunning, PARAGRAPH, RECIPES, teacherForced } from "../../examples/feedback.js";

describe("a paragraph of 850 characters, written from its first", () => {
  test("teacher forcing, 250 units, 140 passes: every character is right", () => {
    expect(PARAGRAPH).toHaveLength(850);
    const { text, errors } = teacherForced(RECIPES.taught);
    expect(text).toBe(PARAGRAPH);
    expect(errors.at(-1)).toBeLessThan(0.001);
  });

  test("free running, 35 units, ten steps of Adam: a fixed point, hardly any character but blanks", () => {
    const { text, right, errors } = freeRunning(RECIPES.naive);
    expect(errors).toHaveLength(10);
    expect(errors.at(-1)! / errors[0]!).toBeGreaterThan(0.9);
    expect(right).toBeLessThan(200);
    expect(new Set(text.slice(20)).size).toBe(1);
  });

  test("its teacher-forced twin goes round in a loop", () => {
    const { text, right } = teacherForced(RECIPES.naive);
    expect(right).toBeLessThan(200);
    expect(new Set(text.slice(100)).size).toBeLessThan(12);
  });
});
