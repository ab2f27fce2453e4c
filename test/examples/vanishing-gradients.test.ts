import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { CUTS, gradientFigure, type Result, study, truncationFigure } from "../../examples/vanishing-gradients.js";

describe("one of four symbols, named 40 steps later", () => {
  let rnn: Result;
  let lstm: Result;
  let gru: Result;
  let cut: Result[];
  beforeAll(() => {
    [rnn, lstm, gru] = [study("RNN"), study("LSTM"), study("GRU")];
    cut = CUTS.map((steps) => study("GRU", { cut: steps }));
  }, 60_000);

  test("RNN: less than 1e-8 of the gradient comes 40 steps back, and it stays at chance (under 40 %)", () => {
    expect(rnn.before[40]).toBeLessThan(1e-8);
    expect(rnn.horizons[0]).toBeLessThan(15);
    expect(rnn.accuracies.at(-1)).toBeLessThan(0.4);
  });

  test("LSTM and GRU with open gates: over a tenth comes back, and over 95 % are right", () => {
    for (const { before, after, accuracies } of [lstm, gru]) {
      expect(before[40]).toBeGreaterThan(0.1);
      expect(after[40]).toBeGreaterThan(0.1);
      expect(accuracies.at(-1)).toBeGreaterThan(0.95);
    }
  });

  test("LSTM and GRU as they usually start: under 1e-5 comes back", () => {
    for (const kind of ["LSTM", "GRU"] as const) {
      expect(study(kind, { openGates: false, steps: 0 }).before[40]).toBeLessThan(1e-5);
    }
  });

  test("truncated at 5 and 20 steps: chance; at 50, beyond the 40 that matter: as good as full", () => {
    const [five, twenty, fifty] = cut.map(({ accuracies }) => accuracies.at(-1));
    expect(five).toBeLessThan(0.4);
    expect(twenty).toBeLessThan(0.4);
    expect(fifty).toBeGreaterThan(0.95);
  });

  test("the figures name their curves and are under 60 kB, here and in examples/figures", () => {
    const drawn = {
      "vanishing-gradients": gradientFigure([rnn, lstm, gru]),
      "truncated-bptt": truncationFigure(gru, cut),
    };
    for (const [name, svg] of Object.entries(drawn)) {
      const kept = readFileSync(new URL(`../../examples/figures/${name}.svg`, import.meta.url), "utf8");
      for (const text of [svg, kept]) {
        expect(text.length).toBeLessThan(60_000);
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
      }
    }
    for (const name of ["RNN", "LSTM", "GRU"]) expect(drawn["vanishing-gradients"]).toContain(`>${name}</text>`);
    for (const name of ["5 steps", "20 steps", "50 steps", "full"])
      expect(drawn["truncated-bptt"]).toContain(`>${name}</text>`);
  });
});
