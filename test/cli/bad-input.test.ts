import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/interchange/formats/safetensors/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1"];
const TEXT = nonsense(3000);

const folder = temporaryFolder();
const { at } = folder;

beforeEach(() => {
  writeFileSync(at("c.txt"), TEXT);
});

/** The whole of what standard error says, in the design's form, and nothing else written. */
async function expectError(argv: string[], code: number, message: string | RegExp): Promise<void> {
  const before = readdirSync(at()).sort();
  const result = await folder.cli(...argv);
  expect(result.err).toMatch(/^error: \S.*; .*\.\n?( .*)*$/s);
  if (typeof message === "string") expect(result.err).toBe(`error: ${message}\n`);
  else expect(result.err).toMatch(message);
  expect(result.err).not.toMatch(/\n\s+at /);
  expect(result.code).toBe(code);
  expect(result.out).toBe("");
  expect(readdirSync(at()).sort()).toEqual(before);
}

describe("texts", () => {
  test("no FILE", async () => {
    await expectError(
      ["train"],
      2,
      "unrolled train: found no FILE; it needs a text to learn from. Nothing was written. Try: unrolled train corpus.txt",
    );
  });

  test("a file that is not there", async () => {
    await expectError(
      ["train", "@none.txt", "--out", "@runs/c"],
      4,
      "none.txt: found nothing there; it must be an existing file in an existing folder. Nothing was written. Try: Check the spelling of the path",
    );
  });

  test("a folder", async () => {
    mkdirSync(at("folder"));
    await expectError(
      ["train", "@folder", "--out", "@runs/c"],
      4,
      /^error: folder: found a folder; it must be a file\. Nothing was written\./,
    );
  });

  test.each([
    ["", "found an empty one"],
    ["  \n\n\t ", "found only white space (6 characters)"],
  ])("an empty text: %j", async (content, found) => {
    writeFileSync(at("empty.txt"), content);
    await expectError(
      ["train", "@empty.txt", "--out", "@runs/c"],
      3,
      `empty.txt: ${found}; it must hold text to learn from. Nothing was written. Try: Name another file`,
    );
  });

  test("a text shorter than one batch of sequences: the minimum is said", async () => {
    writeFileSync(at("short.txt"), "A short text.\n");
    const sizes = ["--batch", "50", "--seq-len", "50"];
    await expectError(
      ["train", "@short.txt", "--out", "@runs/c", "--valid", "0", ...sizes],
      3,
      "short.txt: found 14; it must hold at least 2501 tokens to train on (batch 50 x sequence length 50 + 1). Nothing was written. Try: unrolled train short.txt --out runs/c --valid 0",
    );
    await expectError(
      ["train", "@short.txt", "--out", "@runs/c"],
      3,
      "short.txt: found 1; it must leave at least 2 tokens to validate on. Nothing was written. Try: --valid 0",
    );
    const { code, out } = await folder.cli(
      "train",
      "@short.txt",
      "--out",
      "@runs/c",
      "--valid",
      "0",
      "--max-steps",
      "3",
    );
    expect(code).toBe(0);
    expect(out).toContain(
      "chosen for a text of this size: --batch 1 (of 50: 14 tokens are few), --seq-len 13 (of 50), --epochs 40 (of 10)\n",
    );
    expect(out).toMatch(/training loss \d/);
    expect(out).not.toContain("validation loss");
  });

  test("invalid UTF-8: line, column, byte and offset", async () => {
    const bytes = new TextEncoder().encode(`한 one\ntwo ${TEXT}`);
    bytes[12] = 0xff;
    writeFileSync(at("latin.txt"), bytes);
    await expectError(
      ["train", "@latin.txt", "--out", "@runs/c", ...SMALL],
      3,
      "latin.txt:2:5: found byte 0xff at offset 12; a text must be valid UTF-8. Nothing was written. Try: iconv -c -f UTF-8 -t UTF-8 latin.txt | unrolled train - --out runs/c --hidden 8 --layers 1 --batch 4 --seq-len 10 --threads 1",
    );
    expect(
      (await folder.cli("train", "@latin.txt", "--out", "@runs/c", ...SMALL, "--tokens", "byte", "--max-steps", "1"))
        .code,
    ).toBe(0);
  });

  test("a validation file that is not there, or empty", async () => {
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", "--valid", "@none.txt"],
      4,
      /^error: none\.txt: found nothing there/,
    );
    writeFileSync(at("empty.txt"), "");
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", "--valid", "@empty.txt"],
      3,
      /^error: empty\.txt: found an empty one/,
    );
  });
});

