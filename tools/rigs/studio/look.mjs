// A model that is trained in the page and models that are opened, looked into and compared.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { train } from "../../../dist/tasks/index.js";
import { root } from "../../support/process.mjs";

const told = async (page) =>
  (await page.locator(".sequence [role=slider]").first().getAttribute("aria-valuetext")) ?? "";

/** A judge of names that learnt a little. */
async function model(seed) {
  const bytes = readFileSync(join(root, "studio/src/examples/first-names.csv"));
  const { model: trained } = await train({ name: "names.csv", bytes }, { hidden: 12, maxSteps: 20, seed });
  return {
    name: `seed-${seed}.safetensors`,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(trained.encode()),
  };
}

export const LOOK = {
  async "look into a model, hover"(visit, shot) {
    const { page } = visit;
    await visit.goto("?view=look");
    await visit.until("examples", () => page.locator(".look-examples button").count());
    await page.locator(".look-examples button", { hasText: "first names" }).click();
    await visit.until("its score", () => page.locator(".score canvas").count(), 240);
    const box = await page.locator(".sequence .plot").first().boundingBox();
    await page.mouse.move(box.x + 120, box.y + 10);
    await visit.until("what is under the pointer", async () => /^step \d+,/.test(await told(page)));
    await shot("look");
  },

  async "two models: both, and their difference"(visit, shot) {
    const { page } = visit;
    await visit.goto("?view=look");
    const first = await model(1);
    await visit.until("a place for models", () => page.locator(".look-open input").count());
    await page.setInputFiles(".look-open input", first);
    await visit.until("the first model", () => page.locator(".score canvas").count());
    await page.setInputFiles(".look-open input", await model(2));
    const selects = page.locator(".look-bar select");
    await visit.until("the second model", async () => (await selects.first().inputValue()) === "seed-2.safetensors");
    await selects.nth(1).selectOption(first.name);
    await visit.until("both", () => page.locator(".whose.is-b").count());
    await page.getByRole("radio", { name: "difference" }).check();
    await visit.until("the difference", () => page.locator(".whose", { hasText: "A − B" }).count());
    await shot("look-difference");
  },
};
