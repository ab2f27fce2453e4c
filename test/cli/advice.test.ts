import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { deflateRawSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { fixPipeline } from "../../src/cli/errors/advice.js";
import { CliError } from "../../src/cli/errors/cli-error.js";
import { execute, invocationOf } from "../../src/cli/run.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/interchange/formats/safetensors/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const TEXT = nonsense(3000);
const SMALL = ["--hidden", "8", "--layers", "1", "--threads", "1", "--max-steps", "2"];
const TRAIN = ["train", "@c.txt", "--out", "@runs/new", ...SMALL];

/** The examples in advice name files that a reader has under other names. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "corpus.txt": "@c.txt",
  "other.txt": "@c.txt",
  "runs/corpus": "@runs/c",
};
const named = (words: readonly string[]): string[] =>
  words.map((word) => (EXAMPLES[word] ?? word).replace(/^@/, `${at()}/`));

beforeEach(async () => {
  writeFileSync(at("c.txt"), TEXT);
  await execute(named(["train", "@c.txt", "--out", "@runs/c", ...SMALL]), new FakeTerminal());
});

async function adviceOn(argv: string[], input: Uint8Array | string = ""): Promise<CliError> {
  try {
    await execute(argv, new FakeTerminal({ input }));
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    return error as CliError;
  }
  throw new Error(`no error from ${argv.join(" ")}`);
}

/** Does what the advice says, and nothing else. */
async function follow(argv: string[], error: CliError): Promise<{ code: number; out: string; err: string }> {
  const commands = fixPipeline(error.fix!, invocationOf(argv, new FakeTerminal()));
  expect(commands, error.message).not.toBeNull();
  let input: Uint8Array = new Uint8Array();
  for (const [program, ...words] of commands!.slice(0, -1)) input = spawnSync(program!, words).stdout;
  const [program, ...words] = commands!.at(-1)!;
  expect(program).toBe("unrolled");
  const terminal = new FakeTerminal({ input });
  // What an example names need not be trained to its end.
  const given = named(words);
  if (words[0] === "train" && !words.includes("--out")) given.push("--out", at("runs/example"), ...SMALL);
  const code = await execute(given, terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}

const write = (name: string, content: string | Uint8Array) => () => writeFileSync(at(name), content);
const withNan = () => {
  const { tensors, metadata } = decodeSafetensors(readFileSync(at("runs/c/best.safetensors")));
  tensors.get("head.bias")!.data[3] = Number.NaN;
  writeFileSync(at("runs/c/best.safetensors"), encodeSafetensors(tensors, metadata));
};
const huge = () => {
  for (const file of ["best", "last"]) {
    const { tensors, metadata } = decodeSafetensors(readFileSync(at("runs/c/last.safetensors")));
    if (file === "best") for (const { data } of tensors.values()) data.fill(3e38);
    writeFileSync(at(`runs/c/${file}.safetensors`), encodeSafetensors(tensors, metadata));
  }
};

interface Case {
  bad: string[];
  /** What the error says. */
  says: RegExp;
  exitCode: number;
  before?: () => void;
}

const CASES: Record<string, Case> = {
  "no file": { bad: ["train"], says: /found no FILE/, exitCode: 2 },
  "nothing to resume": { bad: ["train", "--resume"], says: /needs the run's folder/, exitCode: 2 },
  "an unknown flag": { bad: [...TRAIN, "--bacth", "4"], says: /--bacth/, exitCode: 2 },
  "an unknown flag with =": { bad: [...TRAIN, "--bacth=4"], says: /--bacth/, exitCode: 2 },
  "a flag nobody could mean": { bad: [...TRAIN, "--frobnicate"], says: /--frobnicate/, exitCode: 2 },
  "an unknown command": { bad: ["smaple", "@runs/c"], says: /unknown command smaple/, exitCode: 2 },
  "a command nobody could mean": { bad: ["frobnicate"], says: /unknown command frobnicate/, exitCode: 2 },
  "no argument": { bad: ["eval"], says: /found no MODEL/, exitCode: 2 },
  "no model to sample": { bad: ["sample"], says: /found no MODEL/, exitCode: 2 },
  "no model to inspect": { bad: ["inspect"], says: /found no MODEL/, exitCode: 2 },
  "too many arguments": { bad: ["sample", "@runs/c", "@c.txt"], says: /too many arguments/, exitCode: 2 },
  "no value": { bad: ["train", "@c.txt", "--hidden"], says: /without a value/, exitCode: 2 },
  "a bad number": { bad: [...TRAIN, "--hidden", "0"], says: /found 0/, exitCode: 2 },
  "a bad word": { bad: [...TRAIN, "--cell", "lsmt"], says: /"lsmt"/, exitCode: 2 },
  "a word nobody could mean": { bad: [...TRAIN, "--cell", "frobnicate"], says: /"frobnicate"/, exitCode: 2 },
  "tied sizes": {
    bad: [...TRAIN, "--tie", "--embed", "8", "--hidden", "16"],
    says: /as large as --hidden \(16\).*Try: --embed 16$/,
    exitCode: 2,
  },
  "too many threads": { bad: [...TRAIN, "--threads", "1000"], says: /at most 256/, exitCode: 2 },
  "no threads": { bad: [...TRAIN, "--threads", "0"], says: /positive integer/, exitCode: 2 },
  "too large": { bad: [...TRAIN, "--hidden", "1e9"], says: /EiB/, exitCode: 6 },
  "too large in several ways": {
    bad: [...TRAIN, "--layers", "9999", "--embed", "1e8", "--batch", "1e6", "--seq-len", "1e5"],
    says: /memory/,
    exitCode: 6,
  },
  "too large, tied": { bad: [...TRAIN, "--hidden", "1e6", "--tie"], says: /memory/, exitCode: 6 },
  "too short for a batch": { bad: [...TRAIN, "--batch", "100", "--seq-len", "100"], says: /10001 tokens/, exitCode: 3 },
  "nothing to validate on": {
    bad: ["train", "@s.txt", "--out", "@runs/new", ...SMALL],
    says: /at least 2 tokens to validate on/,
    exitCode: 3,
    before: write("s.txt", "A text.\n"),
  },
  "a misspelled file": {
    bad: ["train", "@coprus.txt", "--out", "@runs/new", ...SMALL],
    says: /found nothing there/,
    exitCode: 4,
    before: write("corpus.txt", TEXT),
  },
  "a misspelled model": { bad: ["sample", "@runs/cc"], says: /found nothing there/, exitCode: 4 },
  "a folder of texts": {
    bad: ["train", "@texts", "--out", "@runs/new", ...SMALL],
    says: /found a folder.*a\.txt.*b c\.txt/,
    exitCode: 4,
    before: () => {
      mkdirSync(at("texts"));
      for (const name of ["a.txt", "b c.txt"]) writeFileSync(at("texts", name), TEXT);
    },
  },
  "a run without a checkpoint": {
    bad: ["sample", "@runs/empty"],
    says: /without best/,
    exitCode: 4,
    before: () => mkdirSync(at("runs/empty")),
  },
  "a text as a model": { bad: ["sample", "@c.txt"], says: /found a text.*Try: unrolled train/, exitCode: 3 },
  "a checkpoint as a text": {
    bad: ["train", "@runs/c/last.safetensors", "--out", "@runs/new"],
    says: /found a checkpoint/,
    exitCode: 3,
  },
  "weights that are not finite": {
    bad: ["eval", "@runs/c", "@c.txt"],
    says: /NaN.*"head.bias"/,
    exitCode: 3,
    before: withNan,
  },
  "the same, sampled": { bad: ["sample", "@runs/c"], says: /NaN.*"head.bias"/, exitCode: 3, before: withNan },
  "the same, inspected": { bad: ["inspect", "@runs/c"], says: /NaN.*"head.bias"/, exitCode: 3, before: withNan },
  "weights too large to predict with": { bad: ["sample", "@runs/c"], says: /not finite/, exitCode: 3, before: huge },
  "a broken checkpoint": {
    bad: ["sample", "@runs/c"],
    says: /truncated|within/,
    exitCode: 3,
    before: () =>
      writeFileSync(at("runs/c/best.safetensors"), readFileSync(at("runs/c/last.safetensors")).subarray(0, -9)),
  },
  "an unseen character": {
    bad: ["eval", "@runs/c", "@new.txt"],
    says: /new.txt:2:1: found U\+0023/,
    exitCode: 3,
    before: write("new.txt", "the sea\n# one\n"),
  },
  "map without <unk>": {
    bad: ["eval", "@runs/c", "@new.txt", "--unknown", "map"],
    says: /without <unk>/,
    exitCode: 2,
    before: write("new.txt", "the sea\n# one\n"),
  },
  "an unknown way with the unknown": {
    bad: ["eval", "@runs/c", "@c.txt", "--unknown", "drop"],
    says: /"drop"/,
    exitCode: 2,
  },
  "a bad size": { bad: ["eval", "@runs/c", "@c.txt", "--seq-len", "0"], says: /found 0/, exitCode: 2 },
  "an unseen character in a prompt": {
    bad: ["sample", "@runs/c", "--prompt", "the # sea"],
    says: /U\+0023/,
    exitCode: 3,
  },
  "nothing seen in a prompt": { bad: ["sample", "@runs/c", "--prompt", "##"], says: /U\+0023/, exitCode: 3 },
  "a bad temperature": { bad: ["sample", "@runs/c", "--temperature", "-1"], says: /found -1/, exitCode: 2 },
  "a text twice": { bad: ["inspect", "@runs/c", "@c.txt", "--text", "the sea"], says: /FILE as well/, exitCode: 2 },
  "a picture of no text": { bad: ["inspect", "@runs/c", "--svg", "@a.svg"], says: /needs a text/, exitCode: 2 },
  "a bad layer": { bad: ["inspect", "@runs/c", "@c.txt", "--layer", "7"], says: /less than 1/, exitCode: 2 },
  "a binary file": {
    bad: ["train", "@b.bin", "--out", "@runs/new", ...SMALL],
    says: /found a binary file/,
    exitCode: 3,
    before: write(
      "b.bin",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 253),
    ),
  },
  "a loss that is not finite": {
    bad: [...TRAIN, "--max-steps", "40", "--lr", "1e38"],
    says: /The update was not made/,
    exitCode: 5,
  },
};

describe("what stands after Try:, done as it says, works", () => {
  test.each(Object.entries(CASES))("%s", async (_, { bad, says, exitCode, before }) => {
    before?.();
    const argv = named(bad);
    const error = await adviceOn(argv);
    expect([error.exitCode, error.message]).toEqual([exitCode, expect.stringMatching(says)]);
    if (exitCode === 5) return; // The rate is cut to a fifth: followed often enough, below.
    const { code } = await follow(argv, error);
    expect(code).toBe(0);
  });

  test("a smaller rate, as often as it is advised, trains", async () => {
    let argv = named([...TRAIN, "--max-steps", "40", "--lr", "1e9", "--optimizer", "sgd", "--clip", "0"]);
    for (let tries = 0; tries < 30; tries++) {
      try {
        expect(await execute([...argv, "--out", at(`runs/try${tries}`)], new FakeTerminal())).toBe(0);
        return;
      } catch (error) {
        expect((error as CliError).exitCode).toBe(5);
        argv = fixPipeline((error as CliError).fix!, invocationOf(argv, new FakeTerminal()))!
          .at(-1)!
          .slice(1);
      }
    }
    throw new Error("no rate was small enough");
  });
});

/** A zip archive of one file. Source: PKWARE's APPNOTE, 4.3. */
function zip(name: string, content: Uint8Array): Uint8Array {
  const data = deflateRawSync(content);
  let crc = ~0;
  for (const byte of content) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const common = Buffer.alloc(26);
  for (const [i, value] of [20, 0, 8].entries()) common.writeUInt16LE(value, 2 * i);
  common.writeUInt32LE(~crc >>> 0, 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), data]);
  const central = Buffer.concat([
    Buffer.from("PK\x01\x02"),
    Buffer.of(20, 0),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from("PK\x05\x06"), end]);
}

