import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

/** What `npm test` builds before it runs. */
const PROGRAM = resolve("dist/node/cli.js");
const { at } = temporaryFolder();
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--seq-len", "10", "--threads", "1"];

beforeEach(() => {
  if (!existsSync(PROGRAM)) throw new Error("dist/node/cli.js is missing: run `npm run build` first");
  writeFileSync(at("c.txt"), nonsense(3000));
});

interface Ended {
  status: number | null;
  signal: string | null;
  out: string;
  err: string;
}

function start(
  argv: string[],
  onOutput: (text: string, child: ReturnType<typeof spawn>) => void = () => {},
  stdout: "pipe" | number = "pipe",
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd: at(), stdio: ["ignore", stdout, "pipe"] });
  let [out, err] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    onOutput(out, child);
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((done) => child.on("close", (status, signal) => done({ status, signal, out, err })));
}

test.each([
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s while training saves and ends with %i", async (signal, status) => {
  let sent = false;
  const ended = await start(["train", "c.txt", ...SMALL, "--epochs", "100000"], (out, child) => {
    if (sent || !/step 100 /.test(out)) return;
    sent = true;
    child.kill(signal);
  });
  expect(ended).toMatchObject({ status, signal: null });
  expect(ended.err).toBe(`${signal}: saving. Once more stops at once, without saving.\n`);
  expect(existsSync(at("runs/c/last.safetensors"))).toBe(true);
  const resumed = await start(["train", "c.txt", "--resume", "--epochs", "1", "--threads", "1"]);
  expect(resumed.status).toBe(0);
});

const hasFullDisk = existsSync("/dev/full");
test.skipIf(!hasFullDisk)(
  "standard output on a full disk, or into a reader that has gone, does not end training; skip: no /dev/full here",
  async () => {
    const argv = ["train", "c.txt", ...SMALL, "--max-steps", "120"];
    const full = openSync("/dev/full", "w");
    const ended = await start([...argv, "--out", "full"], undefined, full);
    closeSync(full);
    expect(ended).toMatchObject({ status: 0, signal: null });
    expect(ended.err).toMatch(/^warning: standard output is lost \(ENOSPC: .*\)\n$/);
    const gone = await start([...argv, "--out", "gone"], (_, child) => child.stdout!.destroy());
    expect(gone).toMatchObject({ status: 0, signal: null, err: "" });
    expect(readFileSync(at("gone/last.safetensors"))).toEqual(readFileSync(at("full/last.safetensors")));
  },
);

test("of several runs that want one folder, one gets it", async () => {
  const argv = ["train", "c.txt", ...SMALL, "--epochs", "3", "--out", "run"];
  const all = await Promise.all(Array.from({ length: 4 }, () => start(argv)));
  expect(all.map(({ status }) => status).sort()).toEqual([0, 4, 4, 4]);
  for (const { status, err } of all) {
    if (status === 0) expect(err).toBe("");
    else
      expect(err).toMatch(
        /^error: run: found (a run under way \(process \d+ on .*\)|another run); .*That run is untouched\./,
      );
  }
});

test("a run killed before its first save is told from one that never was, and both can be started", async () => {
  await start(
    ["train", "c.txt", ...SMALL, "--validate-every", "1000000", "--epochs", "100000", "--out", "run"],
    (_, child) => child.kill("SIGKILL"),
  );
  expect(readdirSync(at("run")).sort()).toEqual([".lock", "config.json"]);
  const again = await start(["train", "c.txt", ...SMALL, "--out", "run"]);
  expect(again).toMatchObject({ status: 4, err: expect.stringMatching(/found another run; .*or --resume to go on/) });
  const resumed = await start(["train", "--resume", "--out", "run", "--threads", "1", "--max-steps", "3"]);
  expect(resumed.status).toBe(0);
  expect(resumed.err).toMatch(
    /^run: the lock of process \d+ .* was taken over\.\nrun: nothing had been saved yet; training begins anew\.\n$/,
  );
  expect(resumed.out).toContain("Training on c.txt");
  expect(JSON.parse(readFileSync(at("run/config.json"), "utf8"))).toMatchObject({ hidden: 8, batch: 4, maxSteps: 3 });
  mkdirSync(at("empty"));
  const none = await start(["train", "c.txt", "--resume", "--out", "empty"]);
  expect(none).toMatchObject({ status: 4, err: expect.stringMatching(/Try: .*train c\.txt --out empty\n/) });
  expect((await start(["train", "c.txt", ...SMALL, "--out", "empty", "--max-steps", "1"])).status).toBe(0);
});

test("--resume without a folder names one that is there", async () => {
  await start(["train", "c.txt", ...SMALL, "--max-steps", "1"]);
  expect((await start(["train", "--resume"])).err).toMatch(/Try: .* train --resume --out runs\/c\n/);
});

test.each(["...", "-.txt", ".txt"])("a text called %s trains into a folder of its own", async (name) => {
  writeFileSync(at(name), nonsense(3000));
  const before = readdirSync(at()).sort();
  expect((await start(["train", `./${name}`, ...SMALL, "--max-steps", "1"])).status).toBe(0);
  expect(readdirSync(at()).sort()).toEqual([...before, "runs"].sort());
  expect(readdirSync(at("runs"))).toHaveLength(1);
});

