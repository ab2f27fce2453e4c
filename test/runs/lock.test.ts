import { fork, spawn } from "node:child_process";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/base/errors.js";
import { RunLock, SILENCE_MS } from "../../src/runs/lock-node.js";
import { isOfOneKernel, isRunning, ownIdentity } from "../../src/runs/process-identity-node.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { at } = temporaryFolder();
const since = "2026-01-01T00:00:00.000Z";
const onLinux = process.platform === "linux";

function take(files?: Parameters<typeof tryTake>[0]): { lock: RunLock; lines: string[] } {
  const taken = tryTake(files);
  if (taken instanceof FileError) throw taken;
  return taken;
}

function tryTake(files?: ConstructorParameters<typeof RunLock>[3]) {
  const lines: string[] = [];
  try {
    return { lock: new RunLock(at(".lock"), "run", (line) => lines.push(line), files), lines };
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
}

function leave(holder: object | string, ageMs = 0): void {
  fs.writeFileSync(at(".lock"), typeof holder === "string" ? holder : JSON.stringify({ since, ...holder }));
  const time = (Date.now() - ageMs) / 1000;
  fs.utimesSync(at(".lock"), time, time);
}

/** The identity of a process that has ended. */
async function deadProcess() {
  const child = spawn(process.execPath, ["--eval", ""], { stdio: "ignore" });
  await new Promise((done) => child.on("close", done));
  return { ...ownIdentity(), pid: child.pid!, start: "1" };
}

const systems = {
  "with hard links": fs,
  "without hard links": {
    ...fs,
    linkSync: () => {
      throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    },
  },
};

describe.each(Object.entries(systems))("a file system %s", (_, files) => {
  test("one holds it, a second is refused with its process, a third takes it when it is released", () => {
    const { lock } = take(files);
    const refused = tryTake(files);
    expect(refused).toMatchObject({ name: "FileError", code: "locked", path: "run" });
    expect((refused as FileError).value).toContain(`process ${process.pid} on ${hostname()}`);
    lock.release();
    expect(fs.readdirSync(at())).toEqual([]);
    take(files).lock.release();
  });

  test("a dead process's is taken over, and a line says so", async () => {
    const dead = await deadProcess();
    leave(dead);
    const { lock, lines } = take(files);
    expect(lines).toEqual([
      `the lock of process ${dead.pid} on ${hostname()}, at it since ${since}, which has ended without releasing it, was taken over.`,
    ]);
    lock.confirm();
    expect(fs.readdirSync(at())).toEqual([".lock"]);
    lock.release();
  });
});

test.skipIf(!onLinux)("a number that another process has by now is no sign of life; skip: only Linux tells", () => {
  leave({ ...ownIdentity(), start: "1" });
  expect(take().lines).toHaveLength(1);
});

test.skipIf(!onLinux)("a dead child that its parent has not noticed is dead; skip: only Linux tells", async () => {
  // `exec` leaves the shell's background child to sleep, which never waits for it.
  const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
  const pid = Number(await new Promise((said) => parent.stdout.once("data", said)));
  const stat = () => (fs.existsSync(`/proc/${pid}/stat`) ? fs.readFileSync(`/proc/${pid}/stat`, "utf8") : "");
  while (!/\) Z /.test(stat())) await new Promise((soon) => setTimeout(soon, 5));
  const start = stat().split(") ")[1]!.split(" ")[19]!;
  expect(isRunning({ ...ownIdentity(), pid, start })).toBe(false);
  parent.kill();
});

