import { readFileSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";
import { unzipSync } from "fflate";
import { train } from "unrolled/tasks";
import { afterEach, describe, expect, test } from "vitest";
import type { DataRef } from "../../studio/src/state/state.js";
import { eachAlone } from "../../studio/src/worker/alone.js";
import { lookHandlers } from "../../studio/src/worker/look.js";
import type { Events } from "../../studio/src/worker/protocol.js";
import { raceHandlers } from "../../studio/src/worker/race.js";
import { type Client, connect, type Port, serve } from "../../studio/src/worker/rpc.js";
import { MemoryStore } from "../../studio/src/worker/store.js";
import { trainHandlers } from "../../studio/src/worker/train.js";

const bytes = new Uint8Array(readFileSync("studio/src/examples/first-names.csv"));
const data: DataRef = { kind: "file", name: "names.csv", hash: "a".repeat(64) };
const settings = { hidden: 12, embed: 6, epochs: 2, batch: 64, dropout: 0.2, seed: 5, validateEvery: 20 };
const READ = { data, name: "names.csv", bytes, task: null, settings };

const open: { close(): void }[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** A page and its worker, with what the worker keeps. */
function pair(store = new MemoryStore()): Client {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  serve(port2 as unknown as Port, (tell) => ({
    ...trainHandlers(tell, Promise.resolve(store)),
    ...eachAlone(lookHandlers(tell)),
    ...raceHandlers(tell),
  }));
  return connect(port1 as unknown as Port);
}

/** Until training is in this phase. */
function phase(client: Client, wanted: Events["train.phase"]["phase"]): Promise<Events["train.phase"]> {
  return new Promise((resolve) => {
    const silence = client.on("train.phase", (told) => {
      if (told.phase !== wanted) return;
      silence();
      resolve(told);
    });
  });
}

async function runToEnd(client: Client, id: string): Promise<Uint8Array> {
  const ended = phase(client, "ended");
  await client.ask("train.run", { id, steps: null });
  await ended;
  return client.ask("train.model", { step: null });
}

/** What a program trains of these data with these settings. */
async function trained(more: object = {}): Promise<Uint8Array> {
  return (await train({ name: "names.csv", bytes }, { ...settings, ...more })).model.encode();
}

describe("the studio's worker", () => {
  test("says what it computes with, and gives every task's settings with their help", async () => {
    const { tasks, lasts } = await pair().ask("train.begin", null);
    expect(lasts).toBe(false);
    expect(tasks.map(({ name }) => name)).toContain("classify");
    for (const { fields } of tasks) {
      for (const { key, help, section } of fields) {
        expect([key, help]).not.toContain("");
        expect(help).not.toMatch(/--[a-z]/);
        expect(["data", "model", "training"]).toContain(section);
      }
      expect(fields.find(({ key }) => key === "hidden")?.section).toBe("model");
      expect(fields.find(({ key }) => key === "lr")?.section).toBe("training");
    }
  });

  test("finds the task of a file and the values that fit, and says what is wrong with one that is set", async () => {
    const client = pair();
    const about = await client.ask("train.read", READ);
    expect(about).toMatchObject({ task: "classify", found: "text=name, label=label (2 classes)", heldOut: true });
    expect(about.config).toMatchObject({ text: "name", hidden: 12, lr: 0.002, seed: 5 });
    expect(about.metrics[0]).toEqual({ name: "macro-F1", unit: "%", better: "higher", scale: 100 });
    const wrong = { ...READ, settings: { ...settings, hidden: -3 } };
    await expect(client.ask("train.read", wrong)).rejects.toMatchObject({
      data: { name: "OptionError", argument: "hidden", must: "be a positive integer", value: "-3" },
    });
    const broken = { ...READ, bytes: new TextEncoder().encode('name,label\n"Ann,1\n') };
    await expect(client.ask("train.read", broken)).rejects.toMatchObject({ data: { name: "FormatError" } });
  });

  test("trains the bits that a program trains, whatever is asked of it between its slices", async () => {
    const client = pair();
    await client.ask("train.read", READ);
    const slices: Events["train.slice"][] = [];
    client.on("train.slice", (slice) => slices.push(slice));
    const samples: string[] = [];
    client.on("train.samples", (told) => samples.push(...told.samples.map(({ output }) => output)));
    for (let i = 0; i < 3; i++) {
      const paused = phase(client, "paused");
      await client.ask("train.run", { id: "a", steps: 1 });
      await paused;
      await client.ask("train.model", { step: null });
    }
    const model = await runToEnd(client, "a");
    expect(model).toEqual(await trained());
    const total = 2 * Math.ceil(2850 / 64);
    expect(slices.reduce((sum, { steps }) => sum + steps, 0)).toBe(total);
    expect(slices.reduce((sum, { count }) => sum + count, 0)).toBe(2 * 2850);
    expect(slices.at(-1)).toMatchObject({ step: total, totalSteps: total, epoch: 2, lr: 0.002 });
    expect(samples[0]).toMatch(/^(man|woman) +\d+\.\d %$/);
  });

  test("shows what the network does, before its first step and between its slices, and trains the same bits", async () => {
    const client = pair();
    await client.ask("train.read", READ);
    const untrained = await client.ask("train.look", { step: null });
    expect(untrained?.scores[0].steps.length).toBeGreaterThan(5);
    expect(untrained?.scores.flatMap(({ tracks }) => tracks).some(({ kind }) => kind === "heat")).toBe(true);
    const ended = phase(client, "ended");
    await client.ask("train.run", { id: "a", steps: null });
    const race = client.ask("learn.race", { length: 5, seed: 3 });
    for (let i = 0; i < 5; i++) await client.ask("train.look", { step: null });
    await ended;
    await client.ask("learn.stop", null);
    await race;
    expect(await client.ask("train.model", { step: null })).toEqual(await trained());
    expect((await client.ask("train.look", { step: 0 }))?.scores).toEqual(untrained?.scores);
    expect((await client.ask("train.look", { step: null }))?.scores).not.toEqual(untrained?.scores);
  });

  test("answers looks while a race goes on, and each race alike", async () => {
    const client = pair();
    await client.ask("look.open", { key: "names", bytes: await trained({ maxSteps: 1 }) });
    const told: Events["learn.race"][] = [];
    client.on("learn.race", (next) => told.push(next));
    const undisturbed = client.ask("learn.race", { length: 20, seed: 7 });
    await undisturbed;
    const alone = told.splice(0);
    const race = client.ask("learn.race", { length: 20, seed: 7 }).then(() => "race");
    const first = await client.ask("look.score", { key: "names", text: "Aaren" });
    expect(await Promise.race([race, client.ask("look.models", null)])).not.toBe("race");
    for (let i = 0; i < 4; i++) expect(await client.ask("look.score", { key: "names", text: "Aaren" })).toEqual(first);
    await race;
    expect(told).toEqual(alone);
  });

  test("goes back to a checkpoint, and from there trains the same bits again", async () => {
    const client = pair();
    await client.ask("train.read", READ);
    const model = await runToEnd(client, "a");
    const { step, checkpoints, curves } = await client.ask("train.back", { step: 0 });
    expect([step, checkpoints]).toEqual([0, [0]]);
    expect(Object.values(curves).every(({ steps }) => steps.length === 0)).toBe(true);
    expect(await client.ask("train.model", { step: null })).not.toEqual(model);
    expect(await runToEnd(client, "a")).toEqual(model);
    await expect(client.ask("train.back", { step: 17 })).rejects.toMatchObject({ data: { argument: "step" } });
  });

  test("keeps a run, which another worker goes on with bit for bit", async () => {
    const store = new MemoryStore();
    const client = pair(store);
    await client.ask("train.read", READ);
    const paused = phase(client, "paused");
    await client.ask("train.run", { id: "kept", steps: 25 });
    await paused;
    const later = pair(store);
    expect(await later.ask("train.runs", null)).toMatchObject([{ id: "kept", step: 25, task: "classify", settings }]);
    const { record, about } = await later.ask("train.open", { id: "kept", bytes: null });
    expect(record.checkpoints).toEqual([0, 25]);
    expect(record.curves["valid accuracy"].steps).toEqual([20]);
    expect(about.config).toMatchObject({ hidden: 12 });
    expect(await runToEnd(later, "kept")).toEqual(await trained());
    await later.ask("train.forget", { id: "kept" });
    expect(await later.ask("train.runs", null)).toEqual([]);
    await expect(later.ask("train.open", { id: "kept", bytes: null })).rejects.toMatchObject({
      data: { argument: "run" },
    });
    for (const id of ["../data", "a/b", ""]) {
      await expect(later.ask("train.open", { id, bytes: null })).rejects.toMatchObject({ name: "OptionError" });
    }
  });

  test("takes another learning rate on the way, and refuses what cannot be one", async () => {
    const client = pair();
    await client.ask("train.read", READ);
    const paused = phase(client, "paused");
    await client.ask("train.run", { id: "a", steps: 10 });
    await paused;
    const before = await client.ask("train.model", { step: null });
    await client.ask("train.change", { settings: { lr: 0.02 } });
    expect(weightsOf(await client.ask("train.model", { step: null }))).toEqual(weightsOf(before));
    const rates = new Set<number>();
    client.on("train.slice", ({ lr }) => rates.add(lr));
    const model = await runToEnd(client, "a");
    expect([...rates]).toEqual([0.02]);
    expect(weightsOf(model)).not.toEqual(weightsOf(await trained()));
    await expect(client.ask("train.change", { settings: { lr: 0 } })).rejects.toMatchObject({
      data: { argument: "lr" },
    });
  });

  test("writes the model for every toolkit, in one file or an archive of several", async () => {
    const client = pair();
    const { targets } = await client.ask("train.begin", null);
    expect(targets.length).toBeGreaterThan(1);
    await client.ask("train.read", READ);
    for (const { name } of targets) {
      const file = await client.ask("train.export", { to: name, name: "names" });
      expect(file.name).toMatch(/^names[\w.-]*\.\w+$/);
      const files = file.name.endsWith(".zip") ? Object.keys(unzipSync(file.bytes)) : [file.name];
      expect(files.length).toBeGreaterThan(0);
      expect(file.bytes.length).toBeGreaterThan(1000);
    }
    await expect(client.ask("train.export", { to: "x", name: "a" })).rejects.toMatchObject({ name: "OptionError" });
  });

  test("tells of a training that diverges, and goes back from there", async () => {
    const client = pair();
    await client.ask("train.read", { ...READ, settings: { ...settings, lr: 1e30, clip: 0, optimizer: "sgd" } });
    const failed = phase(client, "failed");
    await client.ask("train.run", { id: "a", steps: null });
    expect((await failed).error).toMatchObject({ name: "DivergedError", must: "be finite" });
    await client.ask("train.back", { step: 0 });
    await client.ask("train.change", { settings: { lr: 0.1 } });
    expect((await runToEnd(client, "a")).length).toBeGreaterThan(1000);
  });

  test("opens a model that it made, to look into", async () => {
    const client = pair();
    const about = await client.ask("look.open", { key: "names", bytes: await trained({ maxSteps: 1 }) });
    expect(about).toMatchObject({ task: "classify", config: { hidden: 12 } });
    await expect(client.ask("look.open", { key: "x", bytes: new Uint8Array(9) })).rejects.toMatchObject({
      name: "FormatError",
    });
  });
});

/** All of a file of safetensors but its header, which tells the settings. */
function weightsOf(file: Uint8Array): Uint8Array {
  const size = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  return file.slice(8 + size);
}
