import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/interchange/formats/safetensors/index.js";
import { load } from "../../src/tasks/index.js";
import { type LanguageModel, loadLanguageModel } from "../../src/tasks/language-model/index.js";
import { tensor } from "../../src/tensor/index.js";
import { loadFixture } from "../support/fixtures.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { begin } from "../support/tiny-tasks.js";

const folder = temporaryFolder();
const { at } = folder;
const { cases } = loadFixture<{ file: string }>("torch-files/expected");

/** The fixture of this name, in the folder of the test. */
function take(...names: string[]): void {
  for (const name of names) copyFileSync(new URL(`../fixtures/torch-files/${name}`, import.meta.url), at(name));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const LM = ["import", "@language-model.pt", "--vocab", "@chars.json", "--as", "@run"];
const TAGGER = ["--vocab", "@words.txt", "--labels", "@tags.json", "--as", "@run", "--task", "tag"];
const CLASSIFIER = ["--vocab", "@letters.txt", "--labels", "@labels.txt", "--as", "@run", "--task", "classify"];

describe("import", () => {
  test("tells format, producer and layers in 80 columns, and makes a run of a language model", async () => {
    take("language-model.pt", "chars.json");
    const terminal = new FakeTerminal({ isTTY: true, columns: 80 });
    const { code, out, err } = await folder.cliOn(terminal, ...LM);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(out).toContain(": pytorch\n  PyTorch 1.6 or later (pickle protocol 2), 11 arrays\n");
    expect(out).toMatch(/GRU +5 to 6, 2 layers +\d+ +gru\n/);
    expect(out).toContain("not known: batch_first is not in the weights");
    expect(out.replace(/\s+/g, " ")).toContain("written as one that nobody uses: <pad> as U+E000");
    const config = JSON.parse(readFileSync(at("run/config.json"), "utf8"));
    expect(config).toMatchObject({
      task: "language-model",
      cell: "gru",
      embed: 5,
      hidden: 6,
      layers: 2,
      tokens: "char",
    });
  });

  test("its model says what PyTorch's says, token by token", async () => {
    take("language-model.pt", "chars.json");
    await folder.cli(...LM);
    const { ids, logits } = cases.find(({ name }) => name === "language-model")!.tensors as Record<
      string,
      (typeof cases)[number]["tensors"][string]
    >;
    const tokens = JSON.parse(readFileSync(at("chars.json"), "utf8")) as string[];
    const model = loadLanguageModel(readFileSync(at("run/best.safetensors")));
    const own = tokens.map((token) => model.vocabulary.idOf(token === "<pad>" ? "\ue000" : token)!);
    const [found] = model.forward(
      tensor(
        Int32Array.from(ids.data, (id) => own[id]),
        { shape: ids.shape },
      ),
    );
    const values = found.data();
    const size = tokens.length;
    logits.data.forEach((value, i) => {
      const [place, token] = [Math.floor(i / size), i % size];
      expect(Math.abs(values[place * size + own[token]] - value)).toBeLessThanOrEqual(2e-6);
    });
  });

  test("layers that project their outputs become a run that does, and come back from PyTorch's file the same", async () => {
    const { model, encode } = ((training) => ({ model: training.model as LanguageModel, encode: training.encode() }))(
      begin("language-model", { projSize: 4 }),
    );
    mkdirSync(at("own"));
    writeFileSync(at("own/best.safetensors"), encode);
    expect((await folder.cli("export", "@own", "--to", "pytorch")).code).toBe(0);
    const tokens = Array.from({ length: model.vocabulary.size }, (_, id) => model.vocabulary.tokenOf(id));
    writeFileSync(at("tokens.json"), JSON.stringify(tokens));
    const { code, err } = await folder.cli("import", "@own/pytorch/own.pt", "--vocab", "@tokens.json", "--as", "@run");
    expect([code, err]).toEqual([0, ""]);
    const again = loadLanguageModel(readFileSync(at("run/best.safetensors")));
    expect(again.config).toMatchObject({ cell: "lstm", hidden: 6, projSize: 4, layers: 2 });
    const ids = (of: LanguageModel) =>
      tensor(
        Int32Array.from(tokens.slice(1, 9), (token) => of.vocabulary.idOf(token)!),
        { shape: [4, 2] },
      );
    const said = (of: LanguageModel) => {
      const [logits] = of.eval().forward(ids(of));
      return logits
        .indexSelect(-1, tensor(Int32Array.from(tokens.slice(1), (token) => of.vocabulary.idOf(token)!)))
        .data();
    };
    expect(said(again)).toEqual(said(model));
  });

  test("the run answers to eval, sample, inspect and runs, and trains on", async () => {
    take("language-model.pt", "chars.json");
    writeFileSync(at("t.txt"), "the one that ate it\ni hate a hot tea\n".repeat(30));
    await folder.cli(...LM);
    for (const argv of [
      ["eval", "@run", "@t.txt"],
      ["sample", "@run", "--length", "9", "--seed", "1"],
      ["inspect", "@run", "--text", "the one"],
      ["runs", "@run"],
    ]) {
      const { code, err } = await folder.cli(...argv);
      expect([argv[0], code, err]).toEqual([argv[0], 0, ""]);
    }
    const before = loadLanguageModel(readFileSync(at("run/best.safetensors")));
    const small = ["--epochs", "2", "--batch", "2", "--seq-len", "10", "--sample-length", "0", "--threads", "1"];
    const { code, out, err } = await folder.cli("train", "@t.txt", "--from", "@run", "--out", "@more", ...small);
    expect([code, err]).toEqual([0, ""]);
    // It begins where the imported model stood, and not anew.
    const text = readFileSync(at("t.txt"), "utf8");
    const { loss } = await before.evaluate(text);
    const [first] = /before training: validation loss (\S+)/.exec(out)?.slice(1) ?? [];
    if (first !== undefined) expect(Math.abs(Number(first) - loss)).toBeLessThan(0.3);
    const after = loadLanguageModel(readFileSync(at("more/best.safetensors")));
    expect((await after.evaluate(text)).loss).toBeLessThan(loss);
    expect(after.vocabulary.toJSON()).toEqual(before.vocabulary.toJSON());
    const config = JSON.parse(readFileSync(at("more/config.json"), "utf8"));
    expect(config).toMatchObject({ cell: "gru", embed: 5, hidden: 6, layers: 2 });
  });

  test.each([
    ["tagger", "tagger-checkpoint.pt", { hidden: 3 }],
    ["projected tagger", "projected-tagger.pt", { hidden: 5, projSize: 2 }],
  ])("a %s: words in, tags out, and it trains on", async (name, file, settings) => {
    take(file, "words.txt", "tags.json");
    const { code, out, err } = await folder.cli("import", `@${file}`, ...TAGGER);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).toMatchObject(settings);
    expect(out).toContain("It is a tagger now");
    const { code: predicted, out: told } = await folder.cli("predict", "@run", "--text", "the cat sat", "--json");
    expect(predicted).toBe(0);
    expect(JSON.parse(told).tags).toHaveLength(3);
    const model = load(at("run"));
    const { ids, logits } = cases.find((one) => one.name === name)!.tensors as Record<
      string,
      { data: ArrayLike<number> }
    >;
    const words = readFileSync(at("words.txt"), "utf8").trim().split("\n");
    const tags = Object.keys(JSON.parse(readFileSync(at("tags.json"), "utf8")));
    for (const n of [0, 1]) {
      const sentence = Array.from({ length: 5 }, (_, t) => words[ids.data[2 * t + n]]).join(" ");
      const [found] = await all(model.predict([sentence]));
      const best = Array.from({ length: 5 }, (_, t) => {
        const scores = Array.from({ length: 4 }, (_, c) => logits.data[(2 * t + n) * 4 + c]);
        return tags[scores.indexOf(Math.max(...scores))];
      });
      expect(found["tags"]).toEqual(best);
      const scores = (t: number) => Array.from(tags, (_, c) => Math.exp(logits.data[(2 * t + n) * tags.length + c]));
      const probabilities = best.map((tag, t) => scores(t)[tags.indexOf(tag)] / scores(t).reduce((a, b) => a + b));
      for (const [t, of] of (found["probabilities"] as number[]).entries()) expect(of).toBeCloseTo(probabilities[t], 5);
    }
    writeFileSync(at("s.conll"), "the DET\ncat NOUN\nsat VERB\n\nthe DET\ndog NOUN\nsat VERB\n\n".repeat(8));
    const more = await folder.cli(
      "train",
      "@s.conll",
      "--from",
      "@run",
      "--out",
      "@more",
      "--epochs",
      "1",
      "--threads",
      "1",
    );
    expect([more.code, more.err]).toEqual([0, ""]);
  });

  test.each([
    ["classifier", "classifier.legacy.bin", "Note: biases that it lacks are zeros now", { hidden: 5 }],
    ["projected classifier", "projected-classifier.pt", "LSTM 4 to 5, projected to 2, 2 layers", { projSize: 2 }],
  ])("a %s of a text", async (name, file, note, settings) => {
    take(file, "letters.txt", "labels.txt");
    const { code, out } = await folder.cli("import", `@${file}`, ...CLASSIFIER);
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, " ")).toContain(note);
    expect(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).toMatchObject(settings);
    const { logits, ids } = cases.find((one) => one.name === name)!.tensors as Record<
      string,
      { data: ArrayLike<number> }
    >;
    const model = load(at("run"));
    for (const n of [0, 1]) {
      const text = Array.from({ length: 6 }, (_, t) => "abcdefgh"[ids.data[2 * t + n]]).join("");
      const scores = [0, 1, 2].map((c) => Math.exp(logits.data[(5 * 2 + n) * 3 + c]));
      const likeliest = scores.indexOf(Math.max(...scores));
      const [found] = await all(model.predict([text]));
      expect(found["label"]).toBe(["good", "bad", "neither"][likeliest]);
      expect(found["probability"]).toBeCloseTo(scores[likeliest] / scores.reduce((a, b) => a + b), 5);
    }
    writeFileSync(at("r.csv"), `body,kind\n${"abc,good\nfed,bad\n".repeat(12)}`);
    const flags = ["--text", "body", "--label", "kind", "--epochs", "1", "--threads", "1"];
    const more = await folder.cli("train", "@r.csv", "--from", "@run", "--out", "@more", ...flags);
    expect([more.code, more.err]).toEqual([0, ""]);
    expect((await folder.cli("eval", "@more", "@r.csv")).code).toBe(0);
  });

  test("separate layers of two widths, tied: a stack as it was", async () => {
    take("wrapped.pth");
    writeFileSync(at("v.txt"), "a\nb\nc\nd\ne\nf\ng\nh\n<unk>\n");
    const { code, out, err } = await folder.cli("import", "@wrapped.pth", "--vocab", "@v.txt", "--as", "@run");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("Note: the head is the embedding's matrix: they stay one.");
    const { ids, logits } = cases.find(({ name }) => name === "wrapped")!.tensors as Record<
      string,
      { data: ArrayLike<number> }
    >;
    const model = loadLanguageModel(readFileSync(at("run/best.safetensors")));
    const [found] = model.forward(tensor(Int32Array.from(ids.data), { shape: [7, 2] }));
    const values = found.data();
    for (let i = 0; i < logits.data.length; i++) expect(Math.abs(values[i] - logits.data[i])).toBeLessThanOrEqual(2e-6);
  });

  test("--weights writes the arrays alone; --json tells programs", async () => {
    take("arrays.npz");
    const { code, out } = await folder.cli("import", "@arrays.npz", "--weights", "@w.safetensors", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ format: "npz", producer: "NumPy", fits: false, weights: "w.safetensors" });
    const { tensors } = decodeSafetensors(readFileSync(at("w.safetensors")));
    expect([...tensors.keys()].sort()).toEqual(
      Object.keys(cases.find(({ name }) => name === "arrays")!.tensors).sort(),
    );
  });
});

