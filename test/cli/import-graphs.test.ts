import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/base/shape.js";
import { type ArrayToWrite, encodeOnnx } from "../../src/interchange/formats/onnx/encode.js";
import { read } from "../../src/interchange/index.js";
import { exportTask } from "../../src/tasks/export/export.js";
import { load } from "../../src/tasks/index.js";
import { exportedCase } from "../support/exported.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import type { Kind } from "../support/tiny-tasks.js";

const folder = temporaryFolder();
const { at } = folder;
const FILES: Record<string, string> = { keras: "it.keras", tfjs: "model.json", onnx: "it.onnx" };

/** A model of ours as a file of others, with its tokens and labels beside it. */
async function written(to: string, kind: Kind, settings: object) {
  const { task, model, known } = await exportedCase(kind, settings);
  const { files } = await exportTask(task, model, known, to, { name: "it" });
  for (const [name, bytes] of files) writeFileSync(at(name), bytes);
  const { meta } = known as { meta: Record<string, never> };
  const { tags, classes, lexicon, inputs } = meta as Record<string, never> & {
    tags?: string[];
    classes?: string[];
    lexicon: { words: string[] };
    inputs: { vocabulary: { size: number; tokenOf(id: number): string } };
  };
  const vocabulary = (inputs as typeof inputs | undefined)?.vocabulary ?? (meta as never as typeof inputs.vocabulary);
  const words =
    kind === "tag"
      ? ["<unk>", ...lexicon.words]
      : Array.from({ length: vocabulary.size }, (_, i) => vocabulary.tokenOf(i));
  writeFileSync(at("vocab.json"), JSON.stringify(words));
  const labels = tags ?? classes;
  if (labels !== undefined) writeFileSync(at("labels.json"), JSON.stringify(labels));
  const flags = ["--vocab", "@vocab.json", ...(labels === undefined ? [] : ["--labels", "@labels.json"])];
  const { TaskModel } = await import("../../src/tasks/task-model.js");
  return { file: FILES[to]!, flags, model: new TaskModel(task, model, known) };
}

async function said(model: ReturnType<typeof load>, texts: string[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const answer of model.predict(texts)) answers.push(answer);
  return answers;
}

describe.each(["keras", "tfjs", "onnx"])("a model in %s becomes a run", (to) => {
  test.each([
    ["classify", { bidirectional: true, pooling: "last" }],
    ["classify", { bidirectional: true, pooling: "mean" }],
    ["classify", { pooling: "max", cell: "rnn" }],
    ["classify", { pooling: "last", cell: "irnn", bidirectional: false }],
    ["tag", { chars: "none", bidirectional: true, layers: 2 }],
    ...(to === "tfjs" ? [] : ([["classify", { cell: "gru" }]] as const)),
  ] as const)("%s, %j: it says what it said", async (kind, settings) => {
    const { file, flags, model } = await written(to, kind, settings);
    const { code, err, out } = await folder.cli("import", `@${file}`, ...flags, "--as", "@run");
    expect([code, err]).toEqual([0, ""]);
    expect(out).not.toContain("the weights do not say");
    const again = load(at("run"));
    expect(again.task).toBe(kind);
    const texts = kind === "tag" ? ["Koda works in Burton ."] : ["Bara", "Tonarok"];
    const [before, after] = [await said(model, texts), await said(again, texts)];
    for (const [i, answer] of before.entries()) {
      const [a, b] = [answer, after[i]!] as Record<string, never>[];
      expect(b!["label"]).toEqual(a!["label"]);
      expect(b!["tags"]).toEqual(a!["tags"]);
      const numbers = (one: Record<string, never>) =>
        kind === "tag" ? (one["probabilities"] as number[]) : (Object.values(one["probabilities"]!) as number[]);
      for (const [k, p] of numbers(a!).entries()) expect(Math.abs(numbers(b!)[k]! - p)).toBeLessThan(1e-5);
    }
  });

  test("a language model answers to eval, sample and inspect, and trains on", async () => {
    const { file, flags } = await written(to, "language-model", { layers: 2 });
    expect((await folder.cli("import", `@${file}`, ...flags, "--as", "@run")).code).toBe(0);
    const text = "the sea was calm and a ship sailed under white clouds. old men sang of whales.\n";
    writeFileSync(at("t.txt"), text.repeat(20));
    for (const argv of [
      ["eval", "@run", "@t.txt"],
      ["sample", "@run", "--length", "5"],
      ["inspect", "@run"],
      ["train", "@t.txt", "--from", "@run", "--out", "@more", "--epochs", "1", "--threads", "1"],
    ]) {
      const { code, err } = await folder.cli(...argv);
      expect([argv[0], code, err]).toEqual([argv[0], 0, ""]);
    }
  });
});