describe("after a power cut", () => {
  const [bare, contained] = ["pid:[4026531836]", "pid:[4026532000]"];
  const of = (host: string, boot: string, space: string) => ({
    ...ownIdentity(),
    space: [host, boot, space].join(" ").trim(),
  });
  const own = of("a", "boot-2", bare);

  test.each([
    ["another boot", of("a", "boot-1", bare), own, true, false],
    ["another boot, of a machine that had the disk before", of("b", "boot-1", bare), own, true, false],
    ["another boot, over a network", of("a", "boot-1", bare), own, false, undefined],
    ["a container's, whose boot may be its own", of("a", "boot-1", contained), own, true, undefined],
    ["a holder's, seen from a container", of("a", "boot-1", bare), of("a", "boot-2", contained), true, undefined],
    ["a container's of this boot", of("a", "boot-2", contained), own, true, undefined],
    ["no boot", of("a", "", ""), own, true, undefined],
  ])("%s", (_, holder, self, ofOneKernel, expected) => {
    expect(isRunning(holder, () => ofOneKernel, self)).toBe(expected);
  });

  test("a disk is told from what is none", () => {
    expect(isOfOneKernel("/proc")).toBe(false);
    expect(isOfOneKernel(at("nothing"))).toBe(false);
  });

  const here = onLinux && isOfOneKernel(".") && ownIdentity().space.endsWith(` ${bare}`);
  test.skipIf(!here)(
    `${here ? "" : "skip: needs Linux, a local disk and no container: "}the lock of the boot before is taken over at once`,
    () => {
      const [host, , space] = ownIdentity().space.split(" ");
      leave(of(host!, "8f7d1d3c", space!));
      const { lock, lines } = take();
      expect(lines).toHaveLength(1);
      lock.release();
    },
  );
});

describe("where it cannot be told whether the holder lives", () => {
  const elsewhere = { ...ownIdentity(), host: "other", space: "other 1 2" };
  test.each([
    ["another machine's", elsewhere],
    ["before a reboot, of a container", { ...ownIdentity(), space: `${hostname()} other-boot pid:[4026532000]` }],
    ["before a reboot, where nothing is known of containers", { ...ownIdentity(), space: hostname() }],
    ["cut short", ""],
    ["nonsense", '{"pid":-1}'],
    ["not JSON", "\0\0\0\0"],
  ])("%s counts until it has been silent for long", (_, holder) => {
    leave(holder);
    const refused = tryTake() as FileError;
    expect(refused.code).toBe("locked");
    expect(refused.fix).toMatch(/wait 1(79|80) s/);
    leave(holder, SILENCE_MS + 5000);
    const { lock, lines } = take();
    expect(lines).toHaveLength(1);
    lock.release();
  });
});

test("a lock that was deleted is made again; one that was taken is lost, and not released", () => {
  const { lock } = take();
  fs.rmSync(at(".lock"));
  expect(lock.confirm()).toBe(false);
  expect(lock.confirm()).toBe(true);
  expect(tryTake()).toMatchObject({ code: "locked" });
  leave({ ...ownIdentity(), start: "1" });
  expect(() => lock.confirm()).toThrow(/still be this process's to write/);
  lock.release();
  expect(fs.existsSync(at(".lock"))).toBe(true);
});

test("a link or a pipe in its place is not followed", () => {
  fs.writeFileSync(at("victim"), "x");
  fs.symlinkSync("victim", at(".lock"));
  expect(tryTake()).toMatchObject({ code: "locked" });
  fs.rmSync(at(".lock"));
  fs.symlinkSync("nowhere", at(".lock"));
  expect(tryTake()).toMatchObject({ code: "locked" });
  expect(fs.readFileSync(at("victim"), "utf8")).toBe("x");
  expect(fs.existsSync(at("nowhere"))).toBe(false);
});

test.each(["a free lock", "a dead process's"])("of five that want %s at once, one wins", async (kind) => {
  if (kind !== "a free lock") leave(await deadProcess());
  const racers = Array.from({ length: 5 }, () => fork("test/runs/racer.mjs", [at(".lock")], { silent: true }));
  await Promise.all(racers.map((racer) => new Promise((ready) => racer.once("message", ready))));
  const answers = racers.map((racer) => new Promise<string>((said) => racer.once("message", said)));
  for (const racer of racers) racer.send("go");
  expect((await Promise.all(answers)).sort()).toEqual([...Array(4).fill("locked"), "won"]);
  expect(fs.readdirSync(at())).toEqual([".lock"]);
  const ends = racers.map((racer) => new Promise((ended) => racer.once("close", ended)));
  for (const racer of racers) racer.kill("SIGKILL");
  await Promise.all(ends);
});
