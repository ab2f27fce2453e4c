import { readdirSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import type { ClassifySettings } from "../../../src/tasks/classify/config.js";
import { storeClasses } from "../../../src/tasks/classify/storing.js";
import { classify } from "../../../src/tasks/classify/task.js";
import type { Example } from "../../../src/tasks/many-to-one/model.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import { regress } from "../../../src/tasks/regress/task.js";
import type { StreamSources } from "../../../src/tasks/task.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { groupTable, nameTable, priceTable, seriesTable, streamed } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const NAME = "rows.csv";
const bytesOf = (text: string) => new TextEncoder().encode(text);
const SMALL = { hidden: 8, embed: 5, batch: 16, lr: 0.02, epochs: 3, validateEvery: 9 } as const;
const NAMES: Partial<ClassifySettings> = { ...SMALL, text: "name", label: "kind" };

/** Steps of so many, and then those that follow in a training that goes on from what was saved. */
async function weightsAfter(begin: (resume?: Uint8Array) => Promise<TaskTraining>, ...until: number[]) {
  let saved: Uint8Array | undefined;
  for (const untilStep of until) {
    const training = await begin(saved);
    await training.fit({ untilStep });
    saved = training.encode();
  }
  const { weights } = decodeAnyTask(saved!);
  return Object.fromEntries([...weights].map(([name, { data }]) => [name, [...data]]));
}

const beginStored = (task: typeof classify | typeof regress, sources: StreamSources, settings: object) =>
  (async (resume?: Uint8Array) => {
    const read = await task.readStream!(sources, settings as never, { op: "train" });
    const checkpoint = resume && (decodeAnyTask(resume) as never);
    return new TaskTraining(task as typeof classify, read.data as never, read.config as never, { resume: checkpoint });
  }) as unknown as (resume?: Uint8Array) => Promise<TaskTraining>;

test("with a file of its own to validate on, rows from the disk give the bits of rows in memory", async () => {
  const [table, held] = [nameTable(150), nameTable(40, 2)];
  const settings = { ...NAMES, dropout: 0.2 };
  const inMemory = async () => {
    const sources = { train: { name: NAME, bytes: bytesOf(table) }, valid: { name: NAME, bytes: bytesOf(held) } };
    const { data, config } = classify.read(sources, settings, { op: "train" });
    return new TaskTraining(classify, data, config) as unknown as TaskTraining;
  };
  const stored = beginStored(classify, { train: streamed(table), valid: streamed(held) }, settings);
  expect(await weightsAfter(stored, 25)).toEqual(await weightsAfter(inMemory, 25));
});

describe("with what a model knows already", () => {
  const know = (table: string, settings: Partial<ClassifySettings>) => {
    const read = classify.read({ train: { name: NAME, bytes: bytesOf(table) } }, settings, { op: "train" });
    return classify.about(read.data, read.config).meta;
  };

  test.each<[string, string, string, Partial<ClassifySettings>, object]>([
    ["names", nameTable(60), nameTable(90, 2).replace("name,kind", "who,kind"), NAMES, { text: "who" }],
    ["labels", nameTable(60).replaceAll("flower", "flower;nice"), nameTable(50, 2), { ...NAMES, multi: true }, {}],
    ["groups", groupTable(40), groupTable(30, 5), { ...SMALL, label: "way", group: "id" }, {}],
  ])("%s are read as they are in memory", async (_, before, table, settings, change) => {
    const known = know(before, { ...settings, valid: 0 });
    const own = { ...settings, ...change, valid: 0, classWeights: "balanced" } as const;
    const naming = { op: "train", known };
    const whole = classify.read({ train: { name: NAME, bytes: bytesOf(table) } }, own, naming).data;
    const { data, close } = await classify.readStream!({ train: streamed(table) }, own, naming);
    expect([data.classes, data.inputs]).toEqual([whole.classes, whole.inputs]);
    expect([data.classes, data.inputs.mean]).toEqual([known.classes, known.inputs.mean]);
    expect(data.weights).toEqual(whole.weights);
    expect([...data.weights!].every(Number.isFinite)).toBe(true);
    expect([...data.train].map(told).sort()).toEqual([...whole.train].map(told).sort());
    close!();
  });

  test("a class that it does not know is refused", async () => {
    const naming = { op: "train", known: know(nameTable(60), NAMES) };
    const read = classify.readStream!({ train: streamed("name,kind\na,stone\nb,wood\n") }, NAMES, naming);
    await expect(read).rejects.toThrow(
      'rows.csv:3: column "kind" must be a class that was learned ("flower", "stone")',
    );
  });
});

describe("goes on to the bit, mid-epoch", () => {
  test.each([
    ["names", classify, nameTable(200), { ...NAMES, valid: 0.2, dropout: 0.2 }],
    ["words with a rare class", classify, `${nameTable(90)}Xeno,rare\n`, { ...NAMES, valid: 0.5, tokens: "word" }],
    ["series", classify, seriesTable(120), { ...SMALL, label: "label", valid: 0.1 }],
    ["groups", classify, groupTable(90), { ...SMALL, label: "way", group: "id", valid: 0.2 }],
    ["windows", classify, groupTable(40), { ...SMALL, label: "way", group: "id", window: 3, stride: 1, valid: 0.2 }],
    ["prices", regress, priceTable(150), { ...SMALL, text: "what", label: "price", tokens: "bpe", vocabSize: 300 }],
  ] as const)("%s", async (_, task, table, settings) => {
    const begin = beginStored(task, { train: streamed(table) }, settings);
    expect(await weightsAfter(begin, 11, 12, 20)).toEqual(await weightsAfter(begin, 20));
  });
});

/** What is told of an example, whatever its place. */
const told = ({ steps, target }: Example) => `${[...steps]}>${target}`;

test("folds are dealt out as rows come: each row is held out in one of them", async () => {
  const table = nameTable(150);
  const held: string[] = [];
  for (const fold of ["1/3", "2/3", "3/3"]) {
    const config = classify.resolve({ ...NAMES, fold, splitSeed: 4 }, "test");
    const data = await storeClasses({ train: streamed(table) }, config);
    expect(data.train.length + data.validation.length).toBe(150);
    expect(data.validation.length).toBeGreaterThan(30);
    held.push(...[...data.validation].map(told));
    data.close();
  }
  const whole = await storeClasses({ train: streamed(table) }, classify.resolve({ ...NAMES, valid: 0 }, "test"));
  // But for those whose class nobody knew yet.
  expect(held.length).toBeGreaterThanOrEqual(150 - 6);
  expect([...whole.train].map(told)).toEqual(expect.arrayContaining(held));
  whole.close();
});

describe("of rows that are too many for one order", () => {
  const table = nameTable(300, 3);
  const of = async (mostInPart?: number) => {
    const config = classify.resolve({ ...NAMES, valid: 0.2, batch: 7 }, "test");
    return { config, data: await storeClasses({ train: streamed(table) }, config, { mostInPart }) };
  };

  test("every one is trained on once in an epoch, in another order in the next, and from any place on as before", async () => {
    const { config, data } = await of(50);
    const all = [...data.train].map(told);
    expect(data.train).toHaveLength(300 - data.validation.length);
    expect((await of()).data.train).toHaveLength(all.length);
    const batches = classify.batches(data, config);
    const epoch = () =>
      Array.from({ length: batches.steps }, () => {
        const { position } = batches;
        const { steps, lengths, targets } = batches.next();
        const ids = steps.data();
        const rows = lengths.map((length, n) =>
          told({ steps: Int32Array.from({ length }, (_, t) => ids[t * lengths.length + n]!), target: targets[n]! }),
        );
        return { position, rows };
      });
    const [first, second] = [epoch(), epoch()];
    expect(first.flatMap(({ rows }) => rows).sort()).toEqual(all.sort());
    expect(second.flatMap(({ rows }) => rows).sort()).toEqual(all);
    expect(first.map(({ rows }) => rows)).not.toEqual(second.map(({ rows }) => rows));
    for (const { position, rows } of [first[13]!, second[2]!, first[0]!, first.at(-1)!]) {
      batches.position = position;
      expect(batches.position).toEqual(position);
      const { lengths } = batches.next();
      expect(lengths).toHaveLength(rows.length);
      batches.position = position;
      expect(epoch()[0]!.rows).toEqual(rows);
    }
    expect(() => (batches.position = { epoch: 0, step: batches.steps })).toThrow("must be an integer in [0");
  });

  test("parts hold rows of the whole file, and training goes on within any", async () => {
    const { data } = await of(50);
    const [train] = [data.train as { sizes?: readonly number[] }];
    expect(train.sizes).toHaveLength(Math.ceil(data.train.length / 50));
    for (const size of train.sizes!) expect(size).toBeGreaterThan(15);
  });
});

describe("how rows are drawn", () => {
  test("each by itself, by the seed, and the first of a class to train on", async () => {
    const table = `${nameTable(400)}Xeno,rare\n`;
    const of = async (seed: number) => {
      const config = classify.resolve({ ...NAMES, valid: 0.3, seed }, "test");
      const { train, validation, classes } = await storeClasses({ train: streamed(table) }, config);
      expect(train.length + validation.length).toBe(401);
      expect(Math.abs(validation.length - 120)).toBeLessThan(40);
      expect([...train].filter(({ target: [c] }) => classes[c!] === "rare")).toHaveLength(1);
      return [...validation].map(told);
    };
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
  });

  test("windows of two parts share no row", async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => `${i},${i % 3 ? "a" : "b"}`).join("\n");
    const settings = { ...SMALL, window: 5, stride: 2, label: "way", columns: "x", valid: 0.3 };
    const config = classify.resolve(settings, "test");
    const data = await storeClasses({ train: streamed(`x,way\n${rows}\n`) }, config);
    const { mean, scale } = data.inputs;
    const rowsOf = (part: Iterable<Example>) =>
      new Set([...part].flatMap(({ steps }) => [...steps].map((x) => Math.round(x * scale[0]! + mean[0]!))));
    const [train, held] = [rowsOf(data.train), rowsOf(data.validation)];
    expect(held.size).toBeGreaterThan(200);
    expect([...held].filter((row) => train.has(row))).toEqual([]);
  });
});

