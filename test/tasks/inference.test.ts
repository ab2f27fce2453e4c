import { describe, expect, test } from "vitest";
import { inferTask } from "../../src/tasks/registry.js";

const range = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));
const csv = (columns: string, of: (i: number) => readonly (string | number)[], n = 120) =>
  [columns, ...range(n, (i) => of(i).join(","))].join("\n");
const jsonl = (of: (i: number) => object, n = 30) => range(n, (i) => JSON.stringify(of(i))).join("\n");
const noise = (i: number) => ((i * 7919 + 13) % 1009) / 10;
const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const says = (i: number) => `it said ${noise(i)} words of ${["hope", "fear", "joy"][(i * i) % 3]}`;
const kind = (i: number) => (noise(i) > 50 ? "up" : "down");

function inferred(text: string, given: object = {}, name = "t.csv") {
  const { task, inferred } = inferTask(name, () => new TextEncoder().encode(text), given as never);
  return { task: task.name, ...inferred?.settings, found: inferred?.found ?? "" } as Record<string, unknown>;
}

describe("what only tells rows apart is no input", () => {
  test.each<[what: string, columns: string, of: (i: number) => readonly (string | number)[]]>([
    ["a row number, whatever it is called", "n,a,b,label", (i) => [i, noise(i), noise(i + 3), kind(i)]],
    ["one that begins elsewhere", "n,a,b,label", (i) => [5000 + 2 * i, noise(i), noise(i + 3), kind(i)]],
    ["a clock that ticks", "when,a,b,label", (i) => [0.1 * i, noise(i), noise(i + 3), kind(i)]],
    ["an id without an order", "customer_id,a,b,label", (i) => [(i * 37) % 997, noise(i), noise(i + 3), kind(i)]],
    ["an id that comes again", "customerId,a,b,label", (i) => [(i * 37) % 11, noise(i), noise(i + 3), kind(i)]],
    ["an id of letters", "sku,a,b,label", (i) => [`X-${(i * 37) % 997}`, noise(i), noise(i + 3), kind(i)]],
    ["a day", "day,a,b,label", (i) => [day((i * 7) % 100), noise(i), noise(i + 3), kind(i)]],
    ["a text of few values", "colour,a,b,label", (i) => [["red", "blue"][i % 2]!, noise(i), noise(i + 3), kind(i)]],
  ])("%s", (_, columns, of) => {
    const found = inferred(csv(columns, of), { label: "label" });
    expect(found).toMatchObject({ task: "classify", text: null, columns: "a,b", label: "label" });
    expect(found["found"]).toMatch(/^2 numbers a row, label=label \(2 classes\)/);
    expect(inferred(csv(columns, of), { label: "label", columns: "a" })).not.toHaveProperty("columns");
  });

  test("numbers that rise and fall are all read", () => {
    const found = inferred(csv("a,b,c,label", (i) => [i % 40, noise(i), noise(2 * i), kind(i)]));
    expect(found).toMatchObject({ text: null, found: expect.stringMatching(/^3 numbers a row/) });
    expect(found).not.toHaveProperty("columns");
  });

  test("an id is no text where there is another one, however long it is", () => {
    const id = (i: number) => `${"0123456789abcdef".repeat(4)}-${i}`;
    expect(inferred(csv("uuid,said,label", (i) => [id(i), says(i), kind(i)]))).toMatchObject({ text: "said" });
    expect(inferred(csv("uuid,label", (i) => [id(i), kind(i)]))).toMatchObject({ text: "uuid" });
  });

  test("numbers with a comma before the fraction are no texts", () => {
    const table = csv("a;b;label", (i) => [`${noise(i).toFixed(1).replace(".", ",")};${i % 40};${kind(i)}`]);
    expect(inferred(table)).toMatchObject({ text: null, label: "label", found: expect.stringMatching(/^2 numbers/) });
  });

  test("a stray cell among numbers is left for the reader to tell", () => {
    const found = inferred(csv("a,b,label", (i) => [i === 7 ? "4 kg" : noise(i), noise(i + 3), kind(i)]));
    expect(found).not.toHaveProperty("columns");
  });
});