test("sample into a reader that closes early ends quietly", async () => {
  await start(["train", "c.txt", ...SMALL, "--max-steps", "3"]);
  const ended = await start(["sample", "runs/c", "--length", "100000000"], (out, child) => {
    if (out.length > 20) child.stdout!.destroy();
  });
  expect(ended).toMatchObject({ status: 0, signal: null, err: "" });
});

test.skipIf(!hasFullDisk)(
  "what a command was called to print does not fit on a full disk: an error of files; skip: no /dev/full here",
  async () => {
    await start(["train", "c.txt", ...SMALL, "--max-steps", "3"]);
    const commands = [
      ["sample", "runs/c", "--length", "100000000"],
      ["eval", "runs/c", "c.txt"],
      ["eval", "runs/c", "c.txt", "--json"],
      ["inspect", "runs/c"],
      ["--help"],
      ["train", "--help"],
      ["--version"],
    ];
    for (const argv of commands) {
      const full = openSync("/dev/full", "w");
      const ended = await start(argv, undefined, full);
      closeSync(full);
      expect(ended, argv.join(" ")).toMatchObject({ status: 4, signal: null });
      expect(ended.err).toMatch(
        /^error: standard output: found no way to write all of it \(ENOSPC: .*\); it must take what the command prints\. Try: freeing some space, or a file on another disk\n$/,
      );
    }
  },
);

test("a reader that has gone before anything is printed ends every command quietly", async () => {
  await start(["train", "c.txt", ...SMALL, "--max-steps", "3"]);
  for (const argv of [
    ["eval", "runs/c", "c.txt"],
    ["inspect", "runs/c"],
    ["train", "--help"],
  ]) {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd: at(), stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    const status = await new Promise((done) => child.on("close", done));
    expect([status, err], argv.join(" ")).toEqual([0, ""]);
  }
});

test("errors go to standard error, with the exit status of their kind", async () => {
  expect(await start(["train", "none.txt"])).toMatchObject({ status: 4, out: "" });
  const usage = await start(["train", "c.txt", "--hiden", "4"]);
  expect(usage).toMatchObject({ status: 2, out: "" });
  expect(usage.err).not.toMatch(/\n\s+at /);
  expect((await start(["train", "c.txt", "--hiden", "4", "--debug"])).err).toMatch(/\n\s+at /);
});

/** The program with `input` on its standard input, and what it wrote, byte for byte. */
function piped(argv: string[], input: string | Uint8Array, env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [PROGRAM, ...argv], { cwd: at(), input, env: { ...process.env, ...env } });
}

test("a text through a pipe in, bytes through a pipe out", async () => {
  const bytes = Uint8Array.from({ length: 4000 }, (_, i) => [0xff, 0x41][i % 2]!);
  const trained = piped(["train", "-", "--tokens", "byte", "--out", "bytes", ...SMALL, "--lr", "0.02"], bytes);
  expect([trained.status, trained.stderr.toString()]).toEqual([0, ""]);
  const { stdout } = piped(["sample", "bytes", "--prompt", "A", "--length", "9", "--temperature", "0"], "");
  expect([...stdout]).toEqual([0x41, 0xff, 0x41, 0xff, 0x41, 0xff, 0x41, 0xff, 0x41, 0xff]);
  const nothing = piped(["train", "-"], "");
  expect([nothing.status, nothing.stderr.toString()]).toEqual([3, expect.stringMatching(/^error: standard input: /)]);
});

test("advice is written as this program was started", () => {
  const advice = (env: Record<string, string>) => piped(["trian", "c.txt"], "", env).stderr.toString();
  expect(advice({ npm_command: "exec" })).toContain("Try: npx unrolled train c.txt\n");
  expect(advice({ npm_command: "" })).toMatch(/Try: (node \S+cli\.js|unrolled) train c\.txt\n/);
});

test("what the engine warns of is escaped too", () => {
  const { stderr } = piped(["train", "c.txt", ...SMALL, "--max-steps", "1"], "", {
    UNROLLED_BLAS: "/none\x1b[31m.so",
    UNROLLED_ENGINE: "blas",
  });
  expect(stderr.toString()).not.toContain("\x1b");
});

const hasLimit =
  existsSync("/proc/self/limits") && spawnSync("sh", ["-c", "ulimit -S -v 8000000; ulimit -v unlimited"]).status === 0;

test.skipIf(!hasLimit)(
  `${hasLimit ? "" : "skip: no limit of addresses to set and to lift: "}what is advised where a shell limits addresses`,
  () => {
    const train = ["train", "c.txt", ...SMALL, "--max-steps", "2"].join(" ");
    const inShell = (limits: string, out: string) =>
      spawnSync("sh", ["-c", `${limits} exec "${process.execPath}" "${PROGRAM}" ${train} --out ${out}`], {
        cwd: at(),
        encoding: "utf8",
      });
    const soft = inShell("ulimit -S -v 8000000;", "a");
    expect([soft.status, soft.stderr]).toEqual([6, expect.stringMatching(/Try: ulimit -v unlimited\n$/)]);
    expect(inShell("ulimit -S -v 8000000; ulimit -v unlimited;", "a").status).toBe(0);
    const hard = inShell("ulimit -v 8000000;", "b");
    const advice = /Try: a shell without a limit of its addresses \(ulimit -v\)\n$/;
    expect([hard.status, hard.stderr]).toEqual([6, expect.stringMatching(advice)]);
    expect(inShell("", "b").status).toBe(0);
  },
);