const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();
const utf32 = (text: string, big: boolean) =>
  Buffer.concat(
    [...text].map((point) => {
      const bytes = Buffer.alloc(4);
      if (big) bytes.writeUInt32BE(point.codePointAt(0)!);
      else bytes.writeUInt32LE(point.codePointAt(0)!);
      return bytes;
    }),
  );
const KOREAN = "바다는 고요하고 배는 흰 구름 아래로 나아갔다. 노인들은 고래를 노래했다.\n".repeat(40);
const BOM = "\ufeff";

const FOREIGN: Record<string, [bytes: Uint8Array, says: RegExp]> = {
  zip: [zip("c.txt", Buffer.from(TEXT)), /a zip archive.*unzip -p/],
  "UTF-16 with a mark": [Buffer.from(BOM + TEXT, "utf16le"), /a text in UTF-16;.*iconv -f UTF-16 -t/],
  "UTF-16, big first, with a mark": [utf16be(BOM + TEXT), /a text in UTF-16;.*iconv -f UTF-16 -t/],
  "UTF-16 without": [Buffer.from(TEXT, "utf16le"), /a text in UTF-16LE/],
  "UTF-16, big first, without": [utf16be(TEXT), /a text in UTF-16BE/],
  "Korean in UTF-16 without": [Buffer.from(KOREAN, "utf16le"), /a text in UTF-16LE/],
  "Korean in UTF-16, big first, without": [utf16be(KOREAN), /a text in UTF-16BE/],
  "UTF-32 with a mark": [utf32(BOM + TEXT, false), /a text in UTF-32;/],
  "UTF-32 without": [utf32(KOREAN, false), /a text in UTF-32LE/],
  "UTF-32, big first, without": [utf32(TEXT, true), /a text in UTF-32BE/],
  LATIN1: [Buffer.from(TEXT.replaceAll("sea", "séa"), "latin1"), /0xe9.*iconv -f LATIN1/],
  CP1252: [Buffer.from(TEXT.replaceAll("sea", "s\x92a"), "latin1"), /0x92.*iconv -f CP1252/],
  "UTF-8 with a few broken bytes": [
    Buffer.concat([Buffer.from(KOREAN), Buffer.of(0xff), Buffer.from(TEXT)]),
    /iconv -c -f UTF-8/,
  ],
};