/** Ids in, scores of each step out; both axes of the ids have any size. */
function dynamicGraph(batchFirst: boolean): Uint8Array {
  const array = (shape: number[], seed: number) => {
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + 1.7 * i));
    return { type: "float", shape, data } as const;
  };
  const turned = (input: string, output: string, perm: number[]) =>
    ({ op: batchFirst ? "Transpose" : "Identity", inputs: [input], outputs: [output], attributes: batchFirst ? { perm: { ints: perm } } : {} }) as const; // biome-ignore format: one line
  return encodeOnnx({
    producer: { name: "test", version: "1" },
    opset: 13,
    graph: {
      inputs: [{ name: "ids", type: "int64", shape: ["a", "b"] }],
      outputs: [{ name: "scores", type: "float", shape: null }],
      initializers: new Map<string, ArrayToWrite>([
        ["embed", array([9, 3], 1)],
        ["w", array([1, 16, 3], 2)],
        ["r", array([1, 16, 4], 3)],
        ["head", array([4, 2], 4)],
        ["axis", { type: "int64", shape: [1], data: [1] }],
      ]),
      nodes: [
        turned("ids", "steps", [1, 0]),
        { op: "Gather", inputs: ["embed", "steps"], outputs: ["x"] },
        { op: "LSTM", inputs: ["x", "w", "r"], outputs: ["all"], attributes: { hidden_size: { i: 4 } } },
        { op: "Squeeze", inputs: ["all", "axis"], outputs: ["y"] },
        { op: "MatMul", inputs: ["y", "head"], outputs: ["told"] },
        turned("told", "scores", [1, 0, 2]),
      ],
    },
  });
}

test.each([true, false])("a graph of ONNX whose axes are all free, batch first: %s", async (batchFirst) => {
  const { parts, fits, problems } = await read(dynamicGraph(batchFirst));
  expect([fits, problems]).toEqual([true, []]);
  expect(parts).toMatchObject({ pooling: "steps", recurrent: [{ cell: "lstm", inputSize: 3, hiddenSize: 4 }] });
});

describe("what is no such chain", () => {
  test("stays a module, and is told so", async () => {
    const { task, model, known } = await exportedCase("forecast", {});
    const { files } = await exportTask(task, model, known, "keras", { name: "it" });
    writeFileSync(at("it.keras"), files.get("it.keras")!);
    const { parts, fits, toModule } = await read(at("it.keras"));
    expect([parts, fits]).toEqual([null, true]);
    expect(toModule).toBeDefined();
    const { code, err } = await folder.cli("import", "@it.keras");
    expect(code).toBe(3);
    expect(err).toContain("it must be an embedding, recurrent layers and a linear layer");
  });

  test("a graph whose numbers are others: a product between the layers", async () => {
    const { file } = await written("tfjs", "classify", { pooling: "last", cell: "lstm", bidirectional: false });
    const json = JSON.parse(readFileSync(at(file), "utf8"));
    const dense = json.modelTopology.config.layers.find(
      ({ class_name: name }: { class_name: string }) => name === "Dense",
    );
    expect((await read(at(file))).parts).not.toBe(null);
    dense.config.activation = "tanh";
    writeFileSync(at(file), JSON.stringify(json));
    expect((await read(at(file))).parts).toBe(null);
  });
});
