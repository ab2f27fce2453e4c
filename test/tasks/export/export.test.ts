import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OptionError, UnsupportedError } from "../../../src/base/errors.js";
import { read, readOnnx } from "../../../src/interchange/index.js";
import { TARGETS } from "../../../src/interchange/targets/registry.js";
import { roundedWeights } from "../../../src/interchange/targets/rounded.js";
import type { Target } from "../../../src/interchange/targets/target.js";
import { ableWriter, exportTask, modelToWrite } from "../../../src/tasks/export/export.js";
import { load, TaskModel } from "../../../src/tasks/index.js";
import type { Tagger } from "../../../src/tasks/tag/model.js";
import { exportedCase, ROUNDED } from "../../support/exported.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { nonsense } from "../../support/text.js";
import { begin } from "../../support/tiny-tasks.js";

const folder = temporaryFolder();
const { at } = folder;
const small = () => exportedCase("language-model", { layers: 1 });
const refusal = (promise: Promise<unknown>) => promise.catch((error: unknown) => error) as Promise<UnsupportedError>;

describe("as a library", () => {
  test("a safetensors file is a checkpoint that predicts as the model does", async () => {
    const { task, model, known } = await small();
    const whole = new TaskModel(task, model, known);
    const { files } = await whole.export("safetensors");
    const [name, bytes] = [...files][0]!;
    expect(name).toBe("language-model.safetensors");
    const again = load({ name, bytes });
    expect(again.encode()).toEqual(whole.encode());
  });

  test.each(["float16", "int8"] as const)(
    "a safetensors file in %s is a model with weights that are so rounded",
    async (precision) => {
      for (const [kind, settings] of ROUNDED) {
        const { task, model, known } = await exportedCase(kind, settings);
        const how = { half: precision === "float16", int8: precision === "int8" };
        const { files } = await exportTask(task, model, known, "safetensors", how);
        const [name, bytes] = [...files][0]!;
        expect(bytes.length).toBeLessThan(new TaskModel(task, model, known).encode().length);
        const weights = load({ name, bytes }).module.stateDict();
        const expected = roundedWeights(await modelToWrite(task, model, known), precision);
        for (const [key, { data }] of expected) expect(weights.get(key)!.data(), `${kind}: ${key}`).toEqual(data);
        for (const [key, { data, shape }] of (await read(bytes)).arrays) {
          expect([shape, data], key).toEqual([expected.get(key)!.shape, expected.get(key)!.data]);
        }
      }
    },
  );

  test.each([{ half: true }, { int8: true }])("a PyTorch file with %j is read as one without", async (how) => {
    const { task, model, known } = await small();
    const { files } = await exportTask(task, model, known, "pytorch", how);
    const { fits, parts } = await read(files.get("language_model.pt")!);
    expect(fits).toBe(true);
    const expected = roundedWeights(await modelToWrite(task, model, known), "half" in how ? "float16" : "int8");
    expect(parts!.head!.weight.data).toEqual(expected.get("head.weight")!.data);
  });

  test("a weight that 16 bits cannot hold is refused by name; Leave half out, and it is written", async () => {
    const { task, model, known } = await small();
    const [, weight] = model.namedParameters().find(([name]) => name === "head.bias")!;
    weight.set(weight.data().map((value, i) => (i === 2 ? 7e4 : value)));
    for (const to of ["pytorch", "onnx", "safetensors"]) {
      const error = await refusal(exportTask(task, model, known, to, { half: true }));
      expect([error.argument, error.value]).toEqual(['weight "head.bias"', "70000 at element 2"]);
      await expect(exportTask(task, model, known, to)).resolves.toBeDefined();
    }
  });

  test("what the network does not know stands beside it: vocabulary, ports, transitions, scales", async () => {
    const { task, model, known } = await exportedCase("tag", { crf: true });
    const tagger = model as Tagger;
    const { files, notes } = await exportTask(task, model, known, "pytorch", { name: "t" });
    const about = JSON.parse(new TextDecoder().decode(files.get("t.json")));
    expect(about).toMatchObject({ name: "t", task: "tag", words: tagger.meaning.lexicon.words });
    expect(about.numbers["crf.transitions"].data).toEqual(Array.from(tagger.crf!.transitions.data()));
    expect(about.programs.model.inputs.map(({ name }: { name: string }) => name)).toEqual([
      "words",
      "chars",
      "sizes",
      "lengths",
    ]);
    expect(notes).toEqual(about.notes);
    const onnx = await exportTask(task, model, known, "onnx", { name: "t" });
    const { metadata } = readOnnx(onnx.files.get("t.onnx")!).toModule();
    expect(metadata.get("task")).toBe("tag");
    for (const [key, value] of metadata)
      if (key !== "name" && key !== "title" && key !== "task") expect(JSON.parse(value)).toEqual(about[key]);
  });

  test("its PyTorch file is read as an embedding, an LSTM and a linear layer", async () => {
    const { task, model, known } = await small();
    const { files } = await exportTask(task, model, known, "pytorch", { name: "my run" });
    expect([...files.keys()]).toEqual(["my_run.pt", "my_run.py", "my_run.json"]);
    const { fits, layers } = await read(files.get("my_run.pt")!);
    expect([fits, layers.map(({ kind }) => kind)]).toEqual([true, ["Embedding", "LSTM", "Linear"]]);
  });

  test("a model that a target cannot hold is refused with the layer and with what can", async () => {
    const { task, model, known } = await small();
    const writer = {
      obstacles: () => [{ layer: "rnn", why: "has gates" }],
      write: () => ({ files: new Map(), notes: [] }),
    };
    const target: Target = { ...TARGETS[0]!, name: "paper", title: "Paper", load: async () => writer };
    const error = await refusal(ableWriter(target, await modelToWrite(task, model, known), "float32"));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect([error.code, error.value]).toEqual(["not-in-target", "rnn, which has gates"]);
    expect(error.fix).toMatch(/^Write it as .*pytorch/);
    await expect(exportTask(task, model, known, error.details.nearest as string)).resolves.toBeDefined();
  });

  test.each([
    [{ to: "pytroch" }, "to", "pytorch"],
    [{ to: "safetensors", half: true, int8: true }, "int8", undefined],
    [{ to: "safetensors", half: "yes" }, "half", undefined],
  ])("%j is refused", async ({ to, ...options }, argument, nearest) => {
    const { task, model, known } = await small();
    const error = await refusal(exportTask(task, model, known, to, options as never));
    expect(error).toBeInstanceOf(OptionError);
    expect([error.argument, error.details.nearest]).toEqual([argument, nearest]);
  });
});

