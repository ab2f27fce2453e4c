import { createSocket } from "node:dgram";
import { afterEach, expect, test } from "vitest";
import { Beats } from "../../../src/train/collective/beats-node.js";

const started: Beats[] = [];
afterEach(() => {
  for (const beats of started.splice(0)) beats.stop();
});
const kept = (beats: Beats): Beats => {
  started.push(beats);
  return beats;
};
const QUICK = 20;

test("a rank that was heard and is not any more is lost to the first one, and the first one to all others", async () => {
  const first = kept(Beats.first(4, true, QUICK));
  const hub = first.hub()!;
  const [one, two] = [1, 2].map((rank) => kept(Beats.after(hub, rank, 4, QUICK)));
  expect([one!.hear(0), two!.hear(0), first.hear(1), first.hear(2)]).toEqual([true, true, true, true]);
  const told = new Promise<number[]>((resolve) => first.onLoss(resolve, null));
  one!.stop();
  expect(await told).toEqual([1]);
  expect([first.lost, two!.lost, first.now > 0]).toEqual([[1], [], true]);
  first.stop();
  await expect.poll(() => two!.lost).toEqual([0]);
});

test("only who knows the word is heard, and its number must be a rank's", async () => {
  const first = kept(Beats.first(3, true, QUICK));
  const { port, token } = first.hub()!;
  const socket = createSocket("udp4");
  for (const text of ["", "1", `${token}`, `${token} 3`, `${token} -1`, `${token} 1.5`, `x${token} 1`, `${token} 2`]) {
    await new Promise<void>((done) => socket.send(text, port, "127.0.0.1", () => done()));
  }
  expect(first.hear(2)).toBe(true);
  socket.close();
  await expect.poll(() => first.lost).toEqual([2]);
});
