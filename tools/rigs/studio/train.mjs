// Everything that Train is for, as a person goes about it.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/process.mjs";
import { badFiles, isUnsafe, STRANGE, taskFiles } from "./files.mjs";

const EXAMPLES = ["moby-dick", "first-names", "births"];
/** So many steps, and there is something to see. */
const STEPS = 40;

const figures = async (page) => {
  const told = (await page.textContent(".progress-line")) ?? "";
  return {
    step: Number(/step ([\d,]+) of/.exec(told)?.[1].replaceAll(",", "") ?? 0),
    phase: await page.textContent(".progress-line [aria-live]"),
  };
};
const stepOf = async (page) => (await figures(page)).step;
const phaseOf = async (page) => (await figures(page)).phase;
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Reads what the address says, and waits for what a network does that learnt nothing. */
async function open(visit, query) {
  await visit.goto(query);
  await visit.until("settings", () => visit.page.locator(".section").count());
  await visit.until("a picture before the first step", () => visit.page.locator(".stage .score canvas").count());
}

async function trainToEnd(visit, name = "Start") {
  await button(visit.page, name).click();
  await visit.until("the end of training", async () => (await phaseOf(visit.page)) === "done", 240);
}

/** Until nothing is drawn any more. */
const settled = (visit) => visit.page.waitForTimeout(1500);

