import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { decodeLanguageModel } from "../../src/tasks/language-model/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1"];
const TRAIN = ["train", "@c.txt", "--out", "@run", ...SMALL];

beforeEach(() => writeFileSync(at("c.txt"), nonsense(3000)));

const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const weights = (path: string) => [...decodeLanguageModel(readFileSync(path)).weights];

describe("train", () => {
  test("leaves a run folder: config, metrics, last and best", async () => {
    const { code, out, err } = await folder.cli(...TRAIN, "--epochs", "2");
    expect([code, err]).toEqual([0, ""]);
    expect(readdirSync(at("run")).sort()).toEqual([
      "best.safetensors",
      "config.json",
      "last.safetensors",
      "metrics.jsonl",
    ]);
    const config = JSON.parse(readFileSync(at("run/config.json"), "utf8"));
    expect(config).toMatchObject({ file: at("c.txt"), hidden: 8, embed: 8, lr: 0.002, cell: "lstm", epochs: 2 });
    const metrics = lines(readFileSync(at("run/metrics.jsonl"), "utf8"));
    expect(metrics.map(({ type, step }) => `${type} ${step}`)).toEqual([
      "validation 72",
      "report 100",
      "validation 144",
    ]);
    expect(metrics[0].perplexity).toBeCloseTo(Math.exp(metrics[0].loss), 10);
    expect(out).toMatch(/before training: /);
    expect(out).toMatch(/epoch 1 \(100%\) step 72 {2}validation loss \d\.\d+ {2}perplexity [\d.]+/);
    expect(out).toMatch(/Next: unrolled sample run /);
    expect(out).not.toContain("\x1b");
  });

  test("--json: only JSON lines on standard output", async () => {
    const { code, out } = await folder.cli(...TRAIN, "--epochs", "1", "--json");
    expect(code).toBe(0);
    expect(lines(out).map(({ type }) => type)).toEqual(["start", "sample", "validation", "sample", "save", "end"]);
  });

  test("on a terminal: one live line, and a sample at each validation", async () => {
    const terminal = new FakeTerminal({ isTTY: true });
    const { out } = await folder.cliOn(terminal, ...TRAIN, "--epochs", "1");
    const plain = out.replaceAll("\x1b", "^");
    expect(plain).toMatch(
      /\repoch 1 \(\d+%\) step \d+ {2}[\d.]+k? tokens\/s {2}loss [\d.]+ {2}perplexity [\d.]+ {2}lr 0\.002 {2}gradient [\d.]+ {2}\d+:\d\d left/,
    );
    expect(plain.match(/\^\[2m/g)).toHaveLength(2);
    expect(out.split("\n").length).toBeLessThan(15);
  });

  test("--resume: 200 steps are 120 + 80 steps, and the metrics have each step once", async () => {
    const flags = ["--dropout", "0.2", "--validate-every", "50"];
    await folder.cli("train", "@c.txt", "--out", "@whole", ...SMALL, ...flags, "--max-steps", "200");
    await folder.cli(...TRAIN, ...flags, "--max-steps", "120");
    writeFileSync(at("run/metrics.jsonl"), '{"type":"report","step":130}\n{"type":"rep', { flag: "a" });
    const { code, out } = await folder.cli(
      "train",
      "--resume",
      "--out",
      "@run",
      "--threads",
      "1",
      "--max-steps",
      "200",
    );
    expect(code).toBe(0);
    expect(out).toContain("Going on after step 120 with c.txt");
    expect(weights(at("run/last.safetensors"))).toEqual(weights(at("whole/last.safetensors")));
    const steps = lines(readFileSync(at("run/metrics.jsonl"), "utf8")).map(({ type, step }) => `${type} ${step}`);
    expect(steps).toEqual([
      "validation 50",
      "report 100",
      "validation 100",
      "validation 120",
      "validation 150",
      "report 200",
      "validation 200",
    ]);
  });

  test.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s saves and ends with %i; a second one quits at once; the run goes on to the bit",
    async (signal, status) => {
      const flags = ["--dropout", "0.2", "--epochs", "8"];
      await folder.cli("train", "@c.txt", "--out", "@whole", ...SMALL, ...flags);
      let sent = false;
      const terminal: FakeTerminal = new FakeTerminal({
        isTTY: true,
        onWrite: (text) => {
          if (/step \d\d+ .*left/.test(text) && !sent) {
            sent = true;
            terminal.interrupt(signal);
            terminal.interrupt(signal);
          }
        },
      });
      const { code, out } = await folder.cliOn(terminal, ...TRAIN, ...flags);
      expect(code).toBe(status);
      expect(terminal.exits).toEqual([status]);
      expect(out).toContain(`${signal}: saving. Once more stops at once, without saving.`);
      expect(out).toContain("Go on with: unrolled train --resume --out run");
      expect((await folder.cli("train", "--resume", "--out", "@run", "--threads", "1")).code).toBe(0);
      expect(weights(at("run/last.safetensors"))).toEqual(weights(at("whole/last.safetensors")));
    },
  );

  test("--resume from between two writes of a save is as if nothing had been", async () => {
    const flags = ["--dropout", "0.2", "--validate-every", "20"];
    await folder.cli("train", "@c.txt", "--out", "@whole", ...SMALL, ...flags, "--max-steps", "60");
    await folder.cli(...TRAIN, ...flags, "--max-steps", "20");
    const [early, earlyMetrics] = ["last.safetensors", "metrics.jsonl"].map((name) => readFileSync(at("run", name)));
    await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "40");
    const late = readFileSync(at("run/best.safetensors"));
    const lateMetrics = readFileSync(at("run/metrics.jsonl"));
    expect(late).toEqual(readFileSync(at("run/last.safetensors")));
    // Best is ahead and told of; ahead and not told of; behind what last was; gone.
    const states = [
      { last: early!, best: late, metrics: lateMetrics, from: 40 },
      { last: early!, best: late, metrics: earlyMetrics!, from: 20 },
      { last: late, best: early!, metrics: lateMetrics, from: 40 },
      { last: late, best: null, metrics: lateMetrics, from: 40 },
      { last: null, best: late, metrics: lateMetrics, from: 40 },
    ];
    for (const { last, best, metrics, from } of states) {
      for (const [name, bytes] of Object.entries({ last, best })) {
        rmSync(at(`run/${name}.safetensors`), { force: true });
        if (bytes !== null) writeFileSync(at(`run/${name}.safetensors`), bytes);
      }
      writeFileSync(at("run/metrics.jsonl"), metrics);
      const { code, out } = await folder.cli(
        "train",
        "--resume",
        "--out",
        "@run",
        "--threads",
        "1",
        "--max-steps",
        "60",
      );
      expect([code, out.match(/Going on after step (\d+)/)?.[1]]).toEqual([0, String(from)]);
      for (const name of ["last", "best"]) {
        const file = `${name}.safetensors`;
        expect(weights(at("run", file))).toEqual(weights(at("whole", file)));
      }
    }
  });

  test("--config takes a run's config.json, and flags go before it", async () => {
    await folder.cli(...TRAIN, "--max-steps", "2");
    const { code } = await folder.cli(
      "train",
      "--config",
      "@run/config.json",
      "--out",
      "@again",
      "--cell",
      "gru",
      "--threads",
      "1",
    );
    expect(code).toBe(0);
    const config = JSON.parse(readFileSync(at("again/config.json"), "utf8"));
    expect(config).toMatchObject({ cell: "gru", hidden: 8, maxSteps: 2 });
  });

  test("validates on a file of its own", async () => {
    writeFileSync(at("v.txt"), nonsense(500, 9));
    const { code, out } = await folder.cli(...TRAIN, "--valid", at("v.txt"), "--max-steps", "2");
    expect(code).toBe(0);
    expect(out).toContain("3,000 tokens (500 to validate on)");
  });
});