describe("as a command", () => {
  async function trained(): Promise<void> {
    mkdirSync(at("my run"));
    writeFileSync(at("my run", "best.safetensors"), begin("language-model", { layers: 1 }).encode());
  }

  test("files go into the run's folder, under its name, and stay unless --force says otherwise", async () => {
    await trained();
    const first = await folder.cli("export", "@my run", "--to", "pytorch");
    expect([first.code, first.err]).toEqual([0, ""]);
    expect(readdirSync(at("my run", "pytorch")).sort()).toEqual(["my_run.json", "my_run.pt", "my_run.py"]);
    const before = readFileSync(at("my run", "pytorch", "my_run.pt"));
    const again = await folder.cli("export", "@my run", "--to", "pytorch", "--half");
    expect(again.code).toBe(4);
    expect(again.err).toContain("Nothing was written. Try: --force");
    expect(readFileSync(at("my run", "pytorch", "my_run.pt"))).toEqual(before);
    expect((await folder.cli("export", "@my run", "--to", "pytorch", "--half", "--force")).code).toBe(0);
    expect(readFileSync(at("my run", "pytorch", "my_run.pt")).length).toBeLessThan(before.length);
  });

  test.each([
    [["--to", "pytroch"], 2, "Try: --to pytorch"],
    [[], 2, "Try: --to "],
    [["--to", "safetensors", "--half", "--int8"], 2, "--int8"],
  ])("%j is refused before anything is written", async (flags, code, text) => {
    await trained();
    const found = await folder.cli("export", "@my run", ...flags);
    expect(found.code).toBe(code);
    expect(found.err).toContain(text);
    expect(readdirSync(at("my run"))).toEqual(["best.safetensors"]);
  });

  test("with rounded weights the figures on what the run held out are told, or why nobody knows them", async () => {
    writeFileSync(at("text.txt"), nonsense(3000));
    const flags = ["--hidden", "8", "--layers", "1", "--epochs", "1", "--out", "@run", "--valid", "0.2"];
    expect((await folder.cli("train", "@text.txt", ...flags)).code).toBe(0);
    const { out } = await folder.cli("export", "@run", "--to", "onnx", "--int8", "--out", "@one");
    expect(out).toMatch(/held out of text\.txt.*\n {2}loss \d\.\d+ -> \d\.\d+ nats\n/);
    const { out: line } = await folder.cli("export", "@run", "--to", "onnx", "--half", "--json", "--out", "@two");
    const { figures } = JSON.parse(line);
    expect(figures[0].name).toBe("loss");
    expect(figures[0].after).not.toBe(figures[0].before);
    expect(figures[0].after).toBeCloseTo(figures[0].before, 2);
    rmSync(at("text.txt"));
    const { out: without } = await folder.cli("export", "@run", "--to", "safetensors", "--int8", "--out", "@three");
    expect(without).toContain("not known: text.txt, which the run read, is not there.");
  });

  test.each(["a-file", ""])("--out %j is refused", async (path) => {
    await trained();
    writeFileSync(at("a-file"), "x");
    const out = path === "" ? "" : `@${path}`;
    const { code, err } = await folder.cli("export", "@my run", "--to", "pytorch", "--out", out);
    expect([code, err]).toEqual([4, expect.stringContaining("--out: found")]);
  });

  test("a folder without a run", async () => {
    const { code, err } = await folder.cli("export", "@nothing", "--to", "pytorch");
    expect(code).toBe(4);
    expect(err).toContain("nothing: found nothing there");
  });
});
