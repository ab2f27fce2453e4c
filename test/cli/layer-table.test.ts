import { describe, expect, test } from "vitest";
import { textWidth } from "../../src/base/width.js";
import { layerTable } from "../../src/cli/terminal/layer-table.js";

const of = (kind: string, about: string, parameters: number, name: string) => ({ kind, about, parameters, name });
const LONG = "units 5, activation tanh, recurrent activation sigmoid, reset after true, sequences";
const LAYERS = [
  of("Embedding", "12 to 4", 48, "embedding"),
  of("GRU", LONG, 1_234_567, "層"),
  of("Dense", "3", 33, ""),
];

describe("the table of layers", () => {
  test.each([200, 100, 80, 60, 50])("in %i columns shortens sizes, and keeps numbers and names", (width) => {
    const lines = layerTable(LAYERS, width);
    expect(lines.filter((line) => textWidth(line) > width)).toEqual([]);
    expect(lines[0]).toMatch(/^layer +sizes +parameters +name$/);
    expect(lines[1]).toMatch(/^Embedding +12 to 4 +48 +embedding$/);
    expect(lines[2]).toMatch(/^GRU +units 5.* +1,234,567 +層$/);
    expect(lines[2].includes(LONG)).toBe(width >= 200);
    expect(lines[2].includes("…")).toBe(width < 200);
    expect(lines[3]).toMatch(/^Dense +3 +33$/);
  });

  test("as wide as it is, where it just fits; a column less, and it is shortened by that", () => {
    const whole = Math.max(...layerTable(LAYERS, 200).map(textWidth));
    expect(layerTable(LAYERS, whole)[2]).toContain(LONG);
    const short = layerTable(LAYERS, whole - 1);
    expect(short[2]).toContain(`${LONG.slice(0, -2)}…`);
    expect(Math.max(...short.map(textWidth))).toBe(whole - 1);
  });

  test("where names alone are too long, they are cut", () => {
    const lines = layerTable([of("LSTM", "5 to 6", 264, "encoder.".repeat(20))], 60);
    expect(lines[1]).toMatch(/^LSTM +5 to 6 +264 +(encoder\.)+.*…$/);
    expect(textWidth(lines[1])).toBe(60);
  });
});