/** By the program that undoes it. */
const PACKED: Record<string, [tool: string, pack: string[], says: RegExp]> = {
  bzip2: ["bunzip2", ["bzip2", "-c"], /a bzip2 file.*bunzip2 -c/],
  xz: ["xz", ["xz", "-c"], /an xz file.*xz -dc/],
  zstd: ["zstd", ["zstd", "-c"], /a zstd file.*zstd -dc/],
  tar: ["tar", ["tar", "-cf", "-", "-C", ".", "c.txt"], /a tar archive.*tar -xOf/],
};

describe("a packed file becomes a text by the program that is advised", () => {
  for (const [kind, [tool, pack, says]] of Object.entries(PACKED)) {
    const isThere = spawnSync(tool, ["--version"]).error === undefined;
    test.skipIf(!isThere)(`${isThere ? "" : `skip: no ${tool} here: `}${kind}`, async () => {
      const { stdout } = spawnSync(pack[0]!, pack.slice(1), { input: TEXT, cwd: at() });
      writeFileSync(at("f.dat"), stdout);
      const argv = named(["train", "@f.dat", "--out", "@runs/new", ...SMALL]);
      const error = await adviceOn(argv);
      expect([error.exitCode, error.message]).toEqual([3, expect.stringMatching(says)]);
      expect((await follow(argv, error)).code).toBe(0);
    });
  }
});

