import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pytorchWriter } from "../../../src/interchange/targets/pytorch/index.js";
import { exportTask, modelToWrite } from "../../../src/tasks/export/export.js";
import { expectClose } from "../../support/close.js";
import { EXPORTED, type ExportedKind, exportedCase, ROUNDED, toleranceOf } from "../../support/exported.js";
import { PYTHON_TORCH, type PythonModule, runTorch } from "../../support/python-torch.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const WITHOUT = PYTHON_TORCH === null ? "skip: there is no python3 with torch: " : "";

type Case = Awaited<ReturnType<typeof exportedCase>> & { title: string; half?: boolean; int8?: boolean };

const PRECISIONS = [
  ["float16", { half: true }],
  ["int8", { int8: true }],
] as const;

/** What is asked, by the name of its test. */
const ASKED: readonly (readonly [name: string, cases: () => Promise<Case>[]])[] = [
  ...(Object.keys(EXPORTED) as ExportedKind[]).map((kind) => {
    const caseOf = async ([title, settings]: (typeof EXPORTED)[ExportedKind][number]): Promise<Case> => ({
      title,
      ...(await exportedCase(kind, settings)),
    });
    return [kind, () => EXPORTED[kind].map(caseOf)] as const;
  }),
  ...PRECISIONS.map(([precision, how]) => {
    const caseOf = async ([kind, settings]: (typeof ROUNDED)[number]): Promise<Case> => ({
      title: (settings as { cell?: string }).cell ?? kind,
      ...how,
      ...(await exportedCase(kind, settings, precision)),
    });
    return [`with weights in ${precision}`, () => ROUNDED.map(caseOf)] as const;
  }),
];

/** Writes models for PyTorch into folders of `place`: what it is to call of them. */
async function written(cases: readonly Case[], place: string): Promise<PythonModule[]> {
  const modules = [];
  for (const [i, { task, model, known, calls, half, int8 }] of cases.entries()) {
    const at = join(place, `${i}`);
    mkdirSync(at, { recursive: true });
    const { files } = await exportTask(task, model, known, "pytorch", { name: "exported", half, int8 });
    for (const [name, bytes] of files) writeFileSync(join(at, name), bytes);
    const methods = calls.map(({ program, inputs }) => ({ method: program === "model" ? "forward" : program, inputs }));
    modules.push({ folder: at, name: "exported", calls: methods });
  }
  return modules;
}

describe.runIf(PYTHON_TORCH !== null)(`${WITHOUT}what PyTorch makes of an exported model`, () => {
  let place = "";
  const cases = new Map<string, Case[]>();
  const found = new Map<string, ReturnType<typeof runTorch>>();
  // All at once: PyTorch takes seconds to start.
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "unrolled-pytorch-"));
    const modules = new Map<string, PythonModule[]>();
    for (const [name, make] of ASKED) {
      cases.set(name, await Promise.all(make()));
      modules.set(name, await written(cases.get(name)!, join(place, name)));
    }
    const all = runTorch([...modules.values()].flat());
    for (const [name, own] of modules) {
      const count = own.reduce((sum, { calls }) => sum + calls.length, 0);
      found.set(name, all.splice(0, count));
    }
  }, 180_000);
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test.each(ASKED.map(([name]) => name))("%s", (name) => {
    const told = found.get(name)!;
    let at = 0;
    for (const { title, calls } of cases.get(name)!) {
      for (const { program, outputs } of calls) {
        const own = told[at++]!;
        expect(own.length).toBe(Object.keys(outputs).length);
        for (const [k, [output, { shape, data }]] of Object.entries(outputs).entries()) {
          expect(own[k]!.shape, `${title}: ${program}: ${output}`).toEqual(shape);
          expectClose(own[k]!.data, data, toleranceOf(title), `${title}: ${program}: ${output}`);
        }
      }
    }
    expect([at, told.length > 0]).toEqual([told.length, true]);
  });

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
});