test("scales are those of memory, but for the last bits", async () => {
  const settings = { ...SMALL, label: "way", group: "id", valid: 0 };
  const table = groupTable(50);
  const inMemory = classify.read({ train: { name: NAME, bytes: bytesOf(table) } }, settings, { op: "train" }).data;
  const { data } = await classify.readStream!({ train: streamed(table) }, settings, { op: "train" });
  for (const key of ["mean", "scale"] as const) {
    for (const [f, value] of data.inputs[key].entries()) {
      expect(value / inMemory.inputs[key][f]!).toBeCloseTo(1, 10);
    }
  }
});

describe("what is refused says where it stands, and leaves nothing behind", () => {
  test.each<[string, string, Partial<ClassifySettings>, string]>([
    ["an empty label", "name,kind\na,x\nb,\nc,y\n", NAMES, 'rows.csv:3: column "kind" must name a class, got ""'],
    ["one class", "name,kind\na,x\nb,x\n", NAMES, 'rows.csv must have two classes or more, got "x" alone'],
    ["an empty text", 'name,kind\na,x\n"",y\n', NAMES, 'rows.csv:3: column "name" must hold text, got ""'],
    ["no word", "name,kind\na,x\n  ,y\n", { ...NAMES, tokens: "word" }, 'rows.csv:3: column "name" must hold text'],
    ["no number", 'n,kind\n1,x\n"1,5",y\n', { label: "kind" }, 'column "n" must be a finite number, got "1,5"'],
    ["a ragged row", "name,kind\na,x\nb\n", NAMES, "rows.csv:3 must have 2 cells"],
    ["a missing column", "nam,kind\na,x\nb,y\n", NAMES, 'must have the column, got "name". Did you mean "nam"?'],
    ["a torn group", "id,a,way\n1,5,x\n2,5,y\n1,4,x\n", { label: "way", group: "id" }, "rows.csv:4"],
    ["an empty file", "", NAMES, "rows.csv must hold rows below its header"],
  ])("%s", async (_, table, settings, says) => {
    vi.stubEnv("TMPDIR", folder.at());
    const read = classify.readStream!({ train: streamed(table, 4) }, { ...settings, valid: 0 }, { op: "train" });
    await expect(read).rejects.toThrow(says);
    expect(readdirSync(folder.at())).toEqual([]);
    vi.unstubAllEnvs();
  });

  test("a class of the file to validate on that training lacks", async () => {
    const sources = { train: streamed("name,kind\na,x\nb,y\n"), valid: streamed("name,kind\na,z\n") };
    await expect(classify.readStream!(sources, NAMES, { op: "train" })).rejects.toThrow(
      'rows.csv (to validate on):2: column "kind" must be a class that was learned ("x", "y"), got "z"',
    );
  });

  test("numbers that are all one, to a regressor", async () => {
    const read = regress.readStream!(
      { train: streamed("what,price\na,3\nb,3\n") },
      { text: "what", label: "price" },
      { op: "train" },
    );
    await expect(read).rejects.toThrow('rows.csv must have different numbers to tell, got 3 alone in column "price"');
  });
});
