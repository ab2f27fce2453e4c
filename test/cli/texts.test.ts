import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { fitToText } from "../../src/tasks/language-model/fit-to-text.js";
import { loadLanguageModel } from "../../src/tasks/language-model/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const TEXT = nonsense(3000);
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1"];
const train = (...flags: string[]) => folder.cli("train", "@c.txt", "--out", "@run", ...SMALL, ...flags);
const evaluated = async (...argv: string[]) => {
  const { code, out, err } = await folder.cli("eval", "@run", ...argv, "--json");
  expect([code, err.replace(/^warning.*\n/, "")]).toEqual([0, ""]);
  return JSON.parse(out);
};

beforeEach(() => writeFileSync(at("c.txt"), TEXT));

describe("what a text is read from", () => {
  test("standard input, for training, resuming and evaluating", async () => {
    const input = () => new FakeTerminal({ input: TEXT });
    await train("--max-steps", "20");
    const piped = await folder.cliOn(input(), "train", "-", "--out", "@piped", ...SMALL, "--max-steps", "10");
    expect([piped.code, piped.err]).toEqual([0, ""]);
    expect(piped.out).toContain("Training on standard input: 2,850 tokens");
    expect(JSON.parse(readFileSync(at("piped/config.json"), "utf8")).file).toBe("-");
    await folder.cliOn(input(), "train", "--resume", "--out", "@piped", "--max-steps", "20", "--threads", "1");
    const weights = (run: string) => loadLanguageModel(readFileSync(at(run, "last.safetensors"))).head.weight.data();
    expect(weights("piped")).toEqual(weights("run"));
    const [a, b] = [await folder.cli("eval", "@run", "@c.txt"), await folder.cliOn(input(), "eval", "@run", "-")];
    expect(b.out.replace("standard input", "c.txt")).toBe(a.out);
  });

  test("several files, each from a new line on; an error says in which of them it is", async () => {
    writeFileSync(at("a.txt"), TEXT.slice(0, 1000));
    writeFileSync(at("b.txt"), TEXT.slice(1000));
    const { code, out } = await folder.cli("train", "@a.txt", "@b.txt", "--out", "@run", ...SMALL, "--max-steps", "5");
    expect(code).toBe(0);
    expect(out).toContain("Training on a.txt, b.txt: 2,850 tokens (151 to validate on)");
    expect((await folder.cli("train", "--resume", "--out", "@run", "--max-steps", "6", "--threads", "1")).code).toBe(0);
    expect((await evaluated("@a.txt", "@b.txt")).tokens).toBe(3000);
    writeFileSync(at("b.txt"), "calm\nthe # sea");
    const { err } = await folder.cli("eval", "@run", "@a.txt", "@b.txt");
    expect(err).toMatch(/^error: b\.txt:2:5: found U\+0023/);
    writeFileSync(at("b.txt"), Buffer.concat([Buffer.from("calm\n한 "), Buffer.of(0xff)]));
    expect((await folder.cli("eval", "@run", "@a.txt", "@b.txt")).err).toMatch(
      /^error: b\.txt:2:3: found byte 0xff at offset 9/,
    );
  });
});