describe("rows of an id that stand together are a sequence", () => {
  const of = (id: string) => (i: number) => [`${id}${Math.floor(i / 6)}`, noise(i), Math.floor(i / 6) % 2 ? "a" : "b"];
  test.each(["visit_id", "sessionId", "patient id", "ID"])("%s", (name) => {
    for (const id of ["V", ""]) {
      const found = inferred(csv(`${name},pulse,label`, of(id) as never));
      expect(found).toMatchObject({ task: "classify", group: name, text: null, label: "label" });
      expect(found["found"]).toContain(`1 number a row, group=${name}, label=label`);
      expect(found).not.toHaveProperty("split");
    }
  });

  test.each<[what: string, columns: string, of: (i: number) => readonly (string | number)[], given?: object]>([
    ["their rows are apart", "visit_id,pulse,label", (i) => [`V${i % 20}`, noise(i), i % 20 < 10 ? "a" : "b"]],
    ["their labels differ", "visit_id,pulse,label", (i) => [`V${Math.floor(i / 6)}`, noise(i), kind(i)]],
    ["no name says so", "pulse2,pulse,label", of("") as never],
    ["columns are named", "visit_id,pulse,label", of("V") as never, { columns: "pulse" }],
    ["there is a text", "visit_id,said,label", (i) => [`V${Math.floor(i / 6)}`, says(i), Math.floor(i / 6) % 2]],
  ])("not where %s", (_, columns, of, given = {}) => {
    expect(inferred(csv(columns, of), given)["group"] ?? null).toBeNull();
  });
});

describe("what is to be told", () => {
  test("numbers of many values in the middle are measured, not classes", () => {
    const table = csv("said,year,rooms,price", (i) => [says(i), 1950 + (i % 60), i % 6, 1000 + noise(i) * 31]);
    expect(inferred(table)["label"]).toBeUndefined();
    expect(inferred(csv("said,votes", (i) => [says(i), i % 5]))).toMatchObject({ label: "votes", text: "said" });
    expect(inferred(csv("votes,said", (i) => [i % 5, says(i)]))).toMatchObject({ label: "votes", text: "said" });
  });

  test("a likely name is what is to be told, where it has few values", () => {
    const of = (i: number) => [i * 3, (i % 10) / 2, says(i), noise(i)];
    expect(inferred(csv("item,rating,said,votes", of))).toMatchObject({ label: "rating", text: "said" });
    expect(inferred(csv("rating,item,said,votes", of))["label"]).not.toBe("rating");
    expect(inferred(csv("item,rating,label,votes", (i) => [i, i % 5, kind(i), noise(i)]))).toMatchObject({
      label: "label",
    });
  });

  test("a long text of which few are different is no class", () => {
    const table = csv("said,a,b", (i) => [
      `a long text about nothing, no ${i % 40}`.replace(",", ""),
      noise(i),
      noise(3 * i),
    ]);
    expect(inferred(table)["label"]).toBeUndefined();
  });

  test("lists are several labels", () => {
    const table = jsonl((i) => ({ said: says(i), topics: [["x", "y"], [], ["y"]][i % 3] }));
    expect(inferred(table, {}, "t.jsonl")).toMatchObject({
      task: "classify",
      label: "topics",
      multi: true,
      text: "said",
    });
    expect(inferred(table, {}, "t.jsonl")["found"]).toContain("several labels a row");
    expect(inferred(table, { multi: false }, "t.jsonl")).not.toHaveProperty("multi");
    expect(inferred(csv("said,label", (i) => [says(i), i % 2 ? "[a" : "b]"]))).not.toHaveProperty("multi");
  });

  test.each([
    [true, (i: number) => (Math.floor(i / 10) % 3 ? "walk" : "run")],
    [false, (i: number) => kind(i)],
    [false, (i: number) => (i < 60 ? "a" : "b")],
  ])("neighbours that are alike more often than by chance: %s", async (isTold, label) => {
    const table = csv("a,b,label", (i) => [noise(i), noise(i + 5), label(i)]);
    expect((await doubts(table, {}, "t.csv")).includes("set window to read them together")).toBe(isTold);
    expect(await doubts(table, { window: 10 }, "t.csv")).not.toContain("window to read");
  });
});