test("--weights leaves out integers that no number is, and names them", async () => {
  take("tensors.pt");
  const exact = Object.keys(
    (cases.find(({ name }) => name === "tensors") as { options: { exact?: object } }).options.exact!,
  );
  const { code, out, err } = await folder.cli("import", "@tensors.pt", "--weights", "@w.safetensors");
  expect([code, err]).toEqual([0, ""]);
  const [, told] = /Left out, as they hold integers beyond 2\^53: (.*)\./.exec(out)!;
  const { tensors } = decodeSafetensors(readFileSync(at("w.safetensors")));
  expect(told.split(", ").sort()).toEqual(exact.sort());
  expect(exact.filter((name) => tensors.has(name))).toEqual([]);
  expect(tensors.has("transposed")).toBe(true);
});

describe("import says what is missing, and how to give it", () => {
  const SAYS: [string, string[], string, string][] = [
    ["no vocabulary", ["@language-model.pt"], "--vocab: found nothing for 11 tokens", "Try: --vocab vocab.json"],
    [
      "too few tokens",
      ["@language-model.pt", "--vocab", "@words.txt"],
      "words.txt: found 7 names; it must name the 11 tokens",
      "",
    ],
    [
      "no labels",
      ["@tagger-checkpoint.pt", "--vocab", "@words.txt"],
      "--labels: found 4 outputs, which are not the 7 tokens that it reads, and no labels",
      "Try: --labels labels.txt",
    ],
    [
      "no task",
      ["@tagger-checkpoint.pt", "--vocab", "@words.txt", "--labels", "@tags.json"],
      "--task: found nothing: weights do not say whether a label is of a step or of the whole",
      "Try: --task tag",
    ],
    [
      "labels of another number",
      ["@tagger-checkpoint.pt", "--vocab", "@words.txt", "--labels", "@labels.txt", "--task", "tag"],
      "labels.txt: found 3 names; it must name the 4 outputs of the model",
      "",
    ],
    [
      "a task that it is not of",
      ["@language-model.pt", "--vocab", "@chars.json", "--task", "forecast"],
      "--labels: found 11 outputs",
      "",
    ],
    [
      "arrays that are no model",
      ["@arrays.npz"],
      "arrays.npz: found no model that a task has",
      "--weights weights.safetensors",
    ],
    ["an empty line", ["@language-model.pt", "--vocab", "@holes.txt"], "holes.txt: found an empty line 2", ""],
    ["a token twice", ["@language-model.pt", "--vocab", "@twice.json"], 'twice.json: found "a" again, at 1', ""],
    ["an id twice", ["@language-model.pt", "--vocab", "@ids.json"], 'ids.json: found 0 for "a" and "b"', ""],
    ["no model", ["@words.txt"], 'words.txt: found a text that begins with "the', "the name of a model's file"],
    ["a pickle that asks", ["@asks-getcwd.pt"], "found posix.getcwd", "torch.save(model.state_dict(), path)"],
    ["no file", ["@language-modle.pt"], "language-modle.pt: ", "language-model.pt"],
  ];

  test.each(SAYS)("%s", async (_, argv, found, fix) => {
    take(
      "language-model.pt",
      "chars.json",
      "tagger-checkpoint.pt",
      "words.txt",
      "tags.json",
      "labels.txt",
      "arrays.npz",
      "asks-getcwd.pt",
    );
    writeFileSync(at("holes.txt"), "a\n\nb\n");
    writeFileSync(at("twice.json"), '["a","a"]');
    writeFileSync(at("ids.json"), '{"a":0,"b":0}');
    const { code, err } = await folder.cli("import", ...argv, "--as", "@run");
    expect(code).toBeGreaterThan(1);
    expect(err).toContain(found);
    expect(err).toContain(fix);
    expect(existsSync(at("run"))).toBe(false);
  });

  test("what it advises is followed: a list in JSON for line breaks; data of the same kind to train on", async () => {
    take("language-model.pt", "chars.json");
    writeFileSync(at("chars.txt"), "a\n\nb\n");
    const { err } = await folder.cli("import", "@language-model.pt", "--vocab", "@chars.txt", "--as", "@run");
    expect(err).toContain('Write them as a list in JSON, where a line break is "\\n"');
    expect((await folder.cli(...LM)).code).toBe(0);
    writeFileSync(at("p.tsv"), "source\ttarget\n" + "ab\tba\nba\tab\n".repeat(9));
    writeFileSync(at("q.tsv"), "source\ttarget\n" + "xy\tyx\nyx\txy\n".repeat(9));
    const train = ["train", "--task", "seq2seq", "--epochs", "1", "--hidden", "4", "--threads", "1"];
    expect((await folder.cli(...train, "@p.tsv", "--out", "@p")).code).toBe(0);
    const others = await folder.cli(...train, "@q.tsv", "--from", "@p", "--out", "@q");
    expect([others.code, others.err]).toEqual([3, expect.stringContaining(" of the same kind, or train anew")]);
    const same = await folder.cli(...train, "@p.tsv", "--from", "@p", "--out", "@q");
    expect([same.code, same.err]).toEqual([0, ""]);
  });

  test("a run that is there stays", async () => {
    take("language-model.pt", "chars.json");
    await folder.cli(...LM);
    const before = readFileSync(at("run/best.safetensors"));
    const { code, err } = await folder.cli(...LM);
    expect([code, readFileSync(at("run/best.safetensors")).equals(before)]).toEqual([4, true]);
    expect(err).toContain("another run");
  });

  test("--from beside --resume, and of another task", async () => {
    take("language-model.pt", "chars.json");
    await folder.cli(...LM);
    writeFileSync(at("t.txt"), "the one that ate it\n".repeat(30));
    const resumed = await folder.cli("train", "--resume", "--out", "@run", "--from", "@run");
    expect([resumed.code, resumed.err]).toEqual([2, expect.stringContaining("--from: found --resume as well")]);
    const other = await folder.cli("train", "@t.txt", "--from", "@run", "--task", "classify", "--out", "@x");
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("the run is of a language model")]);
    const larger = await folder.cli("train", "@t.txt", "--from", "@run", "--hidden", "9", "--out", "@x");
    expect(larger.code).toBe(3);
    expect(larger.err).toContain("hold exactly the tensors of its configuration");
    const alone = await folder.cli("train", "@t.txt", "--out", "@run", "--resume");
    expect(alone.err).toContain("train --from");
  });
});
