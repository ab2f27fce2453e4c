import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { programsOf } from "../../tools/support/guides.mjs";
import { packageBin } from "../../tools/support/prepare.mjs";

// As a reader has it: compiled against the package's declarations, and run on what is in dist/, in a folder of its own.
const folder = resolve("build/guides");
const place = mkdtempSync(join(tmpdir(), "unrolled-guides-"));
const guides = ["../README.md", ...readdirSync("docs/guides").filter((name) => name.endsWith(".md"))];
const programs = guides.flatMap((guide) =>
  programsOf(readFileSync(`docs/guides/${guide}`, "utf8")).map((program) => ({
    ...program,
    title: `${guide}:${program.line}`,
    name: `${guide.slice(0, -3).replace("../", "")}-${program.line}`,
  })),
);
let errors = "";

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // A program without an import would be a script, whose names are everyone's.
  for (const { name, code } of programs) writeFileSync(join(folder, `${name}.ts`), `${code}export {};\n`);
  const options = {
    noEmit: false,
    paths: {},
    rootDir: ".",
    outDir: "js",
    noUnusedLocals: false,
    noPropertyAccessFromIndexSignature: false,
    noUnusedParameters: false,
  };
  const config = { extends: "../../tsconfig.json", compilerOptions: options, include: ["*.ts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiler = [packageBin("typescript", "tsc"), "-p", folder, "--pretty", "false"];
  errors = spawnSync(process.execPath, compiler, { encoding: "utf8" }).stdout;
}, 300_000);

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe("the code of the guides does what they say", () => {
  test.each(programs)("$title has the right types", ({ name }) => {
    expect(errors.split("\n").filter((line) => line.includes(`${name}.ts`))).toEqual([]);
  });

  test.each(programs.filter(({ runs }) => runs))("$title runs", { timeout: 180_000 }, ({ name, printed }) => {
    const file = pathToFileURL(join(folder, "js", `${name}.js`)).href;
    const { status, stdout, stderr } = spawnSync(process.execPath, [new URL(file).pathname], {
      cwd: place,
      encoding: "utf8",
      env: { ...process.env, UNROLLED_ENGINE: "wasm", UNROLLED_THREADS: "1" },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    if (printed !== undefined) expect(stdout).toBe(printed);
  });
});