describe("sample and eval", () => {
  beforeEach(async () => {
    await folder.cli(...TRAIN, "--max-steps", "20");
  });

  test("sample takes a folder or a checkpoint; a seed repeats the text, which begins with the prompt", async () => {
    const flags = ["--prompt", "the ", "--length", "30", "--seed", "4"];
    const a = await folder.cli("sample", "@run", ...flags);
    const b = await folder.cli("sample", "@run/best.safetensors", ...flags);
    expect(a).toEqual(b);
    expect(a.code).toBe(0);
    expect(a.out).toMatch(/^the [\s\S]{30}\n$/);
  });

  test("sample ends quietly when its reader goes", async () => {
    const terminal: FakeTerminal = new FakeTerminal({
      onWrite: () => {
        if (terminal.stdout.text.length > 10) terminal.stdout.closed = true;
      },
    });
    const { code, out, err } = await folder.cliOn(terminal, "sample", "@run", "--length", "1000000");
    expect([code, err]).toEqual([0, ""]);
    expect(out.length).toBeLessThan(20);
  });

  test("eval prints loss, perplexity and bits, or one JSON line", async () => {
    const { out } = await folder.cli("eval", "@run", "@c.txt");
    expect(out).toMatch(/^loss {8}[\d.]+ nats a character\nperplexity {2}[\d.]+\nbits {8}[\d.]+ a character\n/);
    const [line] = lines((await folder.cli("eval", "@run", "@c.txt", "--json")).out);
    expect(line.loss).toBeGreaterThan(0);
    expect(line.perplexity).toBeCloseTo(Math.exp(line.loss), 10);
  });
});

test.each([[["--help"]], [["train", "--help"]], [["eval", "--help"]], [["sample", "--help"]], [[]]])(
  "%j teaches",
  async (argv) => {
    const { code, out, err } = await folder.cli(...argv);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/Usage: unrolled/);
    expect(out).toMatch(/unrolled (train|eval|sample) \S/);
    expect(existsSync(at("runs"))).toBe(false);
  },
);
