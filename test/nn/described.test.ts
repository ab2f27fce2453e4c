import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import * as unrolled from "../../src/index.js";
import { memory, nn, randint, randn, type Tensor, tensor } from "../../src/index.js";
import * as layers from "../../src/layers/index.js";
import { recipes } from "../../tools/fuzz/recipes.mjs";

type Make = new (...args: unknown[]) => nn.Module;
const ABSTRACT = ["Recurrent", "HiddenStack", "LSTMStack"];
const { table } = recipes(unrolled, layers) as { table: Record<string, () => unknown[]> };
const classes = Object.entries(nn).filter(
  (entry): entry is [string, Make] =>
    typeof entry[1] === "function" && entry[1].prototype instanceof nn.Module && !ABSTRACT.includes(entry[0]),
);

class Tagger extends nn.Module {
  embed = new nn.Embedding(9, 4);
  blocks = [new nn.LSTM(4, 5, { numLayers: 2, bidirectional: true, dropout: 0.25 })];
  heads = { tag: new nn.Sequential(new nn.Dropout(0), new nn.Linear(10, 3, { bias: false })) };
  width = 10;
  forward(ids: Tensor) {
    return this.heads.tag.forward(this.blocks[0].forward(this.embed.forward(ids))[0]);
  }
}

const TAGGER = `Tagger(
  width=10
  (embed): Embedding(9, 4)
  (blocks.0): LSTM(4, 5, numLayers=2, bidirectional=true, dropout=0.25)
  (heads.tag): Sequential(
    (0): Dropout(p=0)
    (1): Linear(inFeatures=10, outFeatures=3, bias=false)
  )
)`;