describe("words and tags under any keys", () => {
  const sentence = (i: number) => ({ doc: i, words: range(2 + (i % 3), (k) => `w${i + k}`), pos: range(2 + (i % 3), (k) => "AB"[k % 2]!) }); // biome-ignore format: a line
  test("two lists as long as each other", () => {
    const settings = { task: "tag", tokens: "words", tags: "pos" };
    expect(inferred(jsonl(sentence), {}, "t.jsonl")).toMatchObject(settings);
    const turned = jsonl((i) => ({ pos: sentence(i).pos, words: sentence(i).words }));
    expect(inferred(turned, {}, "t.jsonl")).toMatchObject({ ...settings, found: expect.stringMatching(/^tokens=words, tags=pos, 30 s/) }); // biome-ignore format: a line
  });

  test.each<[what: string, of: (i: number) => object]>([
    ["of other lengths", (i) => ({ words: sentence(i).words, pos: i === 9 ? ["A"] : sentence(i).pos })],
    ["three of them", (i) => ({ ...sentence(i), more: sentence(i).pos })],
    ["of numbers", (i) => ({ ...sentence(i), pos: sentence(i).pos.map(() => 1) })],
    ["one of each", (i) => ({ words: [says(i)], label: [kind(i)] })],
  ])("not %s", (_, of) => {
    expect(inferred(jsonl(of), {}, "t.jsonl")["task"]).not.toBe("tag");
  });
});

describe("tags that are numbers of a list elsewhere", () => {
  const of = (i: number) => ({ tokens: range(2 + (i % 3), (k) => `w${i + k}`), ner_tags: range(2 + (i % 3), (k) => (k + i) % 2) }); // biome-ignore format: a line
  test("are tags where they are named so", () => {
    const renamed = jsonl((i) => ({ tokens: of(i).tokens, tags: of(i).ner_tags }));
    expect(inferred(renamed, {}, "t.jsonl")["task"]).toBe("tag");
    const two = jsonl((i) => ({ ...of(i), pos_tags: of(i).ner_tags }));
    expect(inferred(two, { tags: "ner_tags" }, "t.jsonl")["task"]).toBe("tag");
    const fractions = jsonl((i) => ({ ...of(i), ner_tags: of(i).ner_tags.map((tag) => tag / 2) }));
    expect(() => inferred(fractions, { tags: "ner_tags" }, "t.jsonl")).toThrow("must be a text");
  });
});

const doubts = async (text: string, given: object, name: string) => {
  return await inferTask(name, () => new TextEncoder().encode(text), given as never).inferred!.doubts!();
};

