import { describe, expect, test } from "vitest";
import { noGrad } from "../../../src/autograd/index.js";
import { UnsupportedError } from "../../../src/base/errors.js";
import { readKeras, readTfjs } from "../../../src/interchange/index.js";
import type { KerasModel } from "../../../src/interchange/keras/model.js";
import { exportTask } from "../../../src/tasks/export/export.js";
import { tensor } from "../../../src/tensor/index.js";
import { expectClose } from "../../support/close.js";
import { type Call, type ExportedKind, exportedCase, type Value } from "../../support/exported.js";

const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

type Files = ReadonlyMap<string, Uint8Array>;
const READ: Record<string, (files: Files) => Promise<KerasModel>> = {
  keras: async (files) => (await readKeras([...files.values()][0]!)).toModule(),
  tfjs: async (files) => (await readTfjs(files.get("model.json")!, new Map(files))).toModule(),
};

/** One sequence of a value [L, N, ...], batch first; or its row of [N, ...]. */
function sequence({ shape, data }: Value, n: number, length: number | null): { shape: number[]; data: number[] } {
  const batch = shape[length === null ? 0 : 1]!;
  const width = shape.slice(length === null ? 1 : 2).reduce((a, b) => a * b, 1);
  const rows = Array.from({ length: length ?? 1 }, (_, t) =>
    data.slice((t * batch + n) * width, (t * batch + n + 1) * width),
  );
  return { shape: length === null ? [1, width] : [1, length, ...shape.slice(2)], data: rows.flat() };
}

/** What a model that was read again says of each sequence by itself, beside what our own said of all together. */
function compare(model: KerasModel, { inputs, outputs }: Call, title: string): number {
  const lengths = inputs["lengths"]?.data;
  const first = inputs[model.inputNames[0]!]!;
  const told = Object.entries(outputs).filter(([name]) => !name.startsWith("next_"));
  for (let n = 0; n < first.shape[1]!; n++) {
    const length = lengths?.[n] ?? first.shape[0]!;
    const given = model.inputNames.map((name) => {
      const { shape, data } = sequence(inputs[name]!, n, length);
      return tensor(inputs[name]!.type === "int" ? Int32Array.from(data) : Float32Array.from(data), { shape });
    });
    const found = noGrad(() => model.outputs(...given).map((x) => Array.from(x.contiguous().data())));
    expect(found.length).toBe(told.length);
    for (const [k, [name, value]] of told.entries()) {
      const isWhole =
        value.shape.length === first.shape.length + (inputs[model.inputNames[0]!]!.type === "int" ? 1 : 0);
      const expected = sequence(value, n, isWhole ? length : null);
      expectClose(found[k]!, expected.data, TOLERANCE, `${title}: ${name}, sequence ${n}`);
    }
  }
  return told.length;
}

const CASES: readonly (readonly [kind: ExportedKind, settings: object])[] = [
  ["language-model", { layers: 2 }],
  ["language-model", { layers: 1, tie: true, embed: 6 }],
  ["language-model", { layers: 2, hiddenDropout: 0.1, lastHidden: 4 }],
  ["classify", { bidirectional: true, pooling: "last" }],
  ["classify", { bidirectional: false, pooling: "mean" }],
  ["classify", { pooling: "max", cell: "irnn" }],
  ["regress", { pooling: "last", cell: "rnn", bidirectional: true }],
  ["classify of numbers", {}],
  ["tag", { chars: "none", bidirectional: true }],
  ["forecast", { output: "gaussian" }],
  ["anomaly of lines", {}],
];

describe.each(["keras", "tfjs"])("what readers make of %s", (to) => {
  const gates = to === "keras" ? ["lstm", "gru"] : ["lstm"];
  test.each(CASES.flatMap(([kind, settings]) => gates.map((cell) => [kind, { cell, ...settings }] as const)))(
    "%s, %j",
    async (kind, settings) => {
      const { task, model, known, calls } = await exportedCase(kind, settings);
      const { files, notes } = await exportTask(task, model, known, to, { name: "exported" });
      const found = await READ[to]!(files);
      expect(compare(found, calls[0]!, `${kind} ${JSON.stringify(settings)}`)).toBeGreaterThan(0);
      expect(notes.join()).toContain("batch first");
      const about = JSON.parse(new TextDecoder().decode(files.get(to === "keras" ? "exported.json" : "about.json")!));
      expect(about).toMatchObject({ task: task.name, programs: expect.anything() });
    },
  );

  test.each([
    ["classify", { cell: "layer-norm-lstm" }, "rnn, which is of the cell layer-norm-lstm"],
    ["language-model", { projSize: 4 }, "rnn, which projects its outputs to 4"],
    ["classify", { pooling: "attention" }, "pool, which weighs steps by a query of its own"],
    ["generate", {}, "is made by an operation of its own"],
    ["seq2seq", {}, "encode, which hands states"],
    ["tag", { chars: "lstm" }, "is made by an operation of its own"],
    ...(to === "tfjs" ? ([["classify", { cell: "gru", pooling: "last" }, "rnn_l0, which resets after"]] as const) : []),
  ] as const)("%s, %j is refused, with what can hold it", async (kind, settings, value) => {
    const { task, model, known } = await exportedCase(kind, settings);
    const error = await exportTask(task, model, known, to).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as UnsupportedError).value).toContain(value);
    await expect(exportTask(task, model, known, (error as UnsupportedError).details.nearest!)).resolves.toBeDefined();
  });
});

test("a chain of layers is Sequential, as Keras 3 writes it; what branches is functional", async () => {
  const { unzipSync, strFromU8 } = await import("fflate");
  const configOf = async (kind: ExportedKind) => {
    const { task, model, known } = await exportedCase(kind, { cell: "lstm" });
    const { files } = await exportTask(task, model, known, "keras", { name: "a run" });
    const archive = unzipSync(files.get("a run.keras")!);
    expect(Object.keys(archive).sort()).toEqual(["config.json", "metadata.json", "model.weights.h5"]);
    return JSON.parse(strFromU8(archive["config.json"]!));
  };
  const line = await configOf("language-model");
  expect([line.class_name, line.module, line.config.name]).toEqual(["Sequential", "keras", "a_run"]);
  expect(line.config.layers.map(({ class_name: name }: { class_name: string }) => name)).toEqual([
    ...["InputLayer", "Embedding", "LSTM", "LSTM", "Dense"],
  ]);
  expect(line.config.layers[2].config).toMatchObject({
    units: 6,
    return_sequences: true,
    recurrent_activation: "sigmoid",
  });
  const branch = await configOf("forecast");
  expect(branch.class_name).toBe("Functional");
  const joined = branch.config.layers.find(({ class_name: name }: { class_name: string }) => name === "Concatenate");
  expect(joined.inbound_nodes[0].args[0].map(({ class_name: name }: { class_name: string }) => name)).toEqual([
    ...["__keras_tensor__", "__keras_tensor__"],
  ]);
});
