import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildProgram, SHARED } from "../../src/cli/program.js";
import { run } from "../../src/cli/run.js";
import { errorsIn, hasMpi, type Launch, launch as launchIn, node, PROGRAM, title } from "../support/mpirun.js";
import { nameTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const { at } = temporaryFolder();
const TRAIN = [...["train", "c.txt", "--hidden", "8", "--layers", "1", "--seq-len", "10", "--threads", "1"]];
/** Dropout: every rank draws numbers of its own. */
const SHORT = [...TRAIN, "--dropout", "0.2", "--max-steps", "7", "--validate-every", "4"];

const launch = (ranks: number, argv: readonly string[], options: Launch = {}) => launchIn(at(), ranks, argv, options);

function alone(...argv: string[]): void {
  const env = { ...process.env, UNROLLED_ENGINE: "wasm" };
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...argv], { cwd: at(), env, encoding: "utf8" });
  // What a rank that was killed left locked is taken over, and told of.
  expect(stderr.replace(/^run: the lock of process .* was taken over\.\n/, "")).toBe("");
  expect(status).toBe(0);
}

/** The package with another version. */
function copyOf(folder: string, version: string): void {
  cpSync("dist/node", at(folder, "dist/node"), { recursive: true });
  symlinkSync(resolve("node_modules"), at(folder, "node_modules"));
  writeFileSync(at(folder, "package.json"), JSON.stringify({ version, type: "module" }));
}

const last = (run: string) => readFileSync(at(run, "last.safetensors"));

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error("dist/node/cli.js is missing: run `npm run build` first");
});
beforeEach(() => writeFileSync(at("c.txt"), nonsense(3000)));

