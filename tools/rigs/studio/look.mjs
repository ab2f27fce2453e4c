// A model that is trained in the page, looked into, and compared.

const told = async (page) =>
  (await page.locator(".sequence [role=slider]").first().getAttribute("aria-valuetext")) ?? "";

export const LOOK = {
  async "look into a model, hover, compare"(visit, shot) {
    const { page } = visit;
    await visit.goto("?view=look");
    await visit.until("examples", () => page.locator(".look-examples button").count());
    for (const name of ["names", "Moby"]) {
      if (!(await page.locator(".look-examples button").count())) break;
      await page.locator(".look-examples button", { hasText: name === "names" ? "first names" : "Moby" }).click();
      await visit.until(`a model of ${name}`, () => page.locator(".look-bar").count(), 240);
    }
    await visit.until("its score", () => page.locator(".score canvas").count());
    const box = await page.locator(".sequence .plot").first().boundingBox();
    await page.mouse.move(box.x + 120, box.y + 10);
    await visit.until("what is under the pointer", async () => /^step \d+,/.test(await told(page)));
    await visit.look("look");
    await shot("look");
  },
};
