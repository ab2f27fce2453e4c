import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exportTask } from "../../../src/tasks/export.js";
import { CELLS } from "../../../src/tasks/recurrent-layers.js";
import { expectClose } from "../../support/close.js";
import { exportedCase } from "../../support/exported.js";
import { PYTHON_TORCH, runTorch } from "../../support/python-torch.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import type { Kind } from "../../support/tiny-tasks.js";

const folder = temporaryFolder();
const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };
const WITHOUT = PYTHON_TORCH === null ? "skip: there is no python3 with torch: " : "";

const LAYERS: readonly (readonly [string, object])[] = [
  ["one layer", { layers: 1 }],
  ["two layers", { layers: 2 }],
  ["layers of their own", { layers: 2, hiddenDropout: 0.1 }],
  ["a narrow last layer", { layers: 3, lastHidden: 4 }],
];

const CASES: Readonly<Partial<Record<Kind, readonly (readonly [string, object])[]>>> = {
  "language-model": [
    ...CELLS.flatMap((cell) => LAYERS.map(([title, sizes]) => [`${cell}, ${title}`, { cell, ...sizes }] as const)),
    ["tied", { tie: true, embed: 6 }],
  ],
};

describe.runIf(PYTHON_TORCH !== null)(`${WITHOUT}what PyTorch makes of an exported model`, () => {
  test.each(Object.keys(CASES) as Kind[])(
    "%s",
    async (kind) => {
      const cases = CASES[kind]!.map(([title, settings]) => ({ title, ...exportedCase(kind, settings) }));
      const modules = [];
      for (const [i, { task, model, known, calls }] of cases.entries()) {
        const at = folder.at(`${i}`);
        mkdirSync(at);
        const { files } = await exportTask(task, model, known, "pytorch", { name: "exported" });
        for (const [name, bytes] of files) writeFileSync(join(at, name), bytes);
        const methods = calls.map(({ program, inputs }, k) => ({ method: k === 0 ? "forward" : program, inputs }));
        modules.push({ folder: at, name: "exported", calls: methods });
      }
      const found = runTorch(modules);
      let at = 0;
      for (const { title, calls } of cases) {
        for (const { program, outputs } of calls) {
          const told = found[at++]!;
          expect(told.length).toBe(Object.keys(outputs).length);
          for (const [k, [name, { shape, data }]] of Object.entries(outputs).entries()) {
            expect(told[k]!.shape, `${title}: ${program}: ${name}`).toEqual(shape);
            expectClose(told[k]!.data, data, TOLERANCE, `${title}: ${program}: ${name}`);
          }
        }
      }
    },
    60_000,
  );
});
