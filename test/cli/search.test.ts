import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { csvOf } from "../../src/cli/search/table.js";
import { readDelimited } from "../../src/data/readers/index.js";
import { nameTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";

const folder = temporaryFolder();
const { at } = folder;
const BASE = ["--epochs", "2", "--hidden", "4", "--valid", "0.2", "--lr", "0.02"];
const SPEC = "hidden=3,4,5 cell=gru,rnn";
const EASY = ["--epochs", "2", "--valid", "0.2", "--lr", "0.02"];
const jsonLines = (path: string) =>
  readFileSync(at(path), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: a line
/** A table without what no two runs have in common. */
const timeless = (path: string) => jsonLines(path).map(({ seconds: _, ...row }) => row);

beforeEach(() => writeFileSync(at("names.csv"), nameTable(60)));

const search = (...argv: string[]) => folder.cli("train", "@names.csv", "--out", "@s", ...argv);

/** The command that an error advises. */
const advised = (err: string) => /Try: (.*)\n/.exec(err)?.[1];

describe("a search", () => {
  test("a run folder a trial, a table with the best first, and what to do with the best", async () => {
    const { code, out, err } = await search("--search", SPEC, ...EASY);
    expect([code, err]).toEqual([0, ""]);
    const rows = jsonLines("s/results.jsonl");
    expect(rows).toHaveLength(6);
    const figures = rows.map((row) => row.figures["macro-F1"]);
    expect(figures).toEqual([...figures].sort((a, b) => b - a));
    const [best] = rows;
    expect(out).toContain(`Next: unrolled predict ${best.run.replace(at(), ".").slice(2)} names.csv`);
    const table = out.split("\n").filter((line) => /^\d {2}/.test(line));
    expect(table.map((line) => Number(line.split(" ")[0]))).toEqual(rows.map(({ trial }) => trial));
    const { columns, rows: cells } = readDelimited(readFileSync(at("s/results.csv"), "utf8"), "results");
    expect(cells.map((row) => row[columns.indexOf("settings.cell")])).toEqual(
      rows.map(({ settings }) => settings.cell),
    );
    expect(cells.map((row) => Number(row[columns.indexOf("figures.loss")]))).toEqual(
      rows.map((row) => row.figures.loss),
    );
  });

  test("each trial answers to eval, predict, runs and plot, and is what train makes with its settings", async () => {
    await search("--search", "hidden=3,5", ...EASY);
    const [best] = jsonLines("s/results.jsonl");
    for (const argv of [["eval", "@s/002", "@names.csv"], ["predict", "@s/001", "--text", "Lena"], ["runs", "@s"], ["plot", "@s"]]) {
      const { code, err } = await folder.cli(...argv);
      expect({ argv, code, err }).toEqual({ argv, code: 0, err: "" });
    }
    await folder.cli("train", "@names.csv", "--out", "@alone", ...EASY, "--hidden", String(best.settings.hidden));
    const bytes = (run: string) => readFileSync(at(run, "best.safetensors"));
    expect(bytes("alone").equals(bytes(`s/00${best.trial}`))).toBe(true);
  }); // biome-ignore format: a table

  test("a trial that diverges, or whose settings do not go together, is a row with its reason", async () => {
    writeFileSync(
      at("n.csv"),
      `a,b,label\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 3},${(7 * i) % 5 < 2 ? "x" : "y"}`).join("\n")}\n`,
    );
    const { code, out } = await folder.cli(
      "train",
      "@n.csv",
      "--out",
      "@s",
      "--search",
      "window=0,2 stride=0,1",
      ...BASE,
    );
    expect(code).toBe(0);
    const rows = jsonLines("s/results.jsonl");
    expect(rows.map(({ status }) => status)).toEqual(["done", "done", "done", "failed"]);
    expect(rows[3]).toMatchObject({ settings: { window: 0, stride: 1 }, figures: null });
    expect(rows[3].failure.reason).toContain("--stride must be left out without --window, got 1");
    expect(out).toContain("trial 2 failed: --stride must be left out");
  });

  test("too much memory is a row too; where all fail it is an error, and why stands in the table", async () => {
    const first = await search("--search", "hidden=4,90000000", ...EASY);
    expect([first.code, jsonLines("s/results.jsonl").map(({ status }) => status)]).toEqual([0, ["done", "failed"]]);
    const { code, err } = await folder.cli(
      "train",
      "@names.csv",
      "--out",
      "@t",
      "--search",
      "hidden=90000000,80000000",
    );
    expect([code, err]).toEqual([
      6,
      expect.stringMatching(/^error: t: found that every training of a classifier failed.* memory must/),
    ]);
    expect(jsonLines("t/results.jsonl").map((row) => row.failure.code)).toEqual(["out-of-memory", "out-of-memory"]);
    const other = await folder.cli("train", "@names.csv", "--out", "@u", "--search", "hidden=4,5", ...EASY); // other values, in another folder
    expect(other.code).toBe(0);
  });

  test("of seeds, all are judged on the same rows, and the seeds still differ", async () => {
    await search("--search", "seed=1..50", "--trials", "3", ...BASE);
    const configs = ["001", "002", "003"].map((name) => JSON.parse(readFileSync(at("s", name, "config.json"), "utf8")));
    expect(configs.map(({ splitSeed }) => splitSeed)).toEqual([1, 1, 1]);
    expect(new Set(configs.map(({ seed }) => seed)).size).toBe(3);
  });

  test("--json: a line a trial, what happens in each, and the best one", async () => {
    const { out } = await search("--search", "hidden=3,4", "--json", ...EASY);
    const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: a line
    const types = lines.map(({ type }) => type).filter((type) => /search|trial/.test(type));
    expect(types).toEqual(["search-start", "trial", "trial", "search-end"]);
    expect(lines.filter(({ type }) => type === "validation").map(({ trial }) => trial)).toEqual([1, 1, 2, 2]);
    expect(lines.at(-1)).toMatchObject({ interrupted: false, best: { run: expect.stringMatching(/s\/00[12]$/) } });
  });

  test("--dry-run lists the trials, and writes nothing", async () => {
    const { code, out } = await search("--search", "hidden=3,4", "--dry-run", ...EASY);
    expect([code, existsSync(at("s"))]).toEqual([0, false]);
    expect(out).toContain("trial 1: hidden 3\ntrial 2: hidden 4\nNothing was written");
  });

  test("a file of settings, a preset and what stands in the spec itself go together", async () => {
    writeFileSync(at("spec.json"), JSON.stringify({ hidden: [3, 4], lr: { min: 0.001, max: 0.1 } }));
    writeFileSync(at("config.json"), JSON.stringify({ hidden: 64, epochs: 1, cell: "gru" }));
    const { code } = await search("--search", at("spec.json"), "--trials", "2", "--config", at("config.json"));
    expect(code).toBe(0);
    for (const { run } of jsonLines("s/results.jsonl")) {
      const { hidden, epochs, cell } = JSON.parse(readFileSync(`${run}/config.json`, "utf8"));
      expect([hidden < 5, epochs, cell]).toEqual([true, 1, "gru"]);
    }
  });
});

describe("halving", () => {
  test("the better half goes on, and has what it would have been without a stop", async () => {
    const spec = ["--search", "hidden=3,4,5,6", "--search-kind", "halving", "--epochs", "4", "--valid", "0.2", "--lr", "0.02"];
    const { code } = await search(...spec);
    expect(code).toBe(0);
    const rows = jsonLines("s/results.jsonl");
    expect(rows.map(({ epochs, status }) => `${epochs} ${status}`)).toEqual(["4 done", "2 stopped", "1 stopped", "1 stopped"]);
    const ended = jsonLines("s/trials.jsonl");
    for (const rung of [0, 1]) {
      const inRung = ended.filter((one) => one.rung === rung).sort((a, b) => b.figures["macro-F1"] - a.figures["macro-F1"] || a.figures.loss - b.figures.loss || a.trial - b.trial);
      const goingOn = ended.filter((one) => one.rung === rung + 1).map(({ trial }) => trial);
      expect(inRung.slice(0, inRung.length / 2).map(({ trial }) => trial).sort()).toEqual(goingOn.sort());
    }
    const [{ run, settings }] = rows;
    await folder.cli("train", "@names.csv", "--out", "@alone", ...spec.slice(4), "--hidden", String(settings.hidden));
    expect(readFileSync(at("alone/last.safetensors")).equals(readFileSync(`${run}/last.safetensors`))).toBe(true);
  }); // biome-ignore format: long lines
});

describe("going on", () => {
  const KIND = [
    "--search",
    "hidden=3,4,5,6",
    "--search-kind",
    "halving",
    "--epochs",
    "4",
    "--valid",
    "0.2",
    "--lr",
    "0.02",
  ];

  /** As a kill leaves it after so many trainings ended, and perhaps in the middle of the next. */
  function killedAfter(count: number, cut: string): void {
    const lines = readFileSync(at("s/trials.jsonl"), "utf8").trimEnd().split("\n");
    writeFileSync(at("s/trials.jsonl"), lines.slice(0, count).map((line) => `${line}\n`).join("") + cut);
    const known = new Set(lines.slice(0, count).map((line) => String(JSON.parse(line).trial).padStart(3, "0")));
    for (const name of readdirSync(at("s"))) if (/^\d+$/.test(name) && !known.has(name)) rmSync(at("s", name), { recursive: true });
    rmSync(at("s/results.jsonl"));
  } // biome-ignore format: long lines

  test.each([
    [0, ""],
    [1, '{"trial":2,"rung":0,"fo'],
    [3, ""],
    [4, ""],
    [6, ""],
    [7, ""],
  ])("a kill after %i trainings: the rest is trained, and the table is that without a kill", async (count, cut) => {
    await search(...KIND);
    const whole = timeless("s/results.jsonl");
    killedAfter(count, cut);
    const { code, out, err } = await folder.cli("train", "--resume", "--out", "@s");
    expect([code, err]).toEqual([0, ""]);
    expect(timeless("s/results.jsonl")).toEqual(whole);
    expect(out.match(/^trial \d/gm) ?? []).toHaveLength(7 - count);
  });

  test("a signal in the middle of a trial: it is saved, and goes on there", async () => {
    const argv = ["--search", "hidden=3,4,5", "--epochs", "3", "--valid", "0.2", "--lr", "0.02"];
    await search(...argv);
    const whole = timeless("s/results.jsonl");
    const weights = readFileSync(at("s/002/last.safetensors"));
    rmSync(at("s"), { recursive: true });
    let seen = 0;
    const terminal: FakeTerminal = new FakeTerminal({
      onWrite(text) {
        if (text.includes('"validation"') && ++seen === 5) terminal.interrupt("SIGINT");
      },
    });
    const first = await folder.cliOn(terminal, "train", "@names.csv", "--out", "@s", ...argv, "--json");
    expect(first.code).toBe(130);
    expect(jsonLines("s/trials.jsonl")).toHaveLength(1);
    expect(JSON.parse(first.out.trimEnd().split("\n").at(-1)!)).toMatchObject({
      type: "search-end",
      interrupted: true,
    });
    const second = await folder.cli("train", "--resume", "--out", "@s");
    expect([second.code, second.err]).toEqual([0, ""]);
    expect(timeless("s/results.jsonl")).toEqual(whole);
    expect(readFileSync(at("s/002/last.safetensors")).equals(weights)).toBe(true);
  });

  test.each([
    [["--search", "hidden=3,4"], "--search: found hidden=3,4, with which the search did not begin"],
    [["--trials", "5"], "--trials: found 5, with which"],
    [["--folds", "3"], "--folds: found 3, with which"],
    [["--search-kind", "grid"], "--search-kind: found grid, with which"],
    [["--epochs", "9"], "--epochs: found 9, with which"],
    [["--preset", "small"], "--preset: found small, with which"],
  ])("with %j it is refused", async (argv, says) => {
    await search(...KIND);
    const { code, err } = await folder.cli("train", "--resume", "--out", "@s", ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
    expect(advised(err)).toBe("unrolled train --resume --out s");
    expect((await folder.cli("train", "--resume", "--out", "@s")).code).toBe(0);
  });

  test("with other data, or where search.json is damaged, it is refused", async () => {
    await search("--search", "hidden=3,4", ...EASY);
    writeFileSync(at("names.csv"), nameTable(60, 2));
    const { code, err } = await folder.cli("train", "--resume", "--out", "@s");
    expect([code, err]).toEqual([
      3,
      expect.stringContaining("names.csv: found other data; a search goes on with those"),
    ]);
    writeFileSync(at("names.csv"), nameTable(60)); // the file as it was
    expect((await folder.cli("train", "--resume", "--out", "@s")).code).toBe(0);
    for (const text of ["{", "[]", "{}", '{"task":7}', '{"task":"classify","space":5,"file":"names.csv"}']) {
      writeFileSync(at("s/search.json"), text);
      const found = await folder.cli("train", "--resume", "--out", "@s");
      expect({ text, code: found.code, fault: found.err.includes("should not happen") }).toEqual({
        text,
        code: expect.any(Number),
        fault: false,
      });
      expect(found.code).toBeGreaterThan(1);
    }
  });

  test.each([
    ["kind", "x"],
    ["kind", 7],
    ["folds", "abc"],
    ["folds", 1],
    ["file", 5],
    ["file", []],
    ["file", undefined],
    ["file", [3]],
    ["task", "zzz"],
    ["task", undefined],
    ["space", 5],
    ["space", []],
    ["space", "hidde=3"],
    ["trials", -1],
    ["trials", "many"],
    ["preset", "q"],
    ["preset", {}],
    ["settings", { hidde: 5 }],
    ["settings", { epochs: "many" }],
    ["settings", [1]],
    ["settings", null],
    ["suggested", 5],
  ])("where search.json has for %s %j, it is named, and no flag that nobody gave", async (key, value) => {
    await search("--search", "hidden=3,4", ...EASY);
    const before = readFileSync(at("s/search.json"), "utf8");
    const text = JSON.stringify({ ...JSON.parse(before), [key]: value });
    writeFileSync(at("s/search.json"), text);
    const { code, err } = await folder.cli("train", "--resume", "--out", "@s");
    expect([code, err]).toEqual([3, expect.stringMatching(new RegExp(`^error: s/search.json: ${key}[:.]`))]);
    expect(err).toContain("The search is untouched. Try: --out with another folder, for a new search\n");
    expect(readFileSync(at("s/search.json"), "utf8")).toBe(text);
    const other = await folder.cli("train", "@names.csv", "--out", "@other", "--search", "hidden=3,4", ...EASY);
    expect(other.code).toBe(0);
  });

  test.each([
    { trial: 1 },
    { trial: 99 },
    { trial: 0 },
    { trial: "1" },
    { rung: 1 },
    { fold: 1 },
    { figures: "x" },
    { figures: { loss: "x" } },
    { failure: "y" },
    { epochs: null },
    { seconds: -1 },
  ])(
    "a line of trials.jsonl with %j where none can have it: that trial is trained anew, and the table is whole",
    async (part) => {
      await search("--search", "hidden=3,4", ...EASY);
      const whole = timeless("s/results.jsonl");
      const [first, second] = readFileSync(at("s/trials.jsonl"), "utf8").trimEnd().split("\n");
      // One line is as it was, twice: the second of them says nothing new.
      const bad = "trial" in part && part.trial === 1 ? part : { ...JSON.parse(first), ...part };
      writeFileSync(at("s/trials.jsonl"), `${JSON.stringify(bad)}\n${second}\n${second}\n`);
      const { code, out, err } = await folder.cli("train", "--resume", "--out", "@s");
      expect([code, err]).toEqual([0, ""]);
      expect(out).toContain("1 training is done already");
      expect(timeless("s/results.jsonl")).toEqual(whole);
    },
  );
});

describe("where it may be written", () => {
  test("a folder with a search is no place for another, nor for a run; advice helps", async () => {
    await search("--search", "hidden=3,4", ...EASY);
    const again = await search("--search", "hidden=3,5", ...EASY);
    expect([again.code, again.err]).toEqual([
      4,
      expect.stringContaining("s: found another search; it must be a folder without a search"),
    ]);
    expect(advised(again.err)).toBe("--out with another folder, or --resume to go on with that search");
    const run = await search(...EASY);
    expect([run.code, run.err]).toEqual([
      4,
      expect.stringContaining("s: found a search; a run needs a folder of its own"),
    ]);
    const none = await folder.cli("train", "@names.csv", "--out", "@t", "--resume", "--search", "hidden=3,4", ...EASY);
    expect([none.code, none.err]).toEqual([
      4,
      expect.stringContaining("t: found none; it must be a folder with a search"),
    ]);
    expect((await folder.cli("train", "@names.csv", "--out", "@t", "--search", "hidden=3,4", ...EASY)).code).toBe(0);
  });

  test("nor is one with runs, of which nobody knows what they are", async () => {
    await search("--search", "hidden=3,4", ...EASY);
    rmSync(at("s/search.json"));
    const { code, err } = await search("--search", "hidden=3,4", ...EASY);
    expect([code, err]).toEqual([4, expect.stringContaining("s: found runs; it must be a folder without runs")]);
    expect((await folder.cli("train", "@names.csv", "--out", "@t", "--search", "hidden=3,4", ...EASY)).code).toBe(0);
  });
});

describe("what is refused", () => {
  test.each([
    [["--search", "hiden=3,4"], '--search: found "hiden"; it must name only these', "--search hidden=3,4"],
    [["--search", "hidden=0,4"], "--search hidden: found 0; it must be a positive integer", "--search hidden=64,4"],
    [
      ["--search", "hidden=3,4 valid=0.1"],
      "--search valid: found values to try; it must be the same in all trials",
      "--search hidden=3,4",
    ],
    [
      ["--search", "lr=0.1..0.01"],
      "--search lr: found 0.1..0.01; it must go from a lower number",
      "--search lr=0.01..0.1",
    ],
    [
      ["--search", "lr=0.1..0.2", "--search-kind", "grid"],
      "--search lr: found 0.1..0.2; it must be a list",
      "--search-kind random --trials 20",
    ],
    [
      ["--search", "hidden=3,4", "--search-kind", "gird"],
      '--search-kind: found "gird"; it must be one of',
      "--search-kind random",
    ],
    [["--search", "hidden=3,4", "--trials", "0"], "--trials: found 0; it must be a positive integer", "--trials 20"],
    [
      ["--search", "lr=0.1..0.2", "--search-kind", "halving", "--trials", "1"],
      "--trials: found 1; it must have 2 trials or more",
      "--trials 8",
    ],
    [
      ["--search", "hidden=3,4", "--search-kind", "halving", "--epochs", "1"],
      "--epochs: found 1; it must be 2 or more",
      "--epochs 8",
    ],
    [["--trials", "3"], "--trials: found no --search", "--search hidden=32,64"],
    [["--search", "hidden=3,4", "--valid", "0"], "--valid: found nothing; it must hold something out", "--valid 0.05"],
    [["--folds", "1"], "--folds: found 1; it must be an integer from 2 on", "--folds 5"],
    [
      ["--folds", "99"],
      '--folds: found 99; it must be at most the number of rows of class "flower" (26)',
      /^--folds \d+$/,
    ],
    [["--search", "hidden=3,4", "--folds", "99"], "--folds: found 99", /^--folds \d+$/],
  ] as [string[], string, string | RegExp][])("%j", async (argv, says, fix) => {
    const { code, err } = await search(...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
    const words = advised(err)!.replaceAll("'", "");
    expect(words).toEqual(typeof fix === "string" ? fix : expect.stringMatching(fix));
    expect(existsSync(at("s"))).toBe(false);
    // Followed, with little to train.
    const pairs = words
      .split(/ (?=--)/)
      .map((word) => [word.slice(0, word.indexOf(" ")), word.slice(word.indexOf(" ") + 1)]);
    const flags = new Map([
      ["--epochs", "2"],
      ["--batch", "60"],
    ]);
    for (let i = 0; i < argv.length; i += 2) flags.set(argv[i]!, argv[i + 1]!);
    for (const [flag, value] of pairs) flags.set(flag!, value === "20" ? "2" : value!.replace("32,64", "3,4"));
    const next = await search(...[...flags].flat(), "--dry-run");
    expect({ code: next.code, err: next.err }).toEqual({ code: 0, err: "" });
  });

  test.each([
    [["--search", "hidden=3,4", "--hidden", "5"], "--hidden: found 5; it must be left out where it is searched over"],
    [
      ["--search", "hidden=3,4", "--search-kind", "grid", "--trials", "2"],
      "--trials: found 2; it must be left out of a grid",
    ],
    [["--folds", "3", "--fold", "1/3"], "--fold: found 1/3; it must be left out where each fold is validated on"],
    [["--folds", "3", "--valid", "names.csv"], "--folds: found --valid names.csv as well"],
  ])("%j: advised is the same without a flag", async (argv, says) => {
    const { code, err } = await search(...argv.map((word) => (word === "names.csv" ? at(word) : word)));
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
    const left = advised(err)!.split(" ").slice(2).map((word) => (/^(names.csv|s)$/.test(word) ? at(word) : word)); // biome-ignore format: a line
    expect((await folder.cli("train", ...left, "--dry-run")).code).toBe(0);
  });

  test.each([
    ['{"hidden": [3, 4}', 2, "--search: found"],
    ["missing.json", 4, "missing.json: found nothing there"],
    ["[1]", 2, '--search: found "[1]"; it must be settings with their values'],
    ["hidden", 2, '--search: found "hidden"; it must be settings with their values'],
  ])("a spec of %j", async (spec, status, says) => {
    const { code, err } = await search("--search", spec);
    expect([code, err]).toEqual([status, expect.stringContaining(says)]);
  });
});

describe("folds", () => {
  test("a run folder a fold, figures of each, their mean and deviation", async () => {
    const { code, out, err } = await folder.cli("train", "@names.csv", "--out", "@f", "--folds", "3", ...BASE);
    expect([code, err]).toEqual([0, ""]);
    const rows = jsonLines("f/results.jsonl");
    expect(rows.map(({ run }) => run)).toEqual([1, 2, 3].map((fold) => at("f", `fold-${fold}`)));
    const losses = rows.map((row) => row.figures.loss as number);
    const mean = losses.reduce((all, loss) => all + loss, 0) / 3;
    const deviation = Math.sqrt(losses.reduce((all, loss) => all + (loss - mean) ** 2, 0) / 2);
    const line = (name: string) => new RegExp(`^${name} .* (\\S+)$`, "m").exec(out)![1];
    expect(Number(line("mean"))).toBeCloseTo(mean, 3);
    expect(Number(line("deviation"))).toBeCloseTo(deviation, 3);
    const { columns, rows: cells } = readDelimited(readFileSync(at("f/results.csv"), "utf8"), "results");
    expect(cells.map((row) => row[0])).toEqual(["1", "2", "3", "mean", "deviation"]);
    expect(Number(cells[3]![columns.indexOf("figures.loss")])).toBeCloseTo(mean, 10);
    const alone = await folder.cli("train", "@names.csv", "--out", "@two", "--fold", "2/3", ...BASE);
    expect(alone.code).toBe(0);
    expect(readFileSync(at("two/best.safetensors")).equals(readFileSync(at("f/fold-2/best.safetensors")))).toBe(true);
  });

  test("with --search each trial is judged by its mean, and the best is to be trained on all of the data", async () => {
    const { code, out } = await search("--search", "hidden=3,5", "--folds", "2", ...EASY);
    expect(code).toBe(0);
    const ended = jsonLines("s/trials.jsonl");
    for (const { trial, figures, deviations } of jsonLines("s/results.jsonl")) {
      const [a, b] = ended.filter((one) => one.trial === trial).map((one) => one.figures.loss);
      expect(figures.loss).toBeCloseTo((a + b) / 2, 10);
      expect(deviations.loss).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 10);
    }
    const [{ settings }] = jsonLines("s/results.jsonl");
    expect(out).toContain(`--hidden ${settings.hidden}\n`);
    expect(readdirSync(at("s")).filter((name) => /fold/.test(name))).toEqual([
      "001-fold-1",
      "001-fold-2",
      "002-fold-1",
      "002-fold-2",
    ]);
  });

  test("a kill between folds and on resuming: the same figures", async () => {
    await folder.cli("train", "@names.csv", "--out", "@f", "--folds", "3", ...BASE);
    const whole = timeless("f/results.jsonl");
    const lines = readFileSync(at("f/trials.jsonl"), "utf8").split("\n");
    writeFileSync(at("f/trials.jsonl"), `${lines[0]}\n`);
    rmSync(at("f/fold-3"), { recursive: true });
    const { code } = await folder.cli("train", "--resume", "--out", "@f");
    expect([code, timeless("f/results.jsonl")]).toEqual([0, whole]);
  });
});

test("on a narrow terminal no line of the table is wider, and what has no room is named", async () => {
  const terminal = new FakeTerminal({ isTTY: true, columns: 60 });
  const spec = "hidden=3,4 cell=gru,lstm bidirectional=true,false pooling=mean,max optimizer=adam,rmsprop dropout=0.1,0.2";
  const { code } = await folder.cliOn(terminal, "train", "@names.csv", "--out", "@s", "--search", spec, "--trials", "3", ...EASY);
  expect(code).toBe(0);
  const shown = terminal.stdout.text.split(/[\r\n]+/);
  const table = shown.slice(shown.findIndex((line) => line.startsWith("trial  ")));
  expect(table.length).toBeGreaterThan(4);
  for (const line of table) expect(line.length).toBeLessThanOrEqual(60);
  expect(table.join(" ")).toMatch(/They differ in .*dropout/);
}); // biome-ignore format: long lines

test("CSV has what any row has, and quotes what needs it", () => {
  expect(
    csvOf([
      { a: 1, b: { c: 'x,"y"' } },
      { a: null, d: true },
    ]),
  ).toBe('a,b.c,d\n1,"x,""y""",\n,,true\n');
});
