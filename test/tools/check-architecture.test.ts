import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { checkArchitecture } from "../../tools/support/architecture.mjs";
import { inTree, runNode } from "./in-tree.js";

/** One line a finding, as the program prints it. */
function check(files: Record<string, string>): string[] {
  const { findings } = inTree(files, checkArchitecture);
  return findings.map(
    ({ where, level = "error", rule, found, fix }) => `${where}: ${level}: ${rule}: ${found}. ${fix}`,
  );
}

const firstOf = (files: Record<string, string>) => check(files)[0];

const longFunction = (lines: number) => `export function walk() {\n${"  step();\n".repeat(lines - 2)}}\n`;

describe("check-architecture", () => {
  test("says nothing about a tree that keeps every rule", () => {
    const files = {
      "src/index.ts": 'export * from "./nn/lstm.js";\nexport type { Shape } from "./base/shape.js";\n',
      "src/base/shape.ts": "export type Shape = readonly number[];\n",
      "src/nn/lstm.ts": 'import type { Shape } from "../base/shape.js";\nexport const shape: Shape = [1];\n',
      "src/io/files-node.ts": 'import { open } from "node:fs/promises";\nexport const x = open;\n',
      "src/cli/main.ts":
        'import { Command } from "commander";\nimport "../index.js";\nimport "node:fs";\nnew Command();\n',
      "src/engine/kernel.ts": longFunction(200),
      "test/nn/lstm.test.ts": 'import "vitest";\nimport "../../src/nn/lstm.js";\n',
    };
    expect(check(files)).toEqual([]);
  });

  test("fails when there is nothing to check", () => {
    expect(firstOf({ "README.md": "" })).toMatch("src: error: layout: no source file under src/.");
  });

  const forms = {
    "an import": 'import { Tensor } from "../tensor/tensor.js";',
    "an import over several lines": 'import {\n  Tensor,\n} from "../tensor/tensor.js";',
    "a type import": 'import type { Tensor } from "../tensor/tensor.js";',
    "an inline type": 'export type T = import("../tensor/tensor.js").Tensor;',
    "a re-export": 'export * from "../tensor/tensor.js";',
    "a dynamic import": 'export const t = () => import("../tensor/tensor.js");',
    "a template import": "export const t = () => import(`../tensor/tensor.js`);",
  };
  test.each(Object.entries(forms))("direction: %s may not point up", (_, form) => {
    const files = { "src/base/shape.ts": form, "src/tensor/tensor.ts": "export class Tensor {}\n" };
    expect(firstOf(files)).toMatch(
      /^src\/base\/shape\.ts:\d: error: import direction: base must not import src\/tensor\/tensor\.ts\. /,
    );
  });

  test("direction: comments and strings are no imports", () => {
    const text = '// import "../nn/lstm.js";\nexport const doc = `import "../nn/lstm.js"`;\n';
    expect(check({ "src/base/shape.ts": text, "src/nn/lstm.ts": "" })).toEqual([]);
  });

  test.each([
    ["layers", "nn"],
    ["layers", "tensor"],
    ["optim", "autograd"],
    ["nn", "train"],
    ["train", "layers"],
    ["io", "nn"],
    ["tasks", "cli"],
  ])("direction: %s may not import %s", (from, to) => {
    const files = { [`src/${from}/a.ts`]: `import "../${to}/b.js";\n`, [`src/${to}/b.ts`]: "" };
    expect(firstOf(files)).toMatch(
      `src/${from}/a.ts:1: error: import direction: ${from} must not import src/${to}/b.ts.`,
    );
  });

  test("direction: nothing but the command line imports the entry point, and the entry point not the command line", () => {
    const index = { "src/index.ts": "" };
    expect(firstOf({ ...index, "src/nn/a.ts": 'import "../index.js";\n' })).toMatch("nn must not import src/index.ts");
    const files = { "src/index.ts": 'import "./cli/main.js";\n', "src/cli/main.ts": "" };
    expect(firstOf(files)).toMatch("entry must not import src/cli/main.ts");
  });

  test("direction: src may not import from outside src", () => {
    const files = { "src/base/a.ts": 'import "../../test/support/b.js";\n', "test/support/b.ts": "" };
    expect(firstOf(files)).toMatch("base must not import test/support/b.ts");
  });

  test("layout: a folder that the design does not know", () => {
    expect(firstOf({ "src/utils/a.ts": "" })).toMatch(
      "src/utils/a.ts: error: layout: src/utils/ is no folder of the design.",
    );
  });

  test("cycles: three files, a type import among them, the whole way shown", () => {
    const files = {
      "src/base/a.ts": '\nimport "./b.js";\n',
      "src/base/b.ts": 'import type { C } from "./c.js";\nexport type B = C;\n',
      "src/base/c.ts": 'export * from "./a.js";\nexport type C = 1;\n',
    };
    expect(firstOf(files)).toMatch(
      "src/base/a.ts:2: error: import cycle: src/base/a.ts -> src/base/b.ts -> src/base/c.ts -> src/base/a.ts.",
    );
    expect(check(files)).toHaveLength(1);
  });

  test("cycles: a file that imports itself", () => {
    expect(firstOf({ "src/base/a.ts": 'import "./a.js";\n' })).toMatch("import cycle: src/base/a.ts -> src/base/a.ts");
  });

  test.each([
    'import "node:fs";',
    'import { join } from "path";',
    'const fs = require("node:fs");',
    'await import("node:os");',
  ])("node modules: %s outside the command line and *-node.ts", (text) => {
    expect(firstOf({ "src/io/files.ts": text })).toMatch(
      /^src\/io\/files\.ts:1: error: node modules: .* would reach the browser/,
    );
  });

  test("packages: only those of the table, only where it says", () => {
    expect(firstOf({ "src/nn/a.ts": 'import { z } from "zod";\n' })).toMatch(
      "error: packages: nn must not import zod.",
    );
    expect(firstOf({ "src/cli/a.ts": 'import "@scope/left-pad/x";\n' })).toMatch(
      "cli must not import @scope/left-pad.",
    );
  });

  test.each(["src/nn/LstmCell.ts", "src/nn/lstm_cell.ts", "src/nn/lstmCell.ts", "test/LSTM/a.test.ts"])(
    "names: %s",
    (path) => {
      expect(firstOf({ "src/base/a.ts": "", [path]: "" })).toMatch(`${path}: error: file name: `);
    },
  );

  test("sizes: a file of 600 lines is accepted, one of 601 is not", () => {
    const files = { "src/base/a.ts": "//\n".repeat(600), "src/base/c.ts": "", "src/base/d.ts": "" };
    expect(check(files)).toEqual([]);
    expect(firstOf({ ...files, "src/base/b.ts": "//\n".repeat(601) })).toMatch(
      "src/base/b.ts:601: error: file size: 601 lines",
    );
  });

  test("sizes: assembly is counted, though not parsed", () => {
    const path = "src/engine/wasm/assembly/gemm.ts";
    const files = { "src/base/a.ts": "", [path]: "@inline function f(): void {}\n".repeat(601) };
    expect(firstOf(files)).toMatch(`${path}:601: error: file size: 601 lines`);
  });

  test("sizes: a median of 150 lines is a warning", () => {
    expect(check({ "src/base/a.ts": "//\n".repeat(150) })).toEqual([
      "src: warning: file size: median 150 lines. Split the largest: a.ts.",
    ]);
  });

  test("sizes: a function of 59 lines is accepted, one of 60 is not; methods and arrows count", () => {
    expect(check({ "src/nn/a.ts": longFunction(59) })).toEqual([]);
    expect(firstOf({ "src/nn/a.ts": longFunction(60) })).toMatch(
      "src/nn/a.ts:1: error: function size: walk has 60 lines",
    );
    const body = `{\n${"step();\n".repeat(58)}}`;
    expect(firstOf({ "src/nn/a.ts": `\nexport class A {\n  run() ${body}\n}\n` })).toMatch(
      "src/nn/a.ts:3: error: function size: run has",
    );
    expect(firstOf({ "src/nn/a.ts": `export const run = () => ${body};\n` })).toMatch(
      "function size: run has 60 lines",
    );
  });

  test.each(["/** The same at once. */", "  /**\n   * The same, twice.\n   */", "/** the same for rows */"])(
    "doc comments: %j says nothing on hover",
    (comment) => {
      const files = { "src/base/a.ts": `export const a = 1;\n${comment}\nexport const b = 2;\n` };
      expect(firstOf(files)).toMatch(/^src\/base\/a\.ts:2: error: doc comment: it opens with "the same/i);
      const assembly = { "src/base/a.ts": "", "src/engine/wasm/assembly/a.ts": `${comment}\n` };
      expect(firstOf(assembly)).toMatch("src/engine/wasm/assembly/a.ts:1: error: doc comment");
    },
  );

  test("doc comments: the words elsewhere, and in comments that are no documentation, are accepted", () => {
    const text =
      "// The same as above.\n/** Takes the same rows.\n * The same bits for any number of threads. */\nexport {};\n";
    expect(check({ "src/base/a.ts": text })).toEqual([]);
  });

  describe("task names", () => {
    const registry =
      'import { languageModel } from "./language-model/index.js";\nimport { classify } from "./classify/task.js";\nimport type { Task } from "./task.js";\nexport const tasks: Task[] = [languageModel, classify];\n';
    const tree = (cli: string, withRegistry = true) => ({
      ...(withRegistry
        ? { "src/tasks/registry.ts": registry, "src/tasks/task.ts": "export type Task = unknown;\n" }
        : {}),
      "src/tasks/language-model/index.ts": "export const languageModel = 1;\n",
      "src/tasks/classify/task.ts": "export const classify = 1;\n",
      "src/cli/main.ts": cli,
    });

    test.each([
      'if (task.name === "classify") run();',
      "console.log(`a classify run`);",
      'import { languageModel } from "../tasks/language-model/index.js";\nlanguageModel;',
    ])("none in cli/: %s", (line) => {
      expect(firstOf(tree(`export {};\n${line}\n`))).toMatch(
        /^src\/cli\/main\.ts:2: error: task names: cli\/ names the task (classify|language-model)\. /,
      );
    });

    test("words that hold a name, comments, the contract, and all while there is no registry are accepted", () => {
      const text =
        'import "../tasks/registry.js";\n// classify\nexport const a = ["reclassify", "classify-by", "task"];\n';
      expect(check(tree(text))).toEqual([]);
      expect(check(tree('export const a = "classify";\n', false))).toEqual([]);
    });
  });

  test("syntax: a file that does not parse is an error, not a file without imports", () => {
    expect(firstOf({ "src/base/a.ts": "export const = 1;\n" })).toMatch(/^src\/base\/a\.ts:1: error: syntax: /);
  });

  test("the program prints the findings and exits 1, or says nothing and exits 0", () => {
    const program = resolve("tools/check-architecture.mjs");
    const bad = inTree({ "src/base/a.ts": 'import "node:fs";\n' }, (folder) => runNode(folder, program));
    expect(bad.stdout).toMatch(/^src\/base\/a\.ts:1: error: .*\narchitecture: 1 error in 1 files\n$/);
    expect(bad.status).toBe(1);
    expect(inTree({ "src/base/a.ts": "" }, (folder) => runNode(folder, program))).toEqual({
      stdout: "",
      stderr: "",
      status: 0,
    });
  });
});
