import { describe, expect, it } from "vitest";
import { decades, logLogPlot, spreadApart } from "../../bench/svg.mjs";
import { markdownTable, threeDigits } from "../../bench/table.mjs";

describe("plot of the benchmark", () => {
  it("encloses the values in powers of ten", () => {
    expect(decades([35, 4200])).toEqual([10, 100, 1000, 10_000]);
    expect(decades([10, 10])).toEqual([10, 100]);
  });

  it("keeps labels apart, in order and inside", () => {
    const at = spreadApart([100, 101, 99, 300, 2], 17, 0, 310) as number[];
    const sorted = [4, 2, 0, 1, 3].map((i) => at[i]!);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(16.9);
    expect(Math.min(...at)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...at)).toBeLessThanOrEqual(310);
  });

  it("draws each series once, named at its end, and escapes names", () => {
    const svg = logLogPlot({
      title: "a < b",
      subtitle: "",
      xTitle: "x",
      yTitle: "y",
      xTicks: [32, 64],
      series: [
        { name: "first & best", strong: true, points: [[32, 100], [64, 55]] }, // biome-ignore format: points
        { name: "second", points: [[32, 7]] },
        { name: "absent", points: [] },
      ],
    }) as string;
    expect(svg.match(/<path /g)).toHaveLength(2);
    expect(svg).toContain("first &amp; best");
    expect(svg).toContain("<title>a &lt; b</title>");
    expect(svg).not.toContain("absent");
    expect(svg).not.toContain("NaN");
  });
});

describe("tables of the benchmark", () => {
  it("prints three digits that count", () => {
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

  it("aligns numbers to the right and escapes bars", () => {
    const columns = [
      ["name", (row: { name: string }) => row.name, "left"],
      ["n", () => "1"],
    ];
    expect(markdownTable(columns, [{ name: "a|b" }])).toBe("| name | n |\n| --- | ---: |\n| a\\|b | 1 |");
  });
});