describe("figures", () => {
  test("eval is of one stream: whatever --batch and --seq-len say, and as by hand", async () => {
    await train("--epochs", "3");
    const one = await evaluated("@c.txt");
    const model = loadLanguageModel(readFileSync(at("run/best.safetensors")));
    const { loss } = await model.evaluate(TEXT, { seqLen: 2999 });
    expect(one.loss).toBeCloseTo(loss, 5);
    expect(one.tokens).toBe(2999);
    const many = await evaluated("@c.txt", "--batch", "50");
    expect(many.perplexity).toBe(one.perplexity);
    for (const size of ["7", "100"]) expect((await evaluated("@c.txt", "--seq-len", size)).loss).toBeCloseTo(loss, 5);
    const { err } = await folder.cli("eval", "@run", "@c.txt", "--batch", "50");
    expect(err).toContain("warning: --batch changes nothing");
  });

  test("the validation loss of a run is that of eval", async () => {
    writeFileSync(at("v.txt"), nonsense(700, 8));
    await train("--valid", at("v.txt"), "--epochs", "1");
    const metrics = readFileSync(at("run/metrics.jsonl"), "utf8").trim().split("\n");
    const { loss, heldOut } = JSON.parse(metrics.at(-1)!);
    expect(heldOut).toBe(true);
    expect((await evaluated("@v.txt")).loss).toBe(loss);
  });

  test("--valid 0: the loss is called that of training", async () => {
    const { out } = await train("--valid", "0", "--epochs", "1");
    expect(out).toMatch(/training loss \d/);
    expect(out).toMatch(/; best training loss \d/);
    expect(out).not.toContain("validation");
    expect(readFileSync(at("run/metrics.jsonl"), "utf8")).toContain('"heldOut":false');
  });

  test("what the model has never seen: an error with its place, left out, or read as <unk>; never bits a character", async () => {
    await train("--max-steps", "5");
    writeFileSync(at("new.txt"), "the sea\r\nwas # calm\r\n");
    const skipped = await evaluated("@new.txt", "--unknown", "skip");
    expect(skipped).toMatchObject({ tokens: 17, bitsPerChar: null, unknown: { handling: "skip", count: 3 } });
    expect(skipped.unknown.share).toBeCloseTo(3 / 21, 10);
    expect(skipped.unknown.first.map(({ place }: { place: string }) => place.replace(/.*\//, ""))).toEqual([
      "new.txt:1:8",
      "new.txt:2:5",
      "new.txt:2:11",
    ]);
    writeFileSync(at("same.txt"), "the sea\nwas  calm\n");
    expect((await evaluated("@same.txt")).loss).toBe(skipped.loss);
    const { out } = await folder.cli("eval", "@run", "@new.txt", "--unknown", "skip");
    expect(out).toMatch(/unknown {5}3 characters, 14\.3 % of the text, left out/);
    expect(out).not.toMatch(/a character,/);
    expect((await folder.cli("eval", "@run", "@new.txt")).err).toMatch(/^error: new\.txt:1:8: found U\+000D/);
  });

  test("words: the share of <unk> is told, bits a character are not; --unknown error refuses", async () => {
    await train("--tokens", "word", "--max-steps", "5");
    writeFileSync(at("korean.txt"), "바다는 고요했다 the sea\n".repeat(20));
    const result = await evaluated("@korean.txt");
    expect(result).toMatchObject({ bitsPerChar: null, unknown: { handling: "map", count: 40 } });
    expect(result.unknown.share).toBeCloseTo(2 / 5, 10);
    expect((await evaluated("@c.txt")).bitsPerChar).toBeGreaterThan(0);
    const { out } = await folder.cli("eval", "@run", "@korean.txt");
    expect(out).toMatch(/40 words, 40\.0 % of the text, read as <unk>: so these figures are not of the whole text/);
    expect(out).toMatch(/first "바다는" at korean\.txt:1:1, "고요했다" at korean\.txt:1:5/);
    const { code, err } = await folder.cli("eval", "@run", "@korean.txt", "--unknown", "error");
    expect([code, err]).toEqual([3, expect.stringMatching(/^error: korean\.txt:1:1: found "바다는"/)]);
    const prompted = await folder.cli("sample", "@run", "--prompt", "the 고래 sea", "--length", "3");
    expect(prompted.err).toBe('warning: the model has never seen "고래" of --prompt, and reads <unk> instead\n');
  });

  test("a vocabulary that is cut says how much of the text it does not have", async () => {
    const { out } = await train("--tokens", "word", "--max-vocab", "8", "--max-steps", "2");
    expect(out).toMatch(/8 in the vocabulary; \d+ % of the tokens are not among them\n/);
  });

  test("a text of one character is named", async () => {
    await train("--max-steps", "2");
    writeFileSync(at("one.txt"), "t");
    const { code, err } = await folder.cli("eval", "@run", "@one.txt");
    expect([code, err]).toEqual([
      3,
      "error: one.txt: found 1; it must have at least 2 tokens. Nothing was written. Try: a longer text\n",
    ]);
  });
});

describe("a byte model", () => {
  test("writes the bytes that it draws into a pipe, and nothing else; on a terminal text", async () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => [0xff, 0x80, 0x41, 0xc3][i % 4]!);
    writeFileSync(at("c.txt"), bytes);
    await train("--tokens", "byte", "--epochs", "6", "--lr", "0.02");
    const pipe = new FakeTerminal();
    const { code } = await folder.cliOn(
      pipe,
      "sample",
      "@run",
      "--prompt",
      "A",
      "--length",
      "80",
      "--temperature",
      "0",
    );
    expect(code).toBe(0);
    expect(pipe.stdout.bytes).toHaveLength(81);
    expect(new Set(pipe.stdout.bytes)).toEqual(new Set([0xff, 0x80, 0x41, 0xc3]));
    const screen = new FakeTerminal({ isTTY: true });
    await folder.cliOn(screen, "sample", "@run", "--prompt", "A", "--length", "80", "--temperature", "0");
    expect(screen.stdout.text).toContain("\ufffd");
  });

  test("any file will do, and is read as it is", async () => {
    writeFileSync(
      at("c.txt"),
      Uint8Array.from({ length: 3000 }, (_, i) => [0x1f, 0x8b, 0, 255][i % 4]!),
    );
    expect((await train("--tokens", "byte", "--max-steps", "2")).code).toBe(0);
    expect((await evaluated("@c.txt")).tokens).toBe(2999);
  });
});