describe("String(module)", () => {
  test.each(classes)("of %s: its name, its children by name, on as many lines as they need", (name, Class) => {
    const module = new Class(...(table[`nn.${name}`]?.() ?? []));
    const text = String(module);
    expect(text.startsWith(`${name}(`)).toBe(true);
    expect(text.endsWith(")")).toBe(true);
    expect(text).not.toMatch(/undefined|NaN|\[object|function|training/);
    for (const [child] of module.namedChildren()) expect(text).toContain(`(${child}): `);
    expect(text.split("\n").length === 1).toBe(module.children().length === 0);
    expect(inspect(module).split("\n")).toHaveLength(1);
    expect(inspect(module).startsWith(`${name}(`)).toBe(true);
  });

  const lines: [nn.Module, string][] = [
    [new nn.LSTM(64, 128, { numLayers: 2 }), "LSTM(64, 128, numLayers=2)"],
    [new nn.GRU(6, 7, { bias: false, batchFirst: true }), "GRU(6, 7, bias=false, batchFirst=true)"],
    [new nn.RNN(6, 7, { nonlinearity: "relu" }), "RNN(6, 7, nonlinearity=relu)"],
    [new nn.LSTM(6, 7, { zoneout: { h: 0.1, c: 0.05 } }), "LSTM(6, 7, zoneout=[0.1, 0.05])"],
    [new nn.GRUCell(3, 4), "GRUCell(3, 4)"],
    [new nn.Linear(3, 2), "Linear(inFeatures=3, outFeatures=2, bias=true)"],
    [new nn.Embedding(5, 3, { paddingIndex: 0 }), "Embedding(5, 3, paddingIndex=0)"],
    [new nn.Dropout(0.5), "Dropout(p=0.5)"],
    [new nn.LayerNorm(5), "LayerNorm([5], eps=0.00001, elementwiseAffine=true)"],
    [new nn.CrossEntropyLoss(), "CrossEntropyLoss()"],
    [new nn.WeightDrop(new nn.GRU(3, 4), 0.2), "WeightDrop(\n  p=0.2\n  (module): GRU(3, 4)\n)"],
    [new Tagger(), TAGGER],
    [new (class extends nn.Module {})(), "Module()"],
  ];
  test.each(lines)("%s", (module, text) => {
    expect(String(module)).toBe(text);
    expect(`${module}`).toBe(text);
  });

  test("ends where modules hold each other", () => {
    const model = Object.assign(new nn.Linear(3, 2), { parent: new nn.Module() });
    Object.assign(model.parent, { child: model });
    expect(String(model)).toContain("(child): Linear(...)");
  });

  test("of one's own, by extraRepr", () => {
    class Scaled extends nn.Module {
      override extraRepr = () => "by 3";
    }
    expect(String(new Scaled())).toBe("Scaled(by 3)");
  });

  test("console.log is one line", () => {
    expect(inspect(new Tagger())).toBe(
      "Tagger(embed: Embedding, blocks.0: LSTM, heads.tag: Sequential; 1,186 parameters)",
    );
    expect(inspect({ model: new nn.Linear(3, 2) })).toContain("bias=true; 8 parameters)");
    expect(inspect(new nn.Dropout(0.5))).toBe("Dropout(p=0.5)");
    const crowd = new nn.Sequential(...Array.from({ length: 9 }, () => new nn.Dropout()));
    expect(inspect(crowd)).toBe("Sequential(0: Dropout, 1: Dropout, 2: Dropout, 3: Dropout, 4: Dropout, ...)");
  });
});

describe("summary", () => {
  const ids = () => randint(0, 9, [6, 2]);

  test("is a table of 80 columns with shapes, parameters and totals", () => {
    const model = new Tagger();
    model.embed.weight.requiresGrad = false;
    const text = String(unrolled.summary(model, ids()));
    expect(text).toBe(
      [
        "module       type        output      parameters  trainable",
        "----------------------------------------------------------",
        "(model)      Tagger      [6, 2, 3]            0          -",
        "embed        Embedding   [6, 2, 4]           36         no",
        "blocks.0     LSTM        [6, 2, 10]       1,120        yes",
        "heads.tag    Sequential  [6, 2, 3]            0          -",
        "heads.tag.0  Dropout     [6, 2, 10]           0          -",
        "heads.tag.1  Linear      [6, 2, 3]           30        yes",
        "----------------------------------------------------------",
        "parameters: 1,186 (1,150 trainable), 0.005 MiB",
      ].join("\n"),
    );
  });

  test("is a string, and JSON of the figures", () => {
    const table = unrolled.summary(new Tagger());
    expect(table.includes("LSTM")).toBe(true);
    expect(table.split("\n")).toHaveLength(10);
    expect(inspect(table)).toBe(String(table));
    const data = JSON.parse(JSON.stringify(table));
    expect(data).toEqual(table.toJSON());
    expect(data).toMatchObject({ parameters: 1186, trainable: 1186, bytes: 4744 });
    expect(data.rows[2]).toEqual({
      name: "blocks.0",
      type: "LSTM",
      output: null,
      parameters: 1120,
      trainable: 1120,
      shares: false,
    });
  });

  test("counts shared parameters once, and says so", () => {
    class Tied extends nn.Module {
      embed = new nn.Embedding(7, 3);
      head = new nn.Linear(3, 7);
    }
    const model = new Tied();
    nn.tieWeights(model.embed, model.head);
    const table = unrolled.summary(model);
    expect(table.parameters).toBe(7 * 3 + 7);
    expect(String(table)).toContain("7*");
    expect(table.rows.map(({ shares }) => shares)).toEqual([false, false, true]);
  });

  test("leaves the model, its modes and the memory as they were", () => {
    const model = new Tagger();
    model.blocks[0].eval();
    const x = ids();
    const modes = () => model.modules().map((module) => [module.training, Object.hasOwn(module, "forward")]);
    const before = modes();
    unrolled.summary(model, x);
    const { bytes } = memory();
    unrolled.summary(model, x);
    expect(memory().bytes).toBe(bytes);
    expect(modes()).toEqual(before);
    expect(() => unrolled.summary(model, randn([2, 2]))).toThrow(unrolled.UnrolledError);
    expect(modes()).toEqual(before);
  });

  test("takes what forward takes, and buffers into the memory", () => {
    const gru = new nn.GRU(3, 4, { dtype: "float64" });
    gru.registerBuffer("count", tensor([1, 2], { dtype: "int32" }));
    const table = unrolled.summary(gru, randn([5, 2, 3], { dtype: "float64" }), randn([1, 2, 4], { dtype: "float64" }));
    expect(table.rows[0].output).toEqual([5, 2, 4]);
    expect(table.bytes).toBe(8 * gru.parameters().reduce((sum, p) => sum + p.size, 0) + 8);
  });

  test("fits however long names are", () => {
    const model = new nn.Module() as nn.Module & Record<string, unknown>;
    const name = "aVeryLongNameIndeedOfWhichTheEndSaysMost".repeat(3);
    model[name] = { another: { one: new nn.LSTM(300, 2000, { numLayers: 3 }) } };
    const rows = String(unrolled.summary(model)).split("\n");
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(80);
    expect(rows[3]).toMatch(/SaysMost\.another\.one +LSTM +- +82,4\d\d,000 +yes/);
  });

  test("refuses what is no module, and one without forward where an input is given", () => {
    expect(() => unrolled.summary([] as never)).toThrow("summary: model must be a Module");
    expect(() => unrolled.summary(new nn.Module(), ids())).toThrow("summary: model must have a forward()");
  });
});
