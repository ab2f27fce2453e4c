import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { load, train } from "../../../src/tasks/task-model.js";
import { nameTable } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { begin, KINDS } from "../../support/tiny-tasks.js";
import { codeOfRun, difference, functionsOf } from "./code.js";

const folder = temporaryFolder();
const TSC = new URL("../../../node_modules/typescript/bin/tsc", import.meta.url).pathname;
const STRICT = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--verbatimModuleSyntax"];
const OPTIONS = [...STRICT, "--erasableSyntaxOnly", "--noEmit", "--target", "es2022", "--module", "esnext"];

let names: Uint8Array;
beforeAll(async () => {
  const source = { name: "names.csv", bytes: new TextEncoder().encode(nameTable(80)) };
  const settings = { task: "classify", text: "name", label: "kind", hidden: 24, epochs: 1, seed: 3, lr: 0.02 };
  names = (await train(source, settings)).checkpoint();
});

/** What the compiler says of a program beside the model. */
function compiled(program: string, resolution: string): string {
  writeFileSync(folder.at("program.ts"), program);
  const args = [TSC, "--ignoreConfig", ...OPTIONS, "--moduleResolution", resolution, folder.at("program.ts")];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return stdout + stderr;
}

describe("types", () => {
  const program = (more: string) => `import { predict, type Prediction } from "./a-model.js";
const found: Prediction = predict("Bara");
const label: "flower" | "stone" = found.label;
const share: number = found.probabilities.stone + (found.unknown ?? 0);
console.log(label, share${more});
`;

  test.each(["ts", "js"] as const)(
    "%s: a program that uses it is checked, and refused where it is wrong",
    async (to) => {
      for (const [name, text] of await codeOfRun(names, to)) writeFileSync(folder.at(name), text);
      expect(compiled(program(""), "bundler")).toBe("");
      const wrong = compiled(`${program(", predict([1, 2]), found.lable")}`, "bundler");
      expect(wrong).toContain("TS2345");
      expect(wrong).toContain("TS2551");
    },
  );
});

test("the TypeScript is what the JavaScript is, but for types", async () => {
  const ts = (await codeOfRun(names, "ts")).get("a-model.ts")!;
  const js = (await codeOfRun(names, "js")).get("a-model.js")!;
  expect(ts).toContain(js.slice(js.indexOf("const DESCRIPTION"), js.indexOf("/** What it is")));
});

test.each(KINDS)("%s: the run-time takes less than 60 KiB in gzip, and needs nothing", async (kind) => {
  const text = (await codeOfRun(begin(kind, {}).encode(), "js")).get("a-model.js")!;
  const runtime = text.replace(/const (WEIGHTS|DESCRIPTION) = .*/g, "");
  expect(gzipSync(runtime).length).toBeLessThan(60 * 1024);
  // A place that has nothing but the language and three functions of the web.
  const place = createContext({ atob, TextEncoder, TextDecoder });
  const names = runInContext(
    `${text.replace(/^export const (\w+)/gm, "globalThis.$1")}\nObject.keys(globalThis)`,
    place,
  );
  expect(names.length).toBeGreaterThan(3);
});

describe("fewer bits", () => {
  test.each([
    ["float16", 0.002],
    ["int8", 0.03],
  ] as const)("%s: close to the model, and small", async (precision, most) => {
    const { predict } = await functionsOf(names, precision);
    for await (const { probability, label } of load(names).predict(["Bara"])) {
      const found = predict!("Bara") as { probability: number; label: string };
      expect(Math.abs(found.probability - (probability as number))).toBeLessThan(most);
      expect(found.label).toBe(label);
    }
    const [whole, small] = await Promise.all([codeOfRun(names, "js"), codeOfRun(names, "js", precision)]);
    const bytes = (files: Map<string, string>) =>
      /const WEIGHTS = "([^"]*)"/.exec(files.get("a-model.js")!)![1]!.length;
    expect(bytes(small)).toBeLessThan(bytes(whole) * (precision === "int8" ? 0.36 : 0.51));
  });

  test("halves are those that were stored", async () => {
    const { predict } = await functionsOf(names, "float16");
    const model = load(names);
    const { HALVES, halfToNumber } = await import("../../../src/interchange/formats/safetensors/stored-dtype.js");
    for (const [, tensor] of model.module.stateDict()) {
      tensor.set(tensor.data().map((value) => halfToNumber(HALVES.float16.bits(value))));
    }
    for await (const answer of model.predict(["Tonora"])) expect(difference(predict!("Tonora"), answer)).toBe(null);
  });
});

