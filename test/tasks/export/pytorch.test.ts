import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pytorchWriter } from "../../../src/interchange/targets/pytorch/index.js";
import { exportTask, modelToWrite } from "../../../src/tasks/export.js";
import { expectClose } from "../../support/close.js";
import { EXPORTED, type ExportedKind, exportedCase, ROUNDED, toleranceOf } from "../../support/exported.js";
import { PYTHON_TORCH, runTorch } from "../../support/python-torch.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const WITHOUT = PYTHON_TORCH === null ? "skip: there is no python3 with torch: " : "";

/** Compares what PyTorch makes of exported models with what our modules make of them. */
async function compare(
  cases: readonly (Awaited<ReturnType<typeof exportedCase>> & { title: string; half?: boolean; int8?: boolean })[],
): Promise<void> {
  const modules = [];
  for (const [i, { task, model, known, calls, half, int8 }] of cases.entries()) {
    const at = folder.at(`${i}`);
    mkdirSync(at);
    const { files } = await exportTask(task, model, known, "pytorch", { name: "exported", half, int8 });
    for (const [name, bytes] of files) writeFileSync(join(at, name), bytes);
    const methods = calls.map(({ program, inputs }) => ({ method: program === "model" ? "forward" : program, inputs }));
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
}

describe.runIf(PYTHON_TORCH !== null)(`${WITHOUT}what PyTorch makes of an exported model`, () => {
  test.each(Object.keys(EXPORTED) as ExportedKind[])(
    "%s",
    async (kind) => {
      const cases = EXPORTED[kind].map(async ([title, settings]) => ({
        title,
        ...(await exportedCase(kind, settings)),
      }));
      await compare(await Promise.all(cases));
    },
    60_000,
  );

  test("names of columns are no code, and a run may be called as Python calls something", async () => {
    const { task, model, known, calls } = await exportedCase("forecast", { cell: "gru", layers: 1 });
    const written = await modelToWrite(task, model, known, "class");
    const [first, ...others] = written.blueprint.programs;
    const [x] = first.inputs;
    const about = 'lag 1, """ + open("found", "w").write("x")\n    ran = True, a\\u12, "';
    const programs = [{ ...first, inputs: [{ ...x!, about }] }, ...others] as const;
    const { files } = await pytorchWriter.write(
      { ...written, blueprint: { ...written.blueprint, programs } },
      "float32",
    );
    expect([...files.keys()]).toEqual(["m_class.pt", "m_class.py", "m_class.json"]);
    for (const [name, bytes] of files) writeFileSync(folder.at(name), bytes);
    const { inputs, outputs } = calls[0]!;
    const [told] = runTorch([{ folder: folder.at("."), name: "m_class", calls: [{ method: "forward", inputs }] }]);
    expectClose(told![0]!.data, outputs["raw"]!.data, toleranceOf(""));
  }, 60_000);

  test.each([
    ["float16", { half: true }],
    ["int8", { int8: true }],
  ] as const)(
    "with weights in %s",
    async (precision, how) => {
      const titled = ROUNDED.map(async ([kind, settings]) => ({
        title: (settings as { cell?: string }).cell ?? kind,
        ...how,
        ...(await exportedCase(kind, settings, precision)),
      }));
      await compare(await Promise.all(titled));
    },
    60_000,
  );
});
