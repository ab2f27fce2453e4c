import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { CliError } from "../../src/cli/errors/cli-error.js";
import { execute } from "../../src/cli/run.js";
import { systemFiles } from "../../src/runs/file-system-node.js";
import { RunLock, SILENCE_MS } from "../../src/runs/lock-node.js";
import { ownIdentity } from "../../src/runs/process-identity-node.js";
import { nameTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

// Advice that a person has to follow: what is told, and what a person then types, which must succeed.

const { at } = temporaryFolder();
const TEXT = nonsense(3000);
const SMALL = ["--hidden", "8", "--layers", "1", "--threads", "1", "--max-steps", "2"];
const TRAIN = ["train", "@c.txt", ...SMALL];
const named = (words: readonly string[]): string[] => words.map((word) => word.replace(/^@/, `${at()}/`));
const run = (words: readonly string[], input: Uint8Array | string = "") =>
  execute(named(words), new FakeTerminal({ input }));

async function textOf(words: readonly string[], input: Uint8Array | string = ""): Promise<string> {
  try {
    await run(words, input);
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).fix, (error as CliError).message).toHaveProperty("text");
    return ((error as CliError).fix as { text: string }).text;
  }
  throw new Error(`no error from ${words.join(" ")}`);
}

beforeEach(async () => {
  fs.writeFileSync(at("c.txt"), TEXT);
  fs.writeFileSync(at("rows.csv"), nameTable(100));
  await run([...TRAIN, "--out", "@runs/c"]);
});

const write = (name: string, content: string | Uint8Array) => () => fs.writeFileSync(at(name), content);
const PNG = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
const withoutLast = () => {
  fs.rmSync(at("runs/c/last.safetensors"));
  fs.truncateSync(at("runs/c/best.safetensors"), 900);
};
const other = [...TRAIN, "--out", "@runs/other"];
const resumed = ["train", "--resume", "--out", "@runs/c", "--max-steps", "4", "--threads", "1"];
const classifier = ["train", "@rows.csv", "--out", "@kinds", ...SMALL];

interface Case {
  bad: string[];
  before?: () => void;
  says: string;
  /** What a person types then, each of which must do. */
  good: string[][];
}