describe("flags", () => {
  test.each([
    [
      ["--hiden", "4"],
      "unrolled train: found the unknown option --hiden; it takes those that --help lists. Nothing was written. Try: --hidden",
    ],
    [["--sequence"], /found the unknown option --sequence.*Try: --seq-len\n$/],
    [["--frobnicate"], /found the unknown option --frobnicate.*Try: unrolled train --help\n$/],
    [["--hidden", "0"], "--hidden: found 0; it must be a positive integer. Nothing was written. Try: --hidden 128"],
    [["--lr", "NaN"], "--lr: found NaN; it must be a finite number > 0. Nothing was written. Try: --lr 0.002"],
    [["--batch", "-1"], "--batch: found -1; it must be a positive integer. Nothing was written. Try: --batch 50"],
    [
      ["--layers", "10000000", "--hidden", "1"],
      /^error: --layers: found 10000000; it must be at most 10000\. .*Try: --layers 2\n$/,
    ],
    [["--layers", "two"], '--layers: found "two"; it must be a positive integer. Nothing was written. Try: --layers 2'],
    [["--dropout", "1"], /^error: --dropout: found 1; it must be a number in \[0, 1\)/],
    [
      ["--cell", "lsmt"],
      '--cell: found "lsmt"; it must be one of "gru", "ind-rnn", "irnn", "layer-norm-gru", "layer-norm-lstm", "lstm", "mgu", "min-gru", "min-lstm", "peephole-lstm", "rnn". Nothing was written. Try: --cell lstm',
    ],
    [["--tokens", "letters"], /^error: --tokens: found "letters"; it must be one of "char", "byte", "word"/],
    [["--valid", "1.5"], /^error: --valid: found "1.5"; it must be a number in \[0, 1\) or the path of a file/],
    [["--threads", "0"], /^error: --threads: found 0; it must be a positive integer.*Try: --threads 2/],
    [["--hidden"], /^error: unrolled train: found --hidden without a value; it is used as --hidden <n>/],
    [["--tie", "--embed", "4"], /^error: --embed: found 4; it must be as large as --hidden \(128\) with --tie/],
  ])("%j", async (flags, message) => {
    await expectError(["train", "@c.txt", "--out", "@runs/c", ...flags], 2, message as string | RegExp);
  });

  test("an unknown command", async () => {
    await expectError(
      ["trian", "@c.txt"],
      2,
      /found the unknown command trian; it has the commands train, eval, sample.*Try: unrolled train c.txt\n/,
    );
  });

  test("--hidden 1e9: the memory is estimated before any is allocated", async () => {
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", "--hidden", "1e9"],
      6,
      /^error: memory: found about \d+(,\d+)* EiB \([\d,]+ parameters of hidden size 1000000000\); it must be at most .* Nothing was allocated or written\. Try: --hidden 128 --embed 128\n$/,
    );
  });
});

describe("configuration files", () => {
  test.each([
    ["{", 3, /^error: c\.json: found/],
    [
      '{"hidden": 0}',
      3,
      'c.json: hidden: found 0; it must be a positive integer. Nothing was written. Try: "hidden": 128',
    ],
    ['{"hiden": 4}', 3, /^error: c\.json: found the unknown setting "hiden".*Try: "hidden"\n/],
    ["[]", 3, /^error: c\.json: found \[\]; it must be an object/],
  ])("%j", async (json, code, message) => {
    writeFileSync(at("c.json"), json);
    await expectError(["train", "@c.txt", "--out", "@runs/c", "--config", "@c.json"], code, message as string | RegExp);
  });
});