describe("what is odd about columns is said where they are named", () => {
  const several = (mark: string) => (i: number) => [
    says(i),
    ["a", `a${mark}b`, `b${mark}c`, `c${mark}a`, "b", `b${mark}a`][i % 6]!,
  ];
  const tabs = (columns: string, of: (i: number) => readonly (string | number)[]) =>
    [columns, ...range(60, (i) => of(i).join("\t"))].join("\n");
  test.each<[what: string, text: string, name: string, said: string | null]>([
    ["joined classes", tabs("said\tlabel", several(";")), "t.tsv", "is one class: to read several labels, set multi"],
    ["joined by another mark", tabs("said\tlabel", several("|")), "t.tsv", 'set multi, and separator to "|"'],
    ["joined by commas", tabs("said\tlabel", several(", ")), "t.tsv", 'set multi, and separator to ","'],
    [
      "names with a comma",
      tabs("said\tcity", (i) => [says(i), ["Bonn, DE", "Rome, IT", "Lyon, FR"][i % 3]!]),
      "t.tsv",
      null,
    ],
    ["plain classes", tabs("said\tlabel", (i) => [says(i), kind(i)]), "t.tsv", null],
    [
      "a column that never changes",
      csv("a,b,label", (i) => [noise(i), 5, kind(i)]),
      "t.csv",
      '; of "b" all rows hold the same',
    ],
    [
      "objects as the text",
      jsonl((i) => ({ review: { text: says(i), n: i }, label: kind(i) })),
      "t.jsonl",
      '; "review" holds objects',
    ],
    ["texts in brackets", jsonl((i) => ({ review: i ? `(${says(i)})` : "{a}", label: kind(i) })), "t.jsonl", null],
  ])("%s", async (_, text, name, said) => {
    const found = await doubts(text, {}, name);
    if (said === null) expect(found).toBe("");
    else expect(found).toContain(said);
  });

  test("not where several labels are asked for, or refused", async () => {
    const text = tabs("said\tlabel", several(";"));
    for (const multi of [true, false]) expect(await doubts(text, { multi }, "t.tsv")).toBe("");
  });
});

describe("two columns of different texts are pairs", () => {
  test.each<[what: string, of: (i: number) => readonly (string | number)[], isPair: boolean]>([
    ["of words", (i) => [says(i), says(i + 500)], true],
    ["of words and days", (i) => [says(i), day(i)], true],
    ["of words and classes", (i) => [says(i), kind(i)], false],
    ["of words and numbers", (i) => [says(i), noise(i)], false],
    ["of days and words", (i) => [day(i), says(i)], false],
  ])("%s", (_, of, isPair) => {
    const found = inferred(csv("human,other", of));
    expect(found["task"] === "seq2seq").toBe(isPair);
    if (isPair) expect(found).toMatchObject({ source: "human", target: "other", found: "source=human, target=other" });
    expect(inferred(csv("human,other", of), { label: "other" })["task"]).not.toBe("seq2seq");
  });

  test("an id beside a text is none of them", () => {
    expect(inferred(csv("id,said", (i) => [`a${i}`, says(i)]))["task"]).toBe("language-model");
  });
});

describe("of several columns that may be the label the plainest is", () => {
  const value = (i: number) => noise(i * 3 + 1);
  const few = (i: number) => ["walk", "sit", "run"][i % 3]!;
  test.each<[columns: string, of: (i: number) => readonly (string | number)[], task: string, label: string]>([
    ["x,y,z,activity", (i) => [noise(i), value(i), noise(2 * i), few(i)], "classify", "activity"],
    ["t,X,Y,gesture", (i) => [i, noise(i), value(i), few(i)], "classify", "gesture"],
    ["x,y,label", (i) => [noise(i), value(i), few(i)], "classify", "label"],
    ["id,x,y,species", (i) => [(i * 37) % 997, noise(i), value(i), few(i)], "classify", "species"],
    ["kind,said,label", (i) => [kind(i), says(i), few(i)], "classify", "label"],
    ["y,a,class", (i) => [kind(i), noise(i), few(i)], "classify", "class"],
    ["x,y", (i) => [noise(i), value(i)], "regress", "y"],
    ["x1,x2,y", (i) => [noise(i), noise(2 * i), value(i)], "regress", "y"],
    ["x,a,y", (i) => [noise(i), i % 40, few(i)], "classify", "y"],
    ["a,y,city", (i) => [noise(i), value(i), few(i)], "regress", "y"],
  ])("%s", (columns, of, task, label) => {
    expect(inferred(csv(columns, of))).toMatchObject({ task, label });
  });
});