const CASES: Record<string, Case> = {
  "a folder that has a run": {
    bad: [...TRAIN, "--out", "@runs/c"],
    says: "--out with another folder, or --resume to go on with that run",
    good: [other, resumed],
  },
  "a folder with half a run": {
    bad: ["train", "--resume", "--out", "@half"],
    before: () => {
      fs.mkdirSync(at("half"));
      fs.writeFileSync(at("half/metrics.jsonl"), "");
    },
    says: "--out with the folder of a run",
    good: [resumed],
  },
  "a file as the folder": { bad: [...TRAIN, "--out", "@c.txt"], says: "--out with another path", good: [other] },
  "a folder that cannot be made": {
    bad: [...TRAIN, "--out", "/proc/nothing/x"],
    says: "--out with another folder, or other permissions",
    good: [other],
  },
  "a look at no text": {
    bad: ["inspect", "@runs/c/last.safetensors", "--svg", "@a.svg"],
    before: () => fs.rmSync(at("runs/c/config.json")),
    says: "a FILE after the model, or --text",
    good: [
      ["inspect", "@runs/c", "@c.txt", "--svg", "@a.svg"],
      ["inspect", "@runs/c", "--text", "the sea was", "--svg", "@b.svg"],
    ],
  },
  "rows of nothing": {
    bad: ["predict", "@kinds"],
    says: "a FILE after the model, or --text",
    good: [classifier, ["predict", "@kinds", "@rows.csv"], ["predict", "@kinds", "--text", "abc"]],
  },
  "one character": {
    bad: ["eval", "@runs/c", "@s.txt"],
    before: write("s.txt", "t"),
    says: "a longer text",
    good: [["eval", "@runs/c", "@c.txt"]],
  },
  "a look at one character": {
    bad: ["inspect", "@runs/c", "--text", "t"],
    says: "a longer text",
    good: [["inspect", "@runs/c", "--text", "the sea"]],
  },
  "a look at what the model never saw": {
    bad: ["inspect", "@runs/c", "--text", "the ## sea"],
    says: "a text with the characters that the model was trained on",
    good: [["inspect", "@runs/c", "--text", "the sea"]],
  },
  "a broken model alone": {
    bad: ["sample", "@runs/c"],
    before: withoutLast,
    says: "another checkpoint: each run folder has best.safetensors and last.safetensors",
    good: [other, ["sample", "@runs/other/last.safetensors", "--length", "5"]],
  },
  "a folder without a model, and no run beside it": {
    bad: ["sample", "@alone/x"],
    before: () => fs.mkdirSync(at("alone/x"), { recursive: true }),
    says: "the folder of a run that has been validated",
    good: [["sample", "@runs/c", "--length", "5"]],
  },
  "runs where there are none": {
    bad: ["plot", "@nowhere"],
    says: "the folder of a run, or one in which runs lie",
    good: [["plot", "@runs/c"]],
  },
  "a model that cannot do it": {
    bad: ["predict", "@runs/c", "--text", "the sea"],
    says: "the model of one of these",
    good: [classifier, ["predict", "@kinds", "--text", "the sea"]],
  },
  "gzip that is cut off": {
    bad: ["train", "@cut.gz", "--out", "@runs/other", ...SMALL],
    before: () => {
      fs.writeFileSync(at("cut.gz"), gzipSync(TEXT).subarray(0, -9));
      fs.writeFileSync(at("whole.gz"), gzipSync(TEXT));
    },
    says: "fetching or packing it again",
    good: [["train", "@whole.gz", "--out", "@runs/other", ...SMALL]],
  },
  "two tables of other columns": {
    bad: ["train", "@rows.csv", "@turned.csv", "--out", "@kinds", ...SMALL],
    before: write("turned.csv", "b,a\n"),
    says: "the columns of the first file in all of them, in their order",
    good: [["train", "@rows.csv", "@rows.csv", "--out", "@two", "--task", "classify", "--label", "kind", ...SMALL]],
  },
  "a picture to evaluate on": {
    bad: ["eval", "@runs/c", "@p.png"],
    before: write("p.png", PNG),
    says: "the name of a text",
    good: [["eval", "@runs/c", "@c.txt"]],
  },
  "a binary file as a table": {
    bad: ["train", "@b.csv", "--task", "classify", "--label", "kind", "--out", "@kinds", ...SMALL],
    before: write(
      "b.csv",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 253),
    ),
    says: "Look whether the file is binary, or in UTF-16: a text has none",
    good: [classifier],
  },
};