describe("the run folder", () => {
  test("another run is refused and untouched", async () => {
    expect((await folder.cli("train", "@c.txt", "--out", "@runs/c", ...SMALL, "--max-steps", "2")).code).toBe(0);
    const before = readFileSync(at("runs/c/last.safetensors"));
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", ...SMALL],
      4,
      /^error: runs\/c: found another run; it must be a folder without a run\. That run is untouched\. Try: --out with another folder, or --resume/,
    );
    expect(readFileSync(at("runs/c/last.safetensors"))).toEqual(before);
  });

  test("a file", async () => {
    writeFileSync(at("file"), "x");
    await expectError(
      ["train", "@c.txt", "--out", "@file"],
      4,
      "file: found a file; it must be a folder. The file is untouched. Try: --out with another path",
    );
    await expectError(["train", "@c.txt", "--out", "@file/run"], 4, /found a file at .*; it must be a folder/);
  });

  const readOnly = process.getuid?.() === 0 ? "/proc" : "locked";
  test("a read-only folder", async () => {
    if (readOnly === "locked") {
      mkdirSync(at("locked"));
      chmodSync(at("locked"), 0o555);
    }
    await expectError(
      ["train", "@c.txt", ...SMALL, "--out", readOnly === "locked" ? "@locked/run" : "/proc/run"],
      4,
      /^error: \/?(proc|locked).*Nothing was written\./,
    );
    if (readOnly === "locked") chmodSync(at("locked"), 0o755);
  });

  test("nothing to resume", async () => {
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", "--resume"],
      4,
      /^error: runs\/c: found none; it must be a folder with a run\. Nothing was written\. Try: unrolled train c\.txt --out runs\/c\n$/,
    );
    await expectError(["train", "--resume"], 2, /found neither FILE nor --out; --resume needs the run's folder/);
  });
});

describe("resuming with something else", () => {
  beforeEach(async () => {
    await folder.cli("train", "@c.txt", "--out", "@runs/c", ...SMALL, "--max-steps", "2");
  });

  test("another architecture: each flag, old → new", async () => {
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", "--resume", "--hidden", "9", "--cell", "gru"],
      3,
      "runs/c/last.safetensors: found --cell lstm → gru, --hidden 8 → 9; it must be resumed with its own options. The run is untouched. Try: Leave these options out, or start a new run",
    );
  });

  test("another vocabulary", async () => {
    writeFileSync(at("c.txt"), `${TEXT}Z`);
    await expectError(
      ["train", "@c.txt", "--out", "@runs/c", "--resume"],
      3,
      /found vocabulary size: 25 → 26; new: "Z"|found vocabulary size/,
    );
  });
});