describe("as a command", () => {
  test("a module in the run's folder, which runs by itself", async () => {
    const source = begin("language-model", { layers: 1 });
    writeFileSync(folder.at("lm.safetensors"), source.encode());
    const { code, out } = await folder.cli("export", "@lm.safetensors", "--to", "js", "--out", "@made");
    expect([code, out]).toEqual([0, expect.stringContaining("lm.js")]);
    const program = 'import("./made/lm.js").then(({ generate }) => console.log(generate({ length: 30, seed: 2 })))';
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: folder.at("."),
      encoding: "utf8",
    });
    const library = [...load(folder.at("lm.safetensors")).generate({ length: 30, seed: 2 })].join("");
    expect(stdout).toBe(`${library}\n`);
    expect(readFileSync(folder.at("made", "lm.d.ts"), "utf8")).toContain("export declare const generate");
  });
});

describe("bad input", () => {
  const errors = async (
    of: Promise<Record<string, (...args: never[]) => unknown>>,
    call: (functions: never) => unknown,
  ) => {
    const functions = await of;
    try {
      call(functions as never);
    } catch (error) {
      return (error as Error).message;
    }
    return "none";
  };

  test.each([
    [[1, 2], "predict: row must be a text, got 2 numbers."],
    ["", 'column "name" must hold text'],
    [undefined, "must be a text"],
    [null, "must be a text"],
    [7, "must be a text"],
  ])("a classifier of texts, given %j", async (input, message) => {
    type Of = { predict(input: unknown): unknown };
    expect(await errors(functionsOf(names) as never, ({ predict }: Of) => predict(input))).toContain(message);
  });

  test.each([
    [{ prompt: "\u{1F40B}" }, "contain only"],
    [{ lenght: 3 }, "Did you mean length?"],
    [{ length: -1 }, "length must be"],
    [{ temperature: "hot" }, "temperature must be"],
    [null, "options"],
  ])("a language model, given %j", async (options, message) => {
    const checkpoint = begin("language-model", { layers: 1, tokens: "char" }).encode();
    type Of = { generate(options: unknown): string };
    expect(await errors(functionsOf(checkpoint) as never, ({ generate }: Of) => generate(options))).toContain(message);
  });

  test.each([
    [[], 'Pass for example [{ "time": "2024-02-29", "value": 3 }, ...].'],
    ["day,load", "history must be a list of numbers, or of rows"],
    [[1, 2, 3], "must be a table as text, with dates, site"],
    [[{ day: "2024-01-01", site: "north", load: 1 }], "values or more before the forecast"],
    [[{ day: "2024-01-01", load: 1 }], 'have the column, got "site"'],
    [[{ day: "soon", site: "north", load: 1 }], "be a time"],
    [[{ day: "2024-01-01", site: "north", load: 1 }, 3], "history[1] must be a row"],
  ])("a forecaster, given %j", async (history, message) => {
    type Of = { forecast(history: unknown): unknown };
    const functions = functionsOf(begin("forecast", {}).encode());
    expect(await errors(functions as never, ({ forecast }: Of) => forecast(history))).toContain(message);
  });

  test.each([
    ["", "hold words"],
    [[], "hold words"],
    [["a", ""], "hold words"],
    [[1], "a list of its words"],
    [null, "a list of its words"],
  ])("a tagger, given %j", async (sentence, message) => {
    type Of = { tag(sentence: unknown): unknown };
    expect(await errors(functionsOf(begin("tag", {}).encode()) as never, ({ tag }: Of) => tag(sentence))).toContain(
      message,
    );
  });
});
