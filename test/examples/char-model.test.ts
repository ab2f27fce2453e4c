import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { learn } from "../../examples/char-model.js";
import { mobyDick } from "../../examples/support/moby-dick.js";

test("the README's example learns, and is what the README shows in both languages", () => {
  const losses: number[] = [];
  for (const loss of learn(mobyDick().slice(0, 50_000))) if (losses.push(loss) === 20) break;
  expect(losses[0]).toBeCloseTo(Math.log(65), 1);
  expect(losses.at(-1)).toBeLessThan(3.4);
  const source = readFileSync("examples/char-model.ts", "utf8");
  const region = /\/\/ #region example\n([\s\S]*?)\n\/\/ #endregion/.exec(source)?.[1];
  for (const readme of ["README.md", "README.ko.md"]) {
    expect(readFileSync(readme, "utf8"), readme).toContain(`\`\`\`ts\n${region}\n\`\`\``);
  }
});