describe("models", () => {
  let good: Uint8Array;
  beforeEach(async () => {
    await folder.cli("train", "@c.txt", "--out", "@runs/c", ...SMALL, "--max-steps", "2");
    good = readFileSync(at("runs/c/last.safetensors"));
  });

  const sampleOf = (bytes: Uint8Array) => {
    writeFileSync(at("m.safetensors"), bytes);
    return ["sample", "@m.safetensors"];
  };
  const withHeader = (edit: (header: string) => string): Uint8Array => {
    const length = Number(new DataView(good.buffer, good.byteOffset).getBigUint64(0, true));
    const header = new TextEncoder().encode(edit(new TextDecoder().decode(good.subarray(8, 8 + length))));
    const bytes = new Uint8Array(8 + header.length + good.length - 8 - length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    bytes.set(good.subarray(8 + length), 8 + header.length);
    return bytes;
  };
  const form = (text: string) => new RegExp(`^error: m\\.safetensors: found .*${text}.*The file is untouched\\. Try: `);

  test("truncated", () => expectError(sampleOf(good.subarray(0, good.length - 9)), 3, form("truncated|within the")));
  test("cut in its header", () =>
    expectError(sampleOf(good.subarray(0, 60)), 3, form("at most as long as the 52 bytes")));
  test("@empty", () => expectError(sampleOf(new Uint8Array(0)), 3, form("at least 8 bytes")));
  test.each(["eval", "sample"])("%s: a weight that is not a number is named", async (command) => {
    const { tensors, metadata } = decodeSafetensors(new Uint8Array(good));
    tensors.get("rnn.bias_ih_l0")!.data[3] = Number.NaN;
    const argv = [command, ...sampleOf(encodeSafetensors(tensors, metadata)).slice(1)];
    const found = /found NaN at element 3 \(weight "rnn\.bias_ih_l0" of \S*m\.safetensors\); it must be finite\./;
    await expectError(command === "eval" ? [...argv, "@c.txt"] : argv, 3, found);
  });
  test("a header longer than the file", () => {
    const bytes = new Uint8Array(good);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 40n, true);
    return expectError(sampleOf(bytes), 3, form("at most 100000000 bytes long"));
  });
  test("overlapping offsets", () =>
    expectError(
      sampleOf(
        withHeader((h) => h.replace(/("data_offsets":\[)(\d+),(\d+)\](.*?data_offsets":\[)\d+,\d+/, "$1$2,$3]$4$2,$3")),
      ),
      3,
      form("overlap|bytes"),
    ));
  test("offsets out of range", () =>
    expectError(
      sampleOf(withHeader((h) => h.replace(/\[0,(\d+)\]/, "[900000000,900000$1]"))),
      3,
      form("start at byte|bytes"),
    ));
  test("duplicate keys", () =>
    expectError(sampleOf(withHeader((h) => h.replace('"head.weight"', '"head.bias"'))), 3, form("")));
  test("missing, extra, misshapen and mistyped tensors", () => {
    const { tensors, metadata } = decodeSafetensors(good);
    tensors.delete("head.bias");
    tensors.set("surplus", { stored: "F32", dtype: "float32", shape: [1], data: new Float32Array(1) });
    const { data } = tensors.get("embed.weight")!;
    tensors.set("embed.weight", { stored: "F32", dtype: "float32", shape: [data.length], data });
    return expectError(
      sampleOf(encodeSafetensors(tensors, metadata)),
      3,
      form("missing head.bias; unexpected surplus; embed.weight has shape"),
    );
  });

  test("a run folder without checkpoints, and no model at all", async () => {
    mkdirSync(at("empty"));
    await expectError(["sample", "@empty"], 4, /^error: empty: found a folder without best\.safetensors/);
    await expectError(["sample", "@none"], 4, /^error: none: found nothing there/);
    await expectError(["eval", "@runs/c", "@none.txt"], 4, /^error: none\.txt: found nothing there/);
  });

  test("a prompt with an unseen character, named by code point", async () => {
    await expectError(
      ["sample", "@runs/c", "--prompt", "the\nsea 한"],
      3,
      /^error: --prompt:2:5: found U\+D55C "한", which the model has never seen; it must contain only the \d+ characters of the vocabulary\. Try: --prompt \$'the\\x0asea '\n$/,
    );
  });

  test.each([
    [
      ["--temperature", "-1"],
      /^error: --temperature: found -1; it must be a finite number >= 0\. Try: --temperature 0\.8/,
    ],
    [["--top-k", "0"], /^error: --top-k: found 0; it must be a positive integer/],
    [["--top-p", "2"], /^error: --top-p: found 2; it must be a number in \(0, 1\]/],
    [["--length", "x"], /^error: --length: found "x"; it must be a non-negative integer/],
    [["--seed", "1.5"], /^error: --seed: found 1\.5; it must be a non-negative integer/],
  ])("sample %j", async (flags, message) => {
    await expectError(["sample", "@runs/c", ...flags], 2, message);
  });

  test("eval of a text with an unseen character, or not UTF-8", async () => {
    writeFileSync(at("other.txt"), "the sea 한");
    await expectError(
      ["eval", "@runs/c", "@other.txt"],
      3,
      /^error: other\.txt:1:9: found U\+D55C "한", which the model has never seen/,
    );
    writeFileSync(at("other.txt"), new Uint8Array([0x61, 0x0a, 0xff]));
    await expectError(["eval", "@runs/c", "@other.txt"], 3, /^error: other\.txt:2:1: found byte 0xff at offset 2/);
  });
});

test("a loss that is not finite: exit 5, the step, a hint; the last good checkpoint stays", async () => {
  await folder.cli("train", "@c.txt", "--out", "@runs/c", ...SMALL, "--max-steps", "30", "--validate-every", "10");
  const before = readFileSync(at("runs/c/last.safetensors"));
  const flags = ["--resume", "--optimizer", "adam", "--lr", "1e38", "--max-steps", "60"];
  const { code, err } = await folder.cli("train", "@c.txt", "--out", "@runs/c", ...flags);
  expect(err).toMatch(/^error: .* step \d+: found (NaN|-?Infinity)|^error: weight/);
  expect(err).toMatch(/The update was not made; the last good checkpoint is in runs\/c\. Try: --lr 2e\+37\n$/);
  expect(code).toBe(5);
  expect(readFileSync(at("runs/c/last.safetensors"))).toEqual(before);
});

test("a model whose weights are absurd but finite cannot be sampled: a warning, and training ends as it should", async () => {
  const options = ["--lr", "1e30", "--max-steps", "6", "--out", "@runs/wild", ...SMALL];
  const { code, err, out } = await folder.cli("train", "@c.txt", ...options);
  expect(code).toBe(0);
  expect(err).toBe("warning: no sample: the model's logits are not finite. Try a smaller --lr.\n");
  expect(out).toMatch(/validation loss \d\.\d{3}e\+\d+/);
});