/** What the filters in advice are; a system without one cannot follow it. */
const missing = ["unzip", "iconv"].filter((tool) => spawnSync(tool, ["--help"]).error !== undefined);

describe("a file that is no text is named, and becomes one by what is advised", () => {
  test.skipIf(missing.length > 0).each(Object.entries(FOREIGN))(
    missing.length > 0 ? `skip: no ${missing.join(" or ")} here: %s` : "%s",
    async (_, [bytes, says]) => {
      writeFileSync(at("f.dat"), bytes);
      const argv = named(["train", "@f.dat", "--out", "@runs/new", ...SMALL]);
      const error = await adviceOn(argv);
      expect([error.exitCode, error.message]).toEqual([3, expect.stringMatching(says)]);
      const { code, out } = await follow(argv, error);
      expect(code).toBe(0);
      const size = says.source.includes("a|Korean")
        ? 0
        : Number(/: ([\d,]+) tokens/.exec(out)![1]!.replaceAll(",", ""));
      expect(size).toBeGreaterThan(1000);
      // A model that is asked to read it is told the same.
      const evaluated = named(["eval", "@runs/c", "@f.dat"]);
      expect((await adviceOn(evaluated)).message).toMatch(/iconv|gunzip|unzip/);
    },
  );

  test.each([
    ["PNG", Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), /a PNG picture/],
    ["PDF", Buffer.from("%PDF-1.4\nhello"), /a PDF file.*pdftotext .* - \| unrolled/],
    ["a PyTorch file", zip("archive/data.pkl", Buffer.from("x")), /a PyTorch file \(\.pt/],
    ["bzip2", Buffer.from("BZh91AY&SY\0\0\xff", "latin1"), /a bzip2 file.*bunzip2 -c/],
    ["xz", Buffer.from("\xfd7zXZ\0\0", "latin1"), /an xz file.*xz -dc/],
  ])("%s", async (_, bytes, says) => {
    writeFileSync(at("f.dat"), bytes);
    expect((await adviceOn(named(["train", "@f.dat", "--out", "@runs/new"]))).message).toMatch(says);
    const asModel = await adviceOn(named(["sample", "@f.dat"]));
    expect([asModel.exitCode, asModel.message]).toEqual([3, expect.stringMatching(says.source.split(".*")[0]!)]);
  });

  test("texts that look like something else are texts", async () => {
    for (const text of ["MZ is a beginning. ", "BZhang said so. ", "Rar! cried the parrot. ", "ID3 is a tree. "]) {
      writeFileSync(at("t.txt"), text.repeat(100));
      const argv = named(["train", "@t.txt", "--out", `@runs/${basename(text, " ").replace(/\W/g, "")}`, ...SMALL]);
      expect(await execute(argv, new FakeTerminal())).toBe(0);
    }
  });

  test("a byte order mark of UTF-8 is dropped, wherever a file begins", async () => {
    for (const name of ["a.txt", "b.txt"]) writeFileSync(at(name), BOM + TEXT);
    const terminal = new FakeTerminal();
    await execute(named(["train", "@a.txt", "@b.txt", "--out", "@runs/new", "--valid", "0", ...SMALL]), terminal);
    expect(terminal.stdout.text).toContain(`${new Set(TEXT).size} in the vocabulary`);
  });
});