describe("defaults by the size of the text", () => {
  test.each([
    [{}, 1_000_000, {}],
    [{}, 500_001, {}],
    [{}, 300_000, { batch: 30 }],
    [{}, 77_000, { batch: 8 }],
    [{}, 20_000, { batch: 4 }],
    [{}, 5000, { batch: 4 }],
    [{}, 1000, { batch: 4, epochs: 40 }],
    [{}, 14, { batch: 1, seqLen: 13, epochs: 40 }],
    [{}, 2, { batch: 1, seqLen: 1, epochs: 40 }],
    [{ batch: 50 }, 1000, { seqLen: 19, epochs: 40 }],
    [{ seqLen: 100 }, 77_000, { batch: 4 }],
    [{ batch: 5, seqLen: 7, epochs: 3 }, 77_000, {}],
  ])("%j of %i tokens: %j", (given, tokens, fitted) => {
    expect(fitToText(given, tokens)).toEqual(fitted);
    const { batch = 50, seqLen = 50 } = { ...given, ...fitted } as { batch?: number; seqLen?: number };
    expect(batch * seqLen + 1).toBeLessThanOrEqual(tokens);
  });

  test("are told, kept by --resume, and give way to flags and a configuration file", async () => {
    const sizes = ["--hidden", "8", "--layers", "1", "--threads", "1", "--max-steps", "2"];
    const { out } = await folder.cli("train", "@c.txt", "--out", "@run", ...sizes);
    expect(out).toContain(
      "chosen for a text of this size: --batch 4 (of 50: 2,850 tokens are few), --epochs 14 (of 10)\n",
    );
    const config = (run: string) => JSON.parse(readFileSync(at(run, "config.json"), "utf8"));
    expect(config("run")).toMatchObject({ batch: 4, seqLen: 50, epochs: 14 });
    const resumed = await folder.cli("train", "--out", "@run", "--resume", "--max-steps", "4", "--threads", "1");
    expect([resumed.code, resumed.out.includes("chosen")]).toEqual([0, false]);
    expect(config("run")).toMatchObject({ batch: 4, epochs: 14 });
    await folder.cli("train", "@c.txt", "--out", "@flags", ...sizes, "--batch", "9", "--epochs", "2");
    expect(config("flags")).toMatchObject({ batch: 9, epochs: 2 });
    writeFileSync(at("c.json"), '{"batch": 7}');
    await folder.cli("train", "@c.txt", "--out", "@file", ...sizes, "--config", "@c.json");
    expect(config("file")).toMatchObject({ batch: 7 });
  });
});

test.each([[["--version"]], [["-v"]]])("%j", async (argv) => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(await folder.cli(...argv)).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test.each([
  ["classify", "--quiet", undefined],
  ["classify", "--vocab", "--vocab-size"],
  ["regress", "--vocab-siz", "--vocab-size"],
  ["tag", "--max-char", "--max-chars"],
])("of the task %s: %s is %s", async (task, typed, meant) => {
  const { code, err } = await folder.cli("train", "@c.txt", "--task", task, typed, "3");
  expect(code).toBe(2);
  expect(err).toMatch(meant === undefined ? /Try: unrolled train --help\n$/ : new RegExp(`Try: ${meant}\n$`));
});

test("a flag that is near, and another task's, is told as such; a file says which task is at hand", async () => {
  const other = await folder.cli("train", "@c.txt", "--task", "forecast", "--vocab-siz", "3");
  expect(other.code).toBe(2);
  expect(other.err).toContain(
    "found the unknown option --vocab-siz; --vocab-size is a setting of a classifier (--task classify), and this is to be a forecaster.",
  );
  expect(other.err).toMatch(/Try: unrolled train --task forecast --help\n$/);
  writeFileSync(
    at("rows.csv"),
    `words,kind\n${Array.from({ length: 40 }, (_, i) => `word ${i},${i % 2}`).join("\n")}\n`,
  );
  const table = await folder.cli("train", "@rows.csv", "--vocab", "3");
  expect(table.err).toMatch(/Try: --vocab-size\n$/);
});

test("help is had in four ways, and lists every setting as a flag that works", async () => {
  const [help, ...same] = await Promise.all(
    [
      ["train", "--help"],
      ["train", "-h"],
      ["help", "train"],
    ].map((argv) => folder.cli(...argv)),
  );
  for (const { code, out } of same) expect([code, out]).toEqual([0, help!.out]);
  await train("--max-steps", "2");
  const keys = Object.keys(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).filter((key) => key !== "file");
  for (const key of keys) {
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect(help!.out).toMatch(new RegExp(`--${flag}\\b`));
  }
});

test.each([
  ["--quiet", undefined],
  ["--learning-rate", "--lr"],
  ["--batch-size", "--batch"],
  ["--hidden-size", "--hidden"],
  ["--num-layers", "--layers"],
  ["--temp", undefined],
  ["--vocab", "--max-vocab"],
  ["--max-voacb", "--max-vocab"],
  ["--weightdecay", "--weight-decay"],
  ["--epoch", "--epochs"],
  ["--hlep", "--help"],
  ["--outt", "--out"],
])("%s: %s", async (typed, meant) => {
  const { err } = await folder.cli("train", "@c.txt", typed, "3");
  expect(err).toMatch(meant === undefined ? /Try: unrolled train --help\n$/ : new RegExp(`Try: ${meant}\n$`));
});