export const TRAIN = {
  async "the first page"(visit, shot) {
    await visit.goto();
    await visit.until("examples", async () => (await visit.page.locator(".examples button").count()) === 3);
    await shot("begin");
  },

  async "train on each example"(visit, shot) {
    for (const name of EXAMPLES) {
      await open(visit, `?example=${name}&set.maxSteps=${STEPS}&set.seed=1`);
      await visit.traced(`training ${name}`, () => trainToEnd(visit));
      await settled(visit);
      await visit.shifts(`training ${name}`);
      await shot(`train-${name}`);
    }
  },

  async "pause, go on, reload, a step, back to a checkpoint, another learning rate"(visit) {
    const { page } = visit;
    await open(visit, "?example=first-names&set.seed=2&set.hidden=16");
    await button(page, "Start").click();
    await visit.until("step 20", async () => (await stepOf(page)) > 20);
    await button(page, "½ of the learning rate").click();
    await visit.until("the rate in the address", () => /set\.lr=/.test(page.url()));
    await visit.until("training goes on", async () => (await phaseOf(page)) === "training");
    await button(page, "Pause").click();
    await visit.until("a pause", async () => (await phaseOf(page)) === "paused");
    const before = await stepOf(page);
    await page.reload();
    await visit.until("the same step after a reload", async () => (await stepOf(page)) === before);
    await button(page, "One step").click();
    await visit.until("a step more", async () => (await stepOf(page)) === before + 1);
    await visit.keyboard("Train");
    await page.getByRole("slider", { name: "Training time" }).press("Home");
    for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowLeft");
    await button(page, "Back to 0").click();
    await visit.until("step 0", async () => (await stepOf(page)) === 0);
    await page.getByRole("button", { name: /^Undo 3 changes$/ }).click();
    await visit.until("nothing is changed", async () => /Nothing is changed/.test(await page.textContent(".settings")));
    await page.goBack();
    await visit.until("changes come back", () => /set\.hidden=16/.test(page.url()));
  },

  async "a file of each task"(visit, shot, { seed }) {
    const { page } = visit;
    for (const { task, name, text, chosen } of taskFiles(seed)) {
      await visit.goto();
      await visit.until("examples", () => page.locator(".examples button").count());
      await visit.drop(".drop-zone", name, text);
      const found = await visit.until(`${name} is read`, () => page.locator(".task-line select").count());
      if (chosen && found) {
        await page.selectOption(".task-line select", task);
        await visit.until(`${name} as ${task}`, async () => /summary/.test(await page.innerHTML(".data")));
      }
      await visit.until(`${name} is ${task}`, async () => (await page.inputValue(".task-line select")) === task);
      await button(page, "One step").click();
      await visit.until(`a step of ${name}`, async () => (await stepOf(page)) === 1);
      await visit.until(`the score of ${name}`, () => page.locator(".stage .score canvas").count());
      const alert = page.locator("[role=alert]");
      if ((await alert.count()) > 0) visit.faults.push(`${name}: ${await alert.first().textContent()}`);
      await shot(`file-${task}-${name.split(".").at(-1)}`);
    }
  },

  async "bad files"(visit, shot, { seed }) {
    const { page } = visit;
    for (const { name, content } of badFiles(seed)) {
      await visit.goto();
      await visit.until("examples", () => page.locator(".examples button").count());
      await visit.drop(".drop-zone", name, content);
      try {
        await visit.until(`a word about ${JSON.stringify(name)}`, () => page.locator("[role=alert]").count(), 20);
      } catch (error) {
        visit.faults.push(`${error.message}: ${(await page.textContent("main"))?.slice(0, 200)}`);
        continue;
      }
      const said = await page.locator("[role=alert]").first().textContent();
      if (!/must|cannot/.test(said ?? "")) visit.faults.push(`${JSON.stringify(name)}: ${said}`);
      if (isUnsafe(await page.textContent("body"))) visit.faults.push(`${JSON.stringify(name)} acts`);
      if (name === "quote.csv") await shot("bad-file");
    }
    if ((await page.title()) !== "Unrolled studio") visit.faults.push("markup of a file acted");
  },

  async "texts that try to be more"(visit) {
    const { page } = visit;
    const rows = Array.from({ length: 60 }, (_, i) => {
      const text = STRANGE[i % STRANGE.length].replaceAll('"', '""');
      return `"${text} ${i}","${i % 2 ? STRANGE[0].replaceAll('"', '""') : "\u202eno"}"`;
    });
    await visit.goto();
    await visit.until("examples", () => page.locator(".examples button").count());
    await visit.drop(
      ".drop-zone",
      `${STRANGE.join("")}.csv`,
      `${STRANGE[0].replaceAll('"', "'")},answer\n${rows.join("\n")}\n`,
    );
    await button(page, "One step").click();
    await visit.until("answers", () => page.locator(".answers tbody tr").count());
    await page.getByText("What is in it").click();
    if ((await page.locator("main img").count()) > 0 || (await page.title()) !== "Unrolled studio") {
      visit.faults.push("markup of a file acted");
    }
    if (isUnsafe(await page.textContent("body"))) visit.faults.push("control characters of a file act");
    await visit.look("strange texts");
    await page.getByText("Export", { exact: true }).click();
    const { bytes } = await visit.saved(/as code/);
    if (isUnsafe(bytes.toString())) visit.faults.push("control characters in the program");
  },

  async "the keyboard alone"(visit) {
    const { page } = visit;
    await visit.goto();
    await visit.until("examples", async () => (await page.locator(".examples button").count()) === 3);
    await visit.keyboard("the first page");
    await page.locator(".examples button").nth(1).press("Enter");
    await visit.until("a picture", () => page.locator(".stage .score canvas").count());
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press(".");
    await visit.until("a step by a key", async () => (await stepOf(page)) === 1);
    await page.keyboard.press("Space");
    await visit.until("training by a key", async () => (await stepOf(page)) > 3);
    await page.keyboard.press("Space");
    await visit.until("a pause by a key", async () => (await phaseOf(page)) === "paused");
    await page.locator("summary", { hasText: "Export" }).press("Enter");
    await visit.until("the menu", () => page.getByRole("button", { name: "Copy the link" }).isVisible());
    await page.keyboard.press("Escape");
    await visit.until("no menu", async () => !(await page.getByRole("button", { name: "Copy the link" }).isVisible()));
  },

  async "export: the model, the program that trains it, pictures"(visit) {
    const { page } = visit;
    await open(visit, "?example=first-names&set.hidden=8&set.epochs=1&set.seed=4");
    await trainToEnd(visit);
    await page.getByText("Export", { exact: true }).click();
    const model = await visit.saved(/^Model \(/);
    const program = await visit.saved(/as code/);
    const place = join(root, "build/studio-rig");
    mkdirSync(place, { recursive: true });
    copyFileSync(join(root, "studio/src/examples/first-names.csv"), join(place, "first-names.csv"));
    writeFileSync(join(place, "program.mjs"), program.bytes);
    execFileSync(process.execPath, ["program.mjs"], { cwd: place, stdio: "pipe" });
    const made = readFileSync(join(place, "first-names.safetensors"));
    if (!made.equals(model.bytes)) visit.faults.push("the program trains another model");
    const length = program.bytes.toString().split("\n").length;
    if (length > 31) visit.faults.push(`the program has ${length} lines`);
    rmSync(place, { recursive: true });
    for (const name of await page.getByRole("button", { name: /^Model for/ }).allTextContents()) {
      try {
        const { bytes } = await visit.saved(name);
        if (bytes.length < 1000) visit.faults.push(`${name}: ${bytes.length} bytes`);
      } catch (error) {
        // Not every toolkit has every layer; those that Unrolled itself names as its targets have.
        if (!/must be made of .* Write it as/.test(error.message) || /PyTorch|ONNX/.test(name)) throw error;
      }
    }
    const starts = { SVG: "<svg", PNG: "\x89PNG", CSV: "curve," };
    for (const [kind, start] of Object.entries(starts)) {
      const { bytes } = await visit.saved(`loss as ${kind}`);
      if (!bytes.toString("latin1").startsWith(start)) visit.faults.push(`loss as ${kind}: ${bytes.subarray(0, 20)}`);
    }
  },

  async "the score follows pointer and keys"(visit) {
    const { page } = visit;
    await open(visit, "?example=moby-dick&set.maxSteps=10");
    const slider = page.locator(".sequence [role=slider]");
    const told = async () => (await slider.getAttribute("aria-valuetext")) ?? "";
    const plot = page.locator(".sequence .plot");
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    await page.mouse.move(box.x + 150, box.y + 10);
    await visit.until("what is under the pointer", async () => /^step \d+,/.test(await told()));
    await slider.press("End");
    const last = await told();
    await slider.press("ArrowLeft");
    await visit.until("the step before", async () => (await told()) !== last);
    await visit.until("where it comes from", async () => /horizon/.test(await told()));
  },
};
