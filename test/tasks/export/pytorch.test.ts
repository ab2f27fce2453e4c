import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exportTask } from "../../../src/tasks/export.js";
import { expectClose } from "../../support/close.js";
import { EXPORTED, type ExportedKind, exportedCase, toleranceOf } from "../../support/exported.js";
import { PYTHON_TORCH, runTorch } from "../../support/python-torch.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const WITHOUT = PYTHON_TORCH === null ? "skip: there is no python3 with torch: " : "";

describe.runIf(PYTHON_TORCH !== null)(`${WITHOUT}what PyTorch makes of an exported model`, () => {
  test.each(Object.keys(EXPORTED) as ExportedKind[])(
    "%s",
    async (kind) => {
      const cases = EXPORTED[kind].map(([title, settings]) => ({ title, ...exportedCase(kind, settings) }));
      const modules = [];
      for (const [i, { task, model, known, calls }] of cases.entries()) {
        const at = folder.at(`${i}`);
        mkdirSync(at);
        const { files } = await exportTask(task, model, known, "pytorch", { name: "exported" });
        for (const [name, bytes] of files) writeFileSync(join(at, name), bytes);
        const methods = calls.map(({ program, inputs }) => ({
          method: program === "model" ? "forward" : program,
          inputs,
        }));
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
            expectClose(told[k]!.data, data, toleranceOf(title), `${title}: ${program}: ${name}`);
          }
        }
      }
    },
    60_000,
  );
});
