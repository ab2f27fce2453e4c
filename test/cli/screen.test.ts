import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { cutText, flow, padText, textWidth } from "../../src/base/width.js";
import { commandText } from "../../src/cli/errors/advice.js";
import { startedAs } from "../../src/cli/terminal/output.js";
import {
  printBytes,
  printCommand,
  printFields,
  printLine,
  printRows,
  printText,
  visible,
} from "../../src/cli/terminal/print.js";
import { liveText } from "../../src/cli/train/reporters.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/interchange/formats/safetensors/index.js";
import { bits, meanLoss, perplexity } from "../../src/metrics/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1"];

beforeEach(() => writeFileSync(at("c.txt"), nonsense(3000)));

/** C0 but line breaks and tabs, DEL, C1, and the marks that turn the direction of writing. */
const UNSAFE = /(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const TRICKS = [
  "\x1b[31m",
  "\x1b]0;title\x07",
  "\x9b2J",
  "\u202e",
  "\u2066",
  "\u200f",
  "\x7f",
  "\b",
  "\r",
  "\x90q\x9c",
];

/** Without the escape codes that are ours. */
function unstyled(text: string): string {
  return ["\x1b[0m", "\x1b[1m", "\x1b[2m"].reduce((rest, code) => rest.replaceAll(code, ""), text);
}

describe("everything printed is escaped", () => {
  test("property: what is visible holds nothing unsafe, and as JSON says the same", () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom(...TRICKS), fc.string({ unit: "binary" })) });
    fc.assert(
      fc.property(text, (value) => {
        expect(visible(value)).not.toMatch(UNSAFE);
        expect(visible(value)).not.toMatch(/[\n\t]/);
        const line = visible(JSON.stringify(value));
        expect(JSON.parse(line)).toBe(value);
        const { stdout } = new FakeTerminal({ isTTY: true });
        printText(stdout, value);
        printBytes(stdout, new TextEncoder().encode(value));
        printRows(stdout, [value, value]);
        expect(stdout.text).not.toMatch(UNSAFE);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test("ordinary text of any language stays as it is", () => {
    for (const text of ["café — “naïve” ∑", "바다는 고요했다", "שלום", "مرحبا", "👩‍🚀 🇰🇷 ✈️", "می‌خواهم"]) {
      expect(visible(text)).toBe(text);
    }
  });

  test("only one module writes to a stream", () => {
    const may = ["terminal/print.ts", "terminal/output.ts"];
    const files = readdirSync("src/cli", { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && !may.includes(name),
    );
    expect(files.length).toBeGreaterThan(50);
    for (const name of files) {
      expect(readFileSync(`src/cli/${name}`, "utf8"), name).not.toMatch(
        /\.write\(|console\.\w+\(|process\.std(out|err)/,
      );
    }
  });

  /** A model of a text full of tricks draws them. */
  const trap = async (terminal: FakeTerminal, ...flags: string[]) => {
    writeFileSync(at("trap.txt"), `${TRICKS.join("ab")}\n`.repeat(100));
    return folder.cliOn(terminal, "train", "@trap.txt", "--out", "@trap", ...SMALL, "--max-steps", "40", ...flags);
  };

  test.each([[[]], [["--json"]]])("samples during training, %j", async (flags) => {
    const { code, out } = await trap(new FakeTerminal({ isTTY: true, columns: 120 }), ...flags);
    expect(code).toBe(0);
    expect(out).toContain("\\u");
    expect(unstyled(out).replaceAll("\r", "")).not.toMatch(UNSAFE);
  });

  test("a sample on a terminal is escaped, in a pipe it is what the model drew", async () => {
    await trap(new FakeTerminal());
    const flags = ["sample", "@trap", "--length", "200", "--seed", "3"];
    expect((await folder.cliOn(new FakeTerminal({ isTTY: true }), ...flags)).out).not.toMatch(UNSAFE);
    expect((await folder.cli(...flags)).out).toMatch(UNSAFE);
  });

  test("names: in --out, of a file, and of whatever a crafted checkpoint holds", async () => {
    const evil = "a\x1b]0;x\x07\u202eb\x9bc";
    const trained = await folder.cli("train", "@c.txt", "--out", at(evil), ...SMALL, "--max-steps", "2");
    expect(trained.code).toBe(0);
    const missing = await folder.cli("train", at(`${evil}.txt`));
    const { tensors, metadata } = decodeSafetensors(readFileSync(at(evil, "last.safetensors")));
    const shown = [trained, missing];
    const craft = async (edit: () => void) => {
      edit();
      writeFileSync(at("m.safetensors"), encodeSafetensors(tensors, metadata));
      for (const command of ["sample", "inspect"]) shown.push(await folder.cli(command, "@m.safetensors"));
    };
    await craft(() => tensors.set(evil, tensors.get("head.bias")!));
    await craft(() => {
      metadata["task"] = evil;
    });
    await craft(() => {
      metadata["task"] = "language-model";
      metadata["config"] = JSON.stringify({ cell: evil });
    });
    for (const { out, err } of shown) expect(out + err).not.toMatch(UNSAFE);
  });
});

describe("columns", () => {
  test.each([
    ["abc", 3],
    ["한글", 4],
    ["日本語", 6],
    ["Ａ", 2],
    ["e\u0301", 1],
    ["🙂", 2],
    ["🇰🇷", 4],
    ["", 0],
    ["═╗█▁⏎…", 6],
  ])("%j takes %i", (text, width) => expect(textWidth(text)).toBe(width));

  test("property: cut and padded texts keep to their width, flowing loses no piece", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "한", "e\u0301", "🙂", "."), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), fc.integer({ min: 26, max: 60 }), (words, width) => {
        const text = words.join(" ");
        expect(textWidth(cutText(text, width))).toBeLessThanOrEqual(width);
        expect(textWidth(padText(cutText(text, width), width))).toBe(width);
        const lines = flow(words, " ", width);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join(" ")).toBe(text);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

const screenLines = (text: string) => unstyled(text).split(/[\r\n]/);

describe.each([80, 100])("at %i columns", (columns) => {
  test("no line of a training is longer, no word is broken, and the live line tells the time that is left", async () => {
    const terminal = new FakeTerminal({ isTTY: true, columns });
    writeFileSync(at("c.txt"), "바다는 고요했다. 노인들은 고래를 노래했다 🙂\n".repeat(90));
    const { code, out } = await folder.cliOn(terminal, "train", "@c.txt", "--out", "@run", ...SMALL, "--epochs", "2");
    expect(code).toBe(0);
    for (const line of screenLines(terminal.stdout.text))
      expect(textWidth(line.trimEnd())).toBeLessThanOrEqual(columns);
    const live = screenLines(out).filter((line) => line.trimEnd().endsWith(" left"));
    expect(live.length).toBeGreaterThan(0);
    expect(out).toMatch(/validation loss \d+\.\d+\s+perplexity \d+\.\d+/);
    expect(out).toMatch(/\(training [\d.]+\)\s+best so far\n/);
  });

  test.each([[["--help"]], [["train", "--help"]], [["eval", "-h"]], [["help", "sample"]], [["inspect", "-h"]]])(
    "%j",
    async (argv) => {
      const { code, out } = await folder.cliOn(new FakeTerminal({ isTTY: true, columns }), ...argv);
      expect(code).toBe(0);
      for (const line of screenLines(out)) expect(line.length).toBeLessThanOrEqual(columns);
      expect(out).not.toMatch(/\w-?\n\w*[a-z]\n/);
    },
  );

  test("an error breaks between words, its command so that it can be copied", async () => {
    const terminal = new FakeTerminal({ isTTY: true, columns });
    const short = ["--epochs", "3", "--valid", "0", "--cell", "gru", "--optimizer", "rmsprop", "--clip", "2"];
    const { code, err } = await folder.cliOn(
      terminal,
      "train",
      "@c.txt",
      "--out",
      "@run",
      "--batch",
      "200",
      "--seq-len",
      "99",
      ...short,
    );
    expect(code).toBe(3);
    for (const line of screenLines(terminal.stderr.text)) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    const words = err
      .slice(err.indexOf("Try:") + 4)
      .replaceAll("\\\n", " ")
      .split(/\s+/)
      .filter(Boolean);
    expect(words).toEqual(["unrolled", "train", "c.txt", "--out", "run", ...short]);
  });
});

test("the live line gives up its least figures first, and never the time", () => {
  const event = {
    ...{ type: "step" as const, step: 1234, epoch: 3, epochStep: 200, epochSteps: 517, totalSteps: 5170 },
    ...{ loss: 2, gradNorm: 0.25, lr: 0.002, count: 2500 },
  };
  const telling = { unit: "tokens", lossMetrics: [meanLoss(), perplexity(), bits()] };
  const figures = { rate: 51234, loss: 1.6543, left: 754 };
  const lines = [200, 79, 60, 40, 20, 8].map((width) => liveText(event, figures, telling, width));
  expect(lines).toEqual([
    "epoch 3 (38%) step 1234  51.2k tokens/s  loss 1.654  perplexity 5.229  lr 0.002  gradient 0.250  12:34 left",
    "epoch 3 (38%) step 1234  loss 1.654  perplexity 5.229  12:34 left",
    "epoch 3 (38%) step 1234  loss 1.654  12:34 left",
    "23%  loss 1.654  12:34 left",
    "23%  12:34 left",
    "12:34 left",
  ]);
});

describe("where escape codes are not wanted", () => {
  const train = ["train", "@c.txt", "--out", "@run", ...SMALL, "--epochs", "2"];
  test("NO_COLOR: a live line, and no escape", async () => {
    const terminal = new FakeTerminal({ isTTY: true });
    Object.assign(terminal.stdout, { escapes: false });
    const { out } = await folder.cliOn(terminal, ...train);
    expect(out).not.toContain("\x1b");
    expect(out).toMatch(/\repoch 1/);
  });

  test("a dumb terminal: whole lines, no CR, no escape, nothing wider than it", async () => {
    const terminal = new FakeTerminal({ isTTY: true, columns: 80 });
    Object.assign(terminal.stdout, { escapes: false, live: false });
    const { out } = await folder.cliOn(terminal, ...train);
    expect(out).not.toContain("\x1b");
    expect(out).not.toContain("\r");
    expect(out).toMatch(/epoch 1 \(100%\)/);
    for (const line of screenLines(terminal.stdout.text)) expect(textWidth(line)).toBeLessThanOrEqual(80);
    await folder.cliOn(terminal, "inspect", "@run", "@c.txt");
    expect(terminal.stdout.text).not.toContain("\x1b");
  });

  test("no terminal: whole lines, however long", () => {
    const { stdout } = new FakeTerminal({ columns: 20 });
    printLine(stdout, { text: "word ".repeat(20), style: "bold" });
    printFields(stdout, ["one field", "another field"]);
    printCommand(stdout, "Next:", ["unrolled", "sample", "'a b'", "--temperature", "0.8"]);
    expect(stdout.text).toBe(
      `${"word ".repeat(20)}\none field  another field\nNext: unrolled sample 'a b' --temperature 0.8\n`,
    );
  });
});

describe("commands that can be typed", () => {
  test.each([
    [["a b"], "'a b'"],
    [["it's"], "'it'\\''s'"],
    [["$HOME", "`x`", "*"], "'$HOME' '`x`' '*'"],
    [[""], "''"],
    [["한글.txt"], "'한글.txt'"],
    [["a\x1bb\u202e'\\"], "$'a\\x1bb\\xe2\\x80\\xae\\'\\\\'"],
    [["runs/c", "--lr", "2e+37", "x@y:z=1,%"], "runs/c --lr 2e+37 x@y:z=1,%"],
  ])("%j: %s", (words, text) => expect(commandText(words)).toBe(text));

  test("how this program was started", () => {
    expect(startedAs("/u/.npm/_npx/1/node_modules/.bin/unrolled", { npm_command: "exec" })).toEqual([
      "npx",
      "unrolled",
    ]);
    expect(startedAs("/p/node_modules/.bin/unrolled", { PATH: "/bin" })).toEqual(["npx", "unrolled"]);
    expect(startedAs("/p/dist/node/cli.js", { PATH: "/bin" })).toEqual(["node", "/p/dist/node/cli.js"]);
    writeFileSync(at("unrolled"), "", { mode: 0o755 });
    expect(startedAs(at("unrolled"), { PATH: `/bin:${at()}` })).toEqual(["unrolled"]);
  });

  test("a path with spaces is quoted in what comes next", async () => {
    const { out } = await folder.cli("train", "@c.txt", "--out", "@with space", ...SMALL, "--max-steps", "2");
    expect(out).toContain("Next: unrolled sample 'with space' --temperature 0.8\n");
  });
});
