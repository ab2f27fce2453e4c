// Each of the nine lessons at its figure, in both languages.

const LESSONS = 9;

export const LEARN = {
  async "each lesson at its figure"(visit, shot) {
    const { page } = visit;
    const isKorean = (await page.evaluate(() => navigator.language)).startsWith("ko");
    for (let lesson = 1; lesson <= LESSONS; lesson++) {
      await visit.goto(`?view=learn&at.lesson=${lesson}`);
      await visit.until(`lesson ${lesson}`, () => page.locator(".unrolled svg .box").count());
      const lang = await page.evaluate(() => document.documentElement.lang);
      if (lang !== (isKorean ? "ko" : "en")) visit.faults.push(`lesson ${lesson} speaks ${lang}`);
      await visit.shifts(`lesson ${lesson}`);
      await shot(`learn-${lesson}`);
    }
  },

  async "a step forward, the loss, a step back"(visit) {
    const { page } = visit;
    await visit.goto("?view=learn&at.lesson=3");
    await visit.until("the figure", () => page.locator(".unrolled svg .box").count());
    const said = [];
    const next = page.locator(".bench .player button.primary").first();
    for (let i = 0; i < 7; i++) {
      await next.press("Enter");
      said.push(await page.locator(".bench .player output").first().textContent());
    }
    if (new Set(said).size !== 7 || !(await next.isDisabled())) visit.faults.push(`steps: ${said.join(" | ")}`);
    const back = await page.locator(".cell-figure text.gradient").count();
    await visit.keyboard("Learn");
    if (back === 0) visit.faults.push("no gradient in the cell after the way back");
  },

  async "the race"(visit) {
    const { page } = visit;
    await visit.goto("?view=learn&at.lesson=7");
    await visit.until("the race", () => page.locator(".race").count());
    await page.locator(".race input[type=range]").fill("4");
    await visit.traced("the race", async () => {
      await page.locator(".race button.primary").click();
      await visit.until("lanes", async () =>
        (await page.locator(".race figcaption").first().textContent())?.includes("%"),
      );
      await visit.until("the end", async () => await page.locator(".race input[type=range]").isEnabled(), 120);
    });
  },
};