describe("what a person is told to do works", () => {
  test.each(Object.entries(CASES))("%s", async (_, { bad, before, says, good }) => {
    before?.();
    expect(await textOf(bad)).toBe(says);
    for (const words of good) expect(await run(words), words.join(" ")).toBe(0);
  });

  // Whoever saves, unpacks or takes out a text has one: the kinds of files and what is said of them.
  const KINDS: [string, Uint8Array, string][] = [
    ["7z", Buffer.from("7z\xbc\xaf\x27\x1c\0\x04", "latin1"), "unpacking it, and naming the text in it"],
    ["RAR", Buffer.from("Rar!\x1a\x07\x01\0", "latin1"), "unpacking it, and naming the text in it"],
    ["RTF", Buffer.from("{\\rtf1 the sea}"), "saving it as plain text"],
    ["Office", Buffer.from("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "latin1"), "saving it as plain text in UTF-8"],
    ["SQLite", Buffer.from("SQLite format 3\0\0\0"), "a text that is taken out of it"],
    ["PNG", PNG, "the name of a text"],
    ["PyTorch", Buffer.from("PK\x03\x04\0\0archive/data.pkl\0", "latin1"), "the name of a text"],
  ];
  test.each(KINDS)("%s", async (_, bytes, says) => {
    fs.writeFileSync(at("f.dat"), bytes);
    expect(await textOf(["train", "@f.dat", "--out", "@runs/other", ...SMALL])).toBe(says);
    expect(await run(other)).toBe(0);
  });

  test("UTF-16 on standard input", async () => {
    const words = ["train", "-", "--out", "@runs/other", ...SMALL];
    const input = Buffer.from(`\ufeff${TEXT}`, "utf16le");
    const says = await textOf(words, input);
    const [, filter] = /^its text in place of it: \.\.\. \| (.*) \| unrolled \.\.\.$/.exec(says)!;
    const [program, ...rest] = filter!.split(" ");
    const { stdout } = spawnSync(program!, rest, { input });
    expect(await run(words, stdout)).toBe(0);
  });
});

test.each([
  ["UTF-16", (text: string) => Buffer.from(`\ufeff${text}`, "utf16le")],
  ["Latin-1", (text: string) => Buffer.from(text.replace("name", "n\u00e4me"), "latin1")],
])("a table in %s becomes a file of its own, whose name says that it is one", async (_, encoded) => {
  fs.writeFileSync(at("other.csv"), encoded(nameTable(100)));
  const words = ["train", "@other.csv", "--out", "@runs/other", ...SMALL];
  const [, command, name] = /^(.+) and then the same with (.+)$/.exec(await textOf(words))!;
  expect(command).toContain(` > ${name}`);
  expect(spawnSync("sh", ["-c", command!]).status).toBe(0);
  words[1] = name!;
  const terminal = new FakeTerminal();
  expect(await execute(named(words), terminal)).toBe(0);
  expect(terminal.stdout.text).toContain(" as classify: ");
});

describe("flags that only training has are not advised to who uses a model", () => {
  test("a column that is called otherwise is named as the model has it", async () => {
    expect(await run(classifier)).toBe(0);
    const table = nameTable(100);
    fs.writeFileSync(at("new.csv"), table.replace("name", "nmae"));
    const says = await textOf(["predict", "@kinds", "@new.csv"]);
    expect(says).toMatch(/^the name "\w+" in its header, in place of "\w+"$/);
    const [wanted, found] = [...says.matchAll(/"(\w+)"/g)].map(([, name]) => name!);
    fs.writeFileSync(at("new.csv"), fs.readFileSync(at("new.csv"), "utf8").replace(found!, wanted!));
    expect(await run(["predict", "@kinds", "@new.csv"])).toBe(0);
  });

  test("a gap is filled by a model that was trained to do so", async () => {
    const days = Array.from(
      { length: 60 },
      (_, i) => `${new Date(86_400_000 * i).toISOString().slice(0, 10)},${(i * 7) % 5}`,
    );
    fs.writeFileSync(at("days.csv"), `day,load\n${days.join("\n")}\n`);
    fs.writeFileSync(at("gap.csv"), `day,load\n${days.filter((_, i) => i !== 30).join("\n")}\n`);
    const training = ["train", "@days.csv", "--out", "@days", "--context", "4", ...SMALL];
    expect(await run(training)).toBe(0);
    const words = ["predict", "@days", "@gap.csv"];
    expect(await textOf(words)).toBe("a model that was trained with --fill previous");
    expect(await run([...training.slice(0, 3), "@filled", ...training.slice(4), "--fill", "previous"])).toBe(0);
    expect(await run(["predict", "@filled", "@gap.csv"])).toBe(0);
  });
});

describe("a folder in which another writes", () => {
  test("that lives: another folder, or its end", async () => {
    const lock = new RunLock(at("runs/c/.lock"), "run", () => {});
    expect(await textOf(resumed)).toBe("Choose another folder, or wait until it ends");
    expect(await run(other)).toBe(0);
    lock.release();
    expect(await run(resumed)).toBe(0);
  });

  test("of which nothing is known: another folder, or so many seconds", async () => {
    const holder = { ...ownIdentity(), host: "elsewhere", space: "elsewhere", since: "2026-01-01T00:00:00.000Z" };
    fs.writeFileSync(at("runs/c/.lock"), JSON.stringify(holder));
    const [, seconds] = /^Choose another folder\. If that process has ended, wait (\d+) s: /.exec(
      await textOf(resumed),
    )!;
    expect(Number(seconds)).toBeLessThanOrEqual(SILENCE_MS / 1000);
    expect(await run(other)).toBe(0);
    const then = Date.now() / 1000 - Number(seconds) - 1;
    fs.utimesSync(at("runs/c/.lock"), then, then);
    expect(await run(resumed)).toBe(0);
  });
});

test.each(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"])(
  "a disk that refuses the last save (%s), mended",
  async (code) => {
    const open = systemFiles.openSync;
    const mocked = vi.spyOn(systemFiles, "openSync").mockImplementation((path, ...rest) => {
      if (!String(path).includes("safetensors")) return open(path, ...rest);
      throw Object.assign(new Error(code), { code });
    });
    let says: string;
    try {
      says = await textOf([...TRAIN, "--out", "@runs/full"]);
    } finally {
      mocked.mockRestore();
    }
    const [, command] = /^(?:freeing|making) [\w ]+, and unrolled (train --resume --out .*)$/.exec(says)!;
    expect(await run([...command!.split(" "), "--threads", "1"])).toBe(0);
  },
);
