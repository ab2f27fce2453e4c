import { describe, expect, test } from "vitest";
import { markdownTable, threeDigits } from "../../bench/table.mjs";

describe("tables of the benchmark", () => {
  test("prints three digits that count", () => {
    expect([1234567, 45.678, 0.012345, 0.999, 9.996, 0].map(threeDigits)).toEqual([
      "1,230,000",
      "45.7",
      "0.0123",
      "0.999",
      "10.0",
      "0",
    ]);
    expect(threeDigits(Number.NaN)).toBe("–");
  });

  test("aligns numbers to the right and escapes bars", () => {
    const columns = [
      ["name", (row: { name: string }) => row.name, "left"],
      ["n", () => "1"],
    ];
    expect(markdownTable(columns, [{ name: "a|b" }])).toBe("| name | n |\n| --- | ---: |\n| a\\|b | 1 |");
  });
});