describe.skipIf(!hasMpi)(title("ranks of mpirun"), () => {
  test.each([2, 3])("%i write what one process writes that sums like them, and rank 0 alone speaks", async (ranks) => {
    alone(...SHORT, "--batch", "12", "--ranks-like", String(ranks), "--out", "one");
    const argv = [...SHORT, "--batch", String(12 / ranks), "--out", "many", "--json"];
    const { status, out, err } = await launch(ranks, node(...argv));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out.split("\n").filter((line) => line.includes('"type":"end"'))).toHaveLength(1);
    expect(last("many").equals(last("one"))).toBe(true);
  });

  test.each([
    ["rows", 3, "n.csv", nameTable(700), ["--valid", "0.5", "--batch", "30"]],
    ["a stream", 2, "t.txt", nonsense(4000), ["--valid", "0.6", "--batch", "12", "--seq-len", "10"]],
  ])(
    "what is held out of %s is shared out over %i ranks, with the figures of one process that sums like them",
    async (_, ranks, file, text, more) => {
      writeFileSync(at(file), text);
      const argv = [
        "train",
        file,
        "--hidden",
        "8",
        "--layers",
        "1",
        "--max-steps",
        "6",
        "--validate-every",
        "3",
        "--threads",
        "1",
        "--tensorboard",
        ...more,
      ];
      const place = argv.indexOf("--batch") + 1;
      const own = argv.with(place, String(Number(argv[place]) / ranks));
      alone(...argv, "--ranks-like", String(ranks), "--out", "one");
      const { status, err } = await launch(ranks, node(...own, "--out", "many", "--json"));
      expect({ status, err }).toEqual({ status: 0, err: "" });
      const figures = (run: string) =>
        readFileSync(at(run, "metrics.jsonl"), "utf8")
          .split("\n")
          .filter((line) => line.includes('"validation"'))
          .map((line) => {
            const { loss, metrics, step } = JSON.parse(line);
            return { loss, metrics, step };
          });
      expect(figures("one")).toHaveLength(2);
      expect(figures("many")).toEqual(figures("one"));
      for (const kind of ["last", "best"]) {
        const [many, one] = ["many", "one"].map((run) => readFileSync(at(run, `${kind}.safetensors`)));
        expect(many!.equals(one!)).toBe(true);
      }
      expect(readdirSync(at("many/tensorboard"))).toHaveLength(1);
    },
  );

  test("a run goes on with another number of ranks, from what streams carried", async () => {
    alone(...SHORT, "--batch", "6", "--ranks-like", "2", "--out", "run");
    const more = ["train", "--resume", "--out", "run", "--max-steps", "9", "--threads", "1"];
    const { status, err } = await launch(3, node(...more));
    expect({ status, err: errorsIn(err) }).toEqual({ status: 0, err: [] });
    expect(readFileSync(at("run/metrics.jsonl"), "utf8")).toContain('"step":9');
  });

  test("a rank that is killed ends all, within seconds, and the last checkpoint is whole", async () => {
    let killed = 0;
    const argv = [...TRAIN, "--batch", "4", "--epochs", "100000", "--validate-every", "20", "--json", "--out", "run"];
    const onOutput = (out: string) => {
      if (killed > 0 || !out.includes('"type":"save"')) return;
      killed = performance.now();
      spawnSync("pkill", ["-9", "-n", "-f", `${PROGRAM} train c.txt .*--out run`]);
    };
    const { status } = await launch(2, node(...argv), { onOutput });
    expect(status).not.toBe(0);
    expect(performance.now() - killed).toBeLessThan(10_000);
    alone("train", "--resume", "--out", "run", "--epochs", "1", "--threads", "1");
  });

  test("one error is told, by the rank that has it, and all end with its status", async () => {
    const missing = await launch(3, node("train", "missing.txt"));
    expect(errorsIn(missing.err + missing.out)).toHaveLength(1);
    expect(missing.err).toContain("error: missing.txt: found nothing there");
    expect(missing.status).toBe(4);

    mkdirSync(at("0"));
    mkdirSync(at("1"));
    writeFileSync(at("0/c.txt"), nonsense(3000));
    const inFolder = [
      "sh",
      "-c",
      'cd "$OMPI_COMM_WORLD_RANK" && exec "$@"',
      "sh",
      ...node(...SHORT, "--out", "../run"),
    ];
    const lacking = await launch(2, inFolder);
    expect(errorsIn(lacking.err + lacking.out)).toHaveLength(1);
    expect(lacking.err).toContain("error: rank 1: c.txt: found nothing there");
  });

  /** What each rank does, `$r` being its number, and what is told of rank 1. */
  test.each([
    ["versions", 'exec "$1" "v$r/dist/node/cli.js" train missing.txt', 'version on rank 1: found "0.0.0-other"'],
    ["options", 'exec "$@" c.txt --hidden $((8 + r))', "hidden on rank 1: found 9"],
    [
      "options of a search",
      'exec "$@" c.txt --search "lr=0.1,0.$((2 + r))" --out run',
      /space on rank 1: found .*0\.3/,
    ],
    ["data", 'cd "d$r" && exec "$@" c.txt --out ../run', /data on rank 1: found "[^"]+"/],
    ["engines", 'UNROLLED_ENGINE=$e exec "$@" c.txt', 'engine on rank 1: found "reference"'],
    ["weights to begin with", 'exec "$@" c.txt --seed 5 --from "w$r"', /weights at the start on rank 1: found \d+/],
  ])("other %s on one rank are found before anything is trained", async (what, script, told) => {
    for (const r of [0, 1]) {
      mkdirSync(at(`d${r}`));
      writeFileSync(at(`d${r}/c.txt`), r === 0 ? nonsense(3000) : nonsense(3000).toUpperCase());
      if (what === "weights to begin with") alone(...SHORT, "--seed", String(r), "--out", `w${r}`);
      if (what === "versions") copyOf(`v${r}`, r === 0 ? "0.0.0" : "0.0.0-other");
    }
    const shell = `r=$OMPI_COMM_WORLD_RANK; e=wasm; if [ $r = 1 ]; then e=reference; fi; ${script}`;
    const { status, out, err } = await launch(2, [
      "sh",
      "-c",
      shell,
      "sh",
      ...node(...SHORT.filter((x) => x !== "c.txt")),
    ]);
    const [error, ...others] = errorsIn(err + out);
    expect(others).toEqual([]);
    expect(error).toMatch(told);
    expect(error).toMatch(/; it must be as on rank 0: .* Nothing was trained\. Try: Start all ranks with the same /);
    expect(status).toBe(1);
    expect([existsSync(at("run")), existsSync(at("runs"))]).toEqual([false, false]);
  });

  test("a search shares its trials out, and its table and its models are those of one process", async () => {
    const search = [...TRAIN, "--batch", "6", "--epochs", "2", "--search", "lr=0.01,0.003,0.03"];
    const halving = [...search, "--search-kind", "halving", "--trials", "3"];
    const table = (run: string) => {
      const rows = readFileSync(at(run, "results.jsonl"), "utf8").trim().split("\n");
      return rows.map((row) => ({ ...JSON.parse(row), seconds: 0, run: "" }));
    };
    for (const [i, argv] of [search, halving].entries()) {
      alone(...argv, "--out", `one${i}`);
      const { status, out, err } = await launch(2, node(...argv, "--out", `two${i}`));
      expect({ status, err: errorsIn(err) }).toEqual({ status: 0, err: [] });
      expect(out.split("\n").filter((line) => line.includes("train --resume"))).toEqual([]);
      expect(table(`two${i}`)).toEqual(table(`one${i}`));
      for (const trial of ["001", "002", "003"]) {
        expect(last(`two${i}/${trial}`).equals(last(`one${i}/${trial}`))).toBe(true);
      }
    }
    const { status, err } = await launch(2, node("train", "--resume", "--out", "two0", "--threads", "1"));
    expect({ status, err: errorsIn(err) }).toEqual({ status: 0, err: [] });
  });

  test("what all ranks have alike, one tells", async () => {
    const told = async (...argv: string[]) => {
      const { status, out, err } = await launch(3, node(...argv));
      return { status, out: out.split("\n").filter((line) => /^\d/.test(line)), errors: errorsIn(err) };
    };
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await told("--version")).toEqual({ status: 0, out: [version], errors: [] });
    const unknown = "error: unrolled train: found the unknown option --hiden; it takes those that --help lists.";
    const mistyped = await told("train", "c.txt", "--hiden", "3");
    expect(mistyped).toEqual({ status: 2, out: [], errors: [expect.stringContaining(unknown)] });
    const several = "error: unrolled eval: found 3 ranks; train alone is shared out over the ranks of mpirun.";
    alone(...SHORT, "--batch", "4", "--out", "m");
    expect(await told("eval", "m", "c.txt")).toEqual({
      status: 2,
      out: [],
      errors: [expect.stringContaining(several)],
    });
    alone("eval", "m", "c.txt");
  });

  test("standard input cannot be shared, and ranks are not like ranks", async () => {
    const input = await launch(2, node("train", "-"));
    expect(errorsIn(input.err)).toEqual([
      "error: -: found standard input and several ranks; each rank reads the data for itself. Nothing was written. Try: the name of a file",
    ]);
    const like = await launch(2, node(...SHORT, "--ranks-like", "2"));
    expect(errorsIn(like.err)).toHaveLength(1);
    expect(like.err).toContain("--ranks-like: found several ranks");
  });
});

