import { describe, expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import type { AnomalyData } from "../../src/tasks/anomaly/data.js";
import type { ClassifyData } from "../../src/tasks/classify/data.js";
import type { ForecastData } from "../../src/tasks/forecast/data.js";
import type { GenerateData } from "../../src/tasks/generate/data.js";
import type { Corpus } from "../../src/tasks/language-model/corpus.js";
import type { Example } from "../../src/tasks/many-to-one/model.js";
import { TASKS, taskNamed } from "../../src/tasks/registry.js";
import type { Seq2SeqData } from "../../src/tasks/seq2seq/data.js";
import type { TagData } from "../../src/tasks/tag/data.js";
import type { TaskTypes } from "../../src/tasks/task.js";
import { crossValidate, search } from "../../src/tasks/trials/search.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, groupTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const K = 3;

const letters = (length: number, seed = 1) => {
  const generator = new Generator(seed);
  return Array.from({ length }, () => "abcde \n"[generator.integer(7)]).join("");
};
/** Nine of one class and a third as many of another, in one column of numbers. */
const unequal = `x,label\n${Array.from({ length: 36 }, (_, i) => `${i},${i % 4 === 0 ? "rare" : "usual"}`).join("\n")}\n`;

/** A small file for each task, and small settings. */
const SMALL: Record<string, { name: string; text: string; settings?: Record<string, unknown> }> = {
  tag: { name: "p.conll", text: conll(taggedSentences(30)), settings: { charEmbed: 3, charHidden: 3, embed: 4 } },
  seq2seq: { name: "p.tsv", text: reversedPairs(40, { longest: 2 }) },
  forecast: { name: "d.csv", text: dailyTable(60), settings: { time: "day", target: "load", id: "site", lags: "1", context: 5 } },
  classify: { name: "n.csv", text: nameTable(40) },
  regress: { name: "p.csv", text: priceTable(40), settings: { text: "what", label: "price" } },
  generate: { name: "n.csv", text: nameTable(40) },
  anomaly: { name: "l.txt", text: letters(400) },
  "language-model": { name: "t.txt", text: letters(900), settings: { batch: 4, seqLen: 8 } },
}; // biome-ignore format: a table

/** What a task makes of a file, with a part held out. */
function read(task: string, text: string, settings: Record<string, unknown>, name = "data.csv") {
  const of = taskNamed(task);
  const inferred = of.infer?.(name, () => bytes(text), settings, true)?.settings ?? {};
  const { data, config } = of.read({ train: { name, bytes: bytes(text) } }, { ...inferred, ...settings } as Partial<TaskTypes["settings"]>, { op: "t" }); // biome-ignore format: a line
  return { data, about: of.about(data, config) };
}

const parts = <D>(task: string, text: string, settings: Record<string, unknown> = {}, name?: string) =>
  Array.from({ length: K }, (_, i) => read(task, text, { ...settings, fold: `${i + 1}/${K}` }, name).data as D);

describe("every task", () => {
  test("has a case here", () => {
    expect(Object.keys(SMALL).sort()).toEqual(TASKS.map(({ name }) => name).sort());
  });

  test.each(TASKS.map(({ name }) => name))("%s is validated on each fold, and searched over", async (name) => {
    const { text, settings, name: file } = SMALL[name]!;
    const source = { name: file, bytes: bytes(text) };
    const common = { task: name, hidden: 4, epochs: 1, ...settings };
    const found = await crossValidate(source, { ...common, folds: 2 });
    expect(found.folds.map(({ fold, failure }) => [fold, failure])).toEqual([[1, null], [2, null]]); // biome-ignore format: a line
    const [a, b] = found.folds.map(({ figures }) => figures![found.metric] ?? figures!["loss"]!);
    expect(Number.isFinite(a) && Number.isFinite(b)).toBe(true);
    expect(found.mean["loss"]).toBeCloseTo(
      (found.folds[0]!.figures!["loss"]! + found.folds[1]!.figures!["loss"]!) / 2,
      10,
    );
    const searched = await search(source, { ...common, valid: 0.3, space: "lr=0.001,0.01" });
    expect(searched.rows.map(({ status }) => status)).toEqual(["done", "done"]);
    expect(searched.model!.config["lr"]).toBe(searched.best!.settings["lr"]);
  });

  test.each(TASKS.map(({ name }) => name))(
    "%s: another part is held out in each fold, and of one seed the same",
    (name) => {
      const { text, settings, name: file } = SMALL[name]!;
      const of = (fold: string) => {
        const { data, about } = read(name, text, { ...settings, fold }, file);
        return { heldOut: about.heldOut, part: JSON.stringify((data as { validation: unknown }).validation) };
      };
      const found = ["1/3", "2/3", "3/3"].map(of);
      expect(found.map(({ heldOut }) => heldOut)).toEqual([true, true, true]);
      expect(new Set(found.map(({ part }) => part)).size).toBe(3);
      expect(of("2/3").part).toBe(found[1]!.part);
    },
  );
});

test.each(["0/3", "4/3", "1/1", "x", "1/3/4", "-1/3", "1.5/3", "", 3, true])("a fold of %j is refused", (fold) => {
  expect(() => read("classify", nameTable(20), { fold })).toThrow(/fold must be one of two parts or more/);
});

const inMemory = (part: ClassifyData["train"]) => part as readonly Example[];

describe("rows", () => {
  test("each is held out once, and each class has its share of every fold", () => {
    const found = parts<ClassifyData>("classify", unequal, { label: "label" });
    const rare = found[0]!.classes.indexOf("rare");
    expect(found.map(({ validation }) => inMemory(validation).filter(({ target }) => target[0] === rare).length)).toEqual([3, 3, 3]);
    expect(found.map(({ train, validation }) => [train.length, validation.length])).toEqual([[24, 12], [24, 12], [24, 12]]); // biome-ignore format: a line
    const original = (data: ClassifyData) => inMemory(data.validation).map(({ steps }) => Math.abs(Math.round(steps[0]! * data.inputs.scale[0]! + data.inputs.mean[0]!)));
    expect(found.flatMap(original).sort((a, b) => a - b)).toEqual(Array.from({ length: 36 }, (_, i) => i));
  }); // biome-ignore format: long lines

  test("the rows of a group stay together", () => {
    const found = parts<ClassifyData>("classify", groupTable(12), {
      label: "way",
      group: "id",
      columns: "small,large",
    });
    const sizes = found.map(({ validation }) => validation.length);
    expect(sizes.reduce((all, size) => all + size, 0)).toBe(12);
  });

  test("windows of one group are in one fold; of one long table, windows that share rows are in one part", () => {
    const rows = Array.from({ length: 60 }, (_, i) => `g${Math.floor(i / 10)},${i},${Math.floor(i / 10) % 2 ? "x" : "y"}`);
    const text = `id,v,label\n${rows.join("\n")}\n`;
    const values = (data: ClassifyData, part: ClassifyData["train"]) =>
      new Set(inMemory(part).flatMap(({ steps }) => Array.from(steps, (v) => Math.round(v * data.inputs.scale[0]! + data.inputs.mean[0]!))));
    for (const settings of [{ group: "id" }, {}]) {
      const given = { label: "label", columns: "v", window: 4, stride: 1, ...settings };
      const found = parts<ClassifyData>("classify", text, given);
      const held = found.map((data) => {
        const [train, validation] = [values(data, data.train), values(data, data.validation)];
        expect([...validation].filter((v) => train.has(v))).toEqual([]);
        return data.validation.length;
      });
      expect(held.every((count) => count > 0)).toBe(true);
    }
  }); // biome-ignore format: long lines

  test("all pairs of one source are in one part", () => {
    const found = parts<Seq2SeqData>("seq2seq", reversedPairs(40, { longest: 1 }), {}, "p.tsv");
    for (const { train, validation } of found) {
      const learned = new Set([...train].map(({ text }) => text));
      expect([...validation].filter(({ text }) => learned.has(text))).toEqual([]);
    }
    expect(found.reduce((all, { validation }) => all + validation.length, 0)).toBe(40);
  });

  test("sentences and texts are each held out once", () => {
    const tagged = parts<TagData>("tag", conll(taggedSentences(30)), {}, "p.conll");
    expect(tagged.map(({ train, validation }) => [train.length, validation.length])).toEqual([[20, 10], [20, 10], [20, 10]]); // biome-ignore format: a line
    const texts = parts<GenerateData>("generate", nameTable(31));
    expect(texts.reduce((all, { validation }) => all + validation.length, 0)).toBe(31);
    const lines = parts<AnomalyData>("anomaly", "aa\nbb\ncc\ndd\nee\nff\n", {}, "l.txt");
    expect(lines.flatMap(({ validation }) => [...validation].map((line) => (line as { text: string }).text)).sort()).toEqual(["aa", "bb", "cc", "dd", "ee", "ff"]); // biome-ignore format: a line
  });
});

describe("in a row", () => {
  test.each([
    ["forecast", { horizon: 2 }],
    ["anomaly", {}],
  ])("%s: a fold learns from what comes before it alone, and the folds follow each other to the end", (task, more) => {
    const settings = { time: "day", target: "load", id: "site", lags: "1", context: 5, ...more };
    const found = parts<ForecastData>(task, dailyTable(60), settings);
    const places = found.map(({ train, validation }) => {
      const of = (part: ForecastData["train"]) => [...part].filter(({ series }) => series.id === "south").map(({ origin }) => origin);
      return { learned: Math.max(...of(train)), first: Math.min(...of(validation)), last: Math.max(...of(validation)) };
    });
    const horizon = (more as { horizon?: number }).horizon ?? 1;
    // 60 days in four: 15 each.
    expect(places.map(({ first }) => first)).toEqual([15, 30, 45]);
    for (const { learned, first } of places) expect(learned + horizon).toBe(first);
    expect(places.map(({ last }) => last)).toEqual([30, 45, 60].map((end) => end - horizon - ((15 - horizon) % horizon)));
  }); // biome-ignore format: long lines

  test("a text is cut into stretches, and the rest of it is learned from", () => {
    const text = letters(901);
    const found = parts<Corpus>("language-model", text, { batch: 4, seqLen: 8 }, "t.txt");
    const [a, b, c] = found.map(({ vocabulary, validation }) => vocabulary.decode(validation!));
    expect(`${a}${b}${c}`).toBe(text);
    expect(found[1]!.vocabulary.decode(found[1]!.train)).toBe(`${a}${c}`);
  });
});

describe("too many folds", () => {
  const nine = nameTable(9);
  test.each([
    ["classify", nine, 9, /rows of class "(flower|stone)" \(\d\), got 9. Use \d folds/],
    ["regress", priceTable(5), 6, /number of rows \(5\), got 6. Use 5 folds/],
    ["seq2seq", reversedPairs(4, { longest: 1 }), 99, /number of sources/],
    ["forecast", dailyTable(20), 50, /stretches of a series, after the first \(19\), got 50. Use 19 folds/],
    ["classify", "x,label\n1,a\n2,a\n3,a\n4,b\n", 2, /rows of class "b" \(1\).*Leave them out, or train without folds/],
  ])("%s", (task, text, folds, says) => {
    const settings: Record<string, unknown> = { forecast: { time: "day", target: "load", id: "site" }, regress: { text: "what", label: "price" } }[task] ?? {}; // biome-ignore format: a line
    expect(() => read(task, text, { ...settings, fold: `1/${folds}` }, task === "seq2seq" ? "p.tsv" : "d.csv")).toThrow(
      says,
    );
  });

  test("the advised number does", () => {
    const error = (() => {
      try {
        read("classify", nine, { fold: "1/9" });
      } catch (caught) {
        return caught as { details: { settings: { folds: number } } };
      }
      throw new Error("nothing was refused");
    })();
    const { folds } = error.details.settings;
    expect(read("classify", nine, { fold: `1/${folds}` }).about.heldOut).toBe(true);
  });

  test("is told at once, and not once a fold", async () => {
    const source = { name: "n.csv", bytes: bytes(nine) };
    await expect(crossValidate(source, { folds: 9, hidden: 2 })).rejects.toThrow(
      /folds must be at most the number of rows/,
    );
  });
});
