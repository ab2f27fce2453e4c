import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { languageModel } from "../../src/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const TINY = ["--hidden", "9", "--embed", "6", "--layers", "2", "--max-steps", "4", "--threads", "1"];
const TRAIN = ["train", "@c.txt", "--out", "@run", "--sample-length", "0"];
const AWD = [...TRAIN, "--preset", "awd-lstm", ...TINY];
const config = () => JSON.parse(readFileSync(at("run/config.json"), "utf8"));
const { settings } = languageModel.LANGUAGE_MODEL_PRESETS["awd-lstm"]!;

beforeEach(() => writeFileSync(at("c.txt"), nonsense(6000)));

describe("--preset", () => {
  test("is told, stands in config.json, and gives way to flags; a small text still chooses its sizes", async () => {
    const { code, out, err } = await folder.cli(...AWD);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^preset awd-lstm: --tokens word, --cell lstm, --last-hidden embed, --tie, /);
    expect(out).toContain("--optimizer nt-asgd, --lr 30, --clip 0.25, --weight-decay 0.0000012");
    expect(out).not.toContain("--hidden 1150");
    expect(out).toMatch(/chosen for a text of this size: --batch \d+/);
    const { batch, ...others } = config();
    expect(batch).toBeLessThan(20);
    const { batch: _, ...expected } = { ...settings, hidden: 9, embed: 6, layers: 2, lastHidden: 6 };
    expect(others).toMatchObject(expected);
  });

  // Each setting of the recipe by its own flag, with another value than the recipe's.
  const OTHERS: Readonly<Record<string, string>> = {
    ...{
      tokens: "char",
      cell: "gru",
      hidden: "7",
      layers: "3",
      embed: "8",
      lastHidden: "6",
      tie: "no",
      initRange: "0.2",
    },
    ...{ batch: "3", seqLen: "11", randomLength: "no", epochs: "2", optimizer: "adam", lr: "2", clip: "1" },
    ...{ weightDecay: "0.01", nonMonotone: "2", embeddingDropout: "0.2", inputDropout: "0.3", hiddenDropout: "0" },
    ...{ outputDropout: "0.1", weightDrop: "0", ar: "0", tar: "0.5" },
  };
  test("every setting of the recipe has a flag that goes before it", () => {
    expect(Object.keys(OTHERS).sort()).toEqual(Object.keys(settings).sort());
  });
  test.each(Object.entries(OTHERS))("%s %s", async (key, value) => {
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const flags = value === "no" ? [`--no-${flag}`] : [`--${flag}`, value];
    const { code, err } = await folder.cli(...AWD, ...flags);
    expect([code, err]).toEqual([0, ""]);
    const expected = value === "no" ? false : Number.isNaN(Number(value)) ? value : Number(value);
    // As wide as the layers by default is not said again.
    expect(config()[key]).toBe(expected);
  });

  test("another optimiser brings its own learning rate", async () => {
    await folder.cli(...AWD, "--optimizer", "adam");
    expect(config()).toMatchObject({ optimizer: "adam", lr: 0.002, clip: 0.25 });
  });

  test("a run of it goes on to the bit, and its model samples, evaluates and is looked into", async () => {
    const run = ["--validate-every", "2", "--non-monotone", "0"];
    await folder.cli(...AWD, ...run, "--max-steps", "8", "--out", "@whole");
    await folder.cli(...AWD, ...run, "--max-steps", "4");
    const done = await folder.cli("train", "--resume", "--out", "@run", "--max-steps", "8", "--threads", "1");
    expect([done.code, done.err]).toEqual([0, ""]);
    const bytes = (name: string) => readFileSync(at(`${name}/last.safetensors`));
    expect(bytes("run").equals(bytes("whole"))).toBe(true);
    for (const argv of [
      ["sample", "@run", "--length", "5"],
      ["eval", "@run", "@c.txt"],
      ["inspect", "@run", "@c.txt", "--length", "9"],
    ]) {
      const { code, err } = await folder.cli(...argv);
      expect([code, err], argv[0]).toEqual([0, ""]);
    }
  });

  test("a second recipe, and names that are none", async () => {
    const rnn = await folder.cli(...TRAIN, "--preset", "char-rnn", "--max-steps", "1", "--hidden", "8");
    expect(rnn.code).toBe(0);
    expect(config()).toMatchObject({ optimizer: "rmsprop", lr: 0.002, layers: 2, hidden: 8, embed: 8 });
    const mistyped = await folder.cli(...TRAIN, "--preset", "awd-lsmt");
    expect(mistyped).toMatchObject({
      code: 2,
      err: 'error: --preset: found "awd-lsmt"; it must be one of "awd-lstm", "char-rnn". Nothing was written. Try: --preset awd-lstm\n',
    });
    writeFileSync(at("rows.csv"), "name,kind\nAb,x\nBc,y\n");
    const other = await folder.cli("train", "@rows.csv", "--out", "@rows", "--preset", "awd-lstm");
    expect(other).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /--preset: found "awd-lstm"; it must be left out: a classifier has none\. .*Try: unrolled train rows.csv --out rows\n$/,
      ),
    });
  });
});

describe("what a cell cannot have", () => {
  test.each([
    [
      ["--cell", "min-gru", "--weight-drop", "0.2"],
      "--weight-drop: found 0.2; it must be left out with --cell min-gru: MinGRU has no recurrent weights. ",
    ],
    [
      ["--cell", "min-lstm", "--zoneout", "0.2"],
      "--zoneout: found 0.2; it must be left out with --cell min-lstm: MinLSTM takes all steps at once. ",
    ],
    [
      ["--cell", "gru", "--zoneout-cell", "0.2"],
      "--zoneout-cell: found 0.2; it must be left out with --cell gru: GRU has no cell state to keep. ",
    ],
    [
      ["--hidden-dropout", "0.2", "--layers", "1"],
      "--hidden-dropout: found 0.2; it must be 0 with --layers 1: there is nothing between layers. ",
    ],
  ])("%j says so, and its advice works", async (flags, message) => {
    const { code, err } = await folder.cli(...TRAIN, "--max-steps", "1", "--hidden", "8", ...flags);
    expect(code).toBe(2);
    expect(err).toContain(message);
    const advice = /Try: unrolled (.*)\n$/.exec(err)![1]!.split(" ");
    expect((await folder.cli(...advice.map((word) => (/^(c\.txt|run)$/.test(word) ? `@${word}` : word)))).code).toBe(0);
  });
});