/** What each command but train needs at least. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  ...{ eval: ["m", "c.txt"], sample: ["m"], predict: ["m", "c.txt"], inspect: ["m"], serve: ["m"], studio: [] },
  ...{ import: ["m.pt"], export: ["m", "--to", "onnx"], runs: [], plot: ["m"] },
};

test("all commands that ranks do not share are refused to several", async () => {
  const { commands } = buildProgram(new FakeTerminal(), { exitCode: 0 }, []);
  const names = commands.map((command) => command.name()).filter((name) => !SHARED.includes(name));
  expect(Object.keys(OTHERS).sort()).toEqual(names.sort());
  for (const [name, argv] of Object.entries(OTHERS)) {
    const terminal = new FakeTerminal();
    const launched = { mpi: "MPICH", rank: 0, size: 5, onThisHost: 5, meeting: null } as const;
    expect(await run([name, ...argv], terminal, launched)).toBe(2);
    expect(terminal.stdout.text).toBe("");
    expect(terminal.stderr.text).toBe(
      `error: unrolled ${name}: found 5 ranks; train alone is shared out over the ranks of mpirun. Nothing was written. ` +
        "Try: the same command without mpirun\n",
    );
  }
});

test("ranks-like must be a count", () => {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...SHORT, "--ranks-like", "0"], {
    ...{ cwd: at(), encoding: "utf8" },
  });
  expect(status).toBe(2);
  expect(stderr).toContain('--ranks-like: found "0"; it must be a positive integer. Nothing was written. Try: ');
});
