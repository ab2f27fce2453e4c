import { describe, expect, test } from "vitest";
import type { Row } from "../../src/search/rows.js";
import { load, train } from "../../src/tasks/task-model.js";
import { crossValidate, type SearchOptions, search } from "../../src/tasks/trials/search.js";
import { nameTable } from "../support/rows.js";

const source = { name: "names.csv", bytes: new TextEncoder().encode(nameTable(60)) };
const BASE = { hidden: 4, epochs: 2, valid: 0.2, lr: 0.02 };
const EASY = { epochs: 2, valid: 0.2, lr: 0.02 };

describe("a search in a program", () => {
  test.each(["grid", "halving"] as const)("%s: the best model is that which train makes with its settings", async (kind) => {
    const told: Row[] = [];
    const found = await search(source, { ...EASY, epochs: 4, space: { hidden: [3, 4, 5] }, kind, onTrial: (row) => told.push(row) });
    const [best] = found.rows;
    expect([found.best, found.kind, found.metric, found.interrupted]).toEqual([best, kind, "macro-F1", false]);
    expect(told).toHaveLength(kind === "grid" ? 3 : 3 + 2 + 1);
    const alone = await train(source, { ...EASY, epochs: 4, hidden: best!.settings["hidden"], save: keep });
    expect(alone.result.best).toBe(best!.figures!["macro-F1"]);
    expect(found.model!.encode()).toEqual(load(saved!).encode());
  }); // biome-ignore format: long lines

  let saved: Uint8Array | undefined;
  const keep = (kinds: readonly string[], bytes: Uint8Array) => {
    if (kinds.includes("best")) saved = bytes;
  };

  test("events say of which trial they are, and a signal ends it with what is known", async () => {
    const abort = new AbortController();
    const seen = new Set<string>();
    const options: SearchOptions = { ...BASE, space: "seed=1,2,3", folds: 2, signal: abort.signal };
    options.onEvent = (event, { trial, fold }) => {
      if (event.type !== "validation") return;
      seen.add(`${trial}/${fold}`);
      if (trial === 2) abort.abort();
    };
    const found = await search(source, options);
    expect([...seen]).toEqual(["1/1", "1/2", "2/1"]);
    expect([found.interrupted, found.rows.map(({ trial }) => trial), found.model]).toEqual([true, [1], null]);
  });

  test("a signal before anything ended: no rows, and no best", async () => {
    const found = await search(source, { ...BASE, space: "seed=1,2", signal: AbortSignal.abort() });
    expect([found.interrupted, found.rows, found.best, found.model]).toEqual([true, [], null, null]);
    const folds = await crossValidate(source, { ...BASE, folds: 2, signal: AbortSignal.abort() });
    expect([folds.interrupted, folds.folds, folds.mean]).toEqual([true, [], {}]);
  });

  test("a preset's learning rate is not taken over to a searched optimiser", async () => {
    const text = { name: "t.txt", bytes: new TextEncoder().encode("the cat sat on the mat. ".repeat(60)) };
    const sizes = { hidden: 4, embed: 4, layers: 2, epochs: 1, batch: 4, seqLen: 8, preset: "awd-lstm" };
    const { rows } = await search(text, { ...sizes, space: "optimizer=adam,nt-asgd" });
    expect(rows.map(({ failure, figures }) => [failure, Number.isFinite(figures?.["loss"])])).toEqual([[null, true], [null, true]]); // biome-ignore format: a line
  });
});

describe("what is refused", () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ space: "hiden=3" }, /space must name only these.*Did you mean "hidden"\?/],
    [{ space: "hidden=3", kind: "gird" }, /kind must be one of/],
    [{ space: "hidden=3", trials: 0 }, /trials must be a positive integer, got 0/],
    [{ space: "hidden=3", trials: 2.5 }, /trials must be a positive integer/],
    [{ space: "hidden=3", folds: 1 }, /folds must be an integer from 2 on, got 1/],
    [{ space: "hidden=3", folds: "5" }, /folds must be an integer from 2 on/],
    [{ space: "hidden=3", hidden: 4 }, /hidden must be left out where it is searched over, got 4/],
    [{ space: "hidden=3", onTrial: 7 }, /onTrial must be a function/],
    [{ space: "hidden=3", onEvent: 7 }, /onEvent must be a function/],
    [{ space: "hidden=3", epoch: 7 }, /Did you mean epochs/],
    [{ space: "hidden=3", fold: "1/2", folds: 2 }, /fold must be left out where each fold is validated on/],
    [{ space: undefined }, /space must be settings and their values/],
    [{}, /space must be settings and their values/],
    [{ space: "maxSteps=2,4", kind: "halving" }, /maxSteps must be left out of a search that halves/],
    [{ space: "hidden=3,4", kind: "halving", epochs: 1 }, /epochs must be 2 or more for a search that halves/],
    [{ space: "hidden=3,4", valid: 0 }, /valid must hold something out/],
    [{ space: "hidden=3,4", seed: -1 }, /seed must be a non-negative integer/],
    [{ space: "window=2,3" }, /window must be left out with text/],
    [{ space: "hidden=3", task: "clasify" }, /Did you mean "classify"/],
    [{ space: "hidden=3", preset: "small" }, /preset must be left out/],
  ])("%j", async (options, says) => {
    await expect(search(source, { epochs: 1, ...options } as unknown as SearchOptions)).rejects.toThrow(says);
  });

  test("no options, no folds that are any, no file", async () => {
    await expect(search(source, undefined as never)).rejects.toThrow(/options must be an object/);
    await expect(crossValidate(source, { folds: 1 })).rejects.toThrow(/folds must be an integer from 2 on/);
    await expect(crossValidate(source, 3 as never)).rejects.toThrow(/options must be an object/);
    await expect(search("nowhere.csv", { space: "hidden=3" })).rejects.toThrow(/nowhere.csv/);
  });

  test("where all fail, with the reason of the first", async () => {
    const failing = search(source, { epochs: 1, space: "hidden=90000000,80000000" });
    await expect(failing).rejects.toThrow(
      /trials must come to an end, one at least, got 2 that failed, the first one because memory must/,
    );
    await expect(failing).rejects.toMatchObject({ code: "all-failed" });
  });
});
