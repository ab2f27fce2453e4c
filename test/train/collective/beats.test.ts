import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { Beats } from "../../../src/train/collective/beats-node.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const { at } = temporaryFolder();
const started: Beats[] = [];
afterEach(() => {
  for (const beats of started.splice(0)) beats.stop();
});
/** Of ranks on one machine, which say nothing where others are lost, and wait as long as this test. */
function beatsOf(rank: number, size: number, meeting: string | null = null): Beats {
  const settings = { areNear: true, meeting, stuck: 6, start: 600, words: null, pace: 20 };
  const beats = new Beats(rank, size, settings);
  started.push(beats);
  return beats;
}

test("a rank that was heard and is not any more is lost to the first one, and the first one to all others", async () => {
  const first = beatsOf(0, 4);
  const hub = first.hub()!;
  const [one, two] = [1, 2].map((rank) => beatsOf(rank, 4));
  for (const beats of [one!, two!]) beats.call(hub);
  expect([one!.hear(0), two!.hear(0), first.hear(1), first.hear(2)]).toEqual([true, true, true, true]);
  const told = new Promise<unknown>((resolve) => first.onLoss(resolve));
  one!.stop();
  expect(await told).toEqual({ why: "silent", ranks: [1] });
  expect([first.loss, two!.loss, first.now > 0]).toEqual([{ why: "silent", ranks: [1] }, null, true]);
  first.stop();
  await expect.poll(() => two!.loss).toEqual({ why: "silent", ranks: [0] });
});

test("ranks of one machine find each other by a file, and leave none", async () => {
  const meeting = at("ranks.json");
  const two = beatsOf(2, 3, meeting);
  const first = beatsOf(0, 3, meeting);
  const one = beatsOf(1, 3, meeting);
  expect([first.hear(1), first.hear(2), one.hear(0), two.hear(0)]).toEqual([true, true, true, true]);
  first.together();
  expect(existsSync(meeting)).toBe(false);
});

test("only who knows the word is heard, and its number must be a rank's", async () => {
  const first = beatsOf(0, 3);
  const { port, token } = first.hub()!;
  const socket = createSocket("udp4");
  for (const text of ["", "1", `${token}`, `${token} 3`, `${token} -1`, `${token} 1.5`, `x${token} 1`, `${token} 2`]) {
    await new Promise<void>((done) => socket.send(text, port, "127.0.0.1", () => done()));
  }
  expect(first.hear(2)).toBe(true);
  socket.close();
  await expect.poll(() => first.loss).toEqual({ why: "silent", ranks: [2] });
});

test("who waited for a rank in vain tells of it: the first one is silent then", async () => {
  const first = beatsOf(0, 2);
  const { port, token } = first.hub()!;
  const socket = createSocket("udp4");
  await new Promise<void>((done) => socket.send(`${token} 1 0 1`, port, "127.0.0.1", () => done()));
  expect(first.hear(1)).toBe(true);
  expect(first.isDealtWith).toBe(true);
  socket.close();
});
