import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RunFolder } from "../../src/runs/run-folder-node.js";
import { holdsSearch, SearchFolder } from "../../src/runs/search-folder-node.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { at } = temporaryFolder();
const WHAT = { space: "hidden=1,2", settings: {} };

function made(name = "s"): SearchFolder {
  const folder = new SearchFolder(at(name));
  folder.create(WHAT);
  return folder;
}

describe("a search's folder", () => {
  test("keeps what is searched and what ended, and goes on with it", () => {
    const folder = made();
    expect([holdsSearch(at("s")), new SearchFolder(at("s")).read()]).toEqual([true, WHAT]);
    folder.add({ trial: 1, loss: 0.5 });
    folder.add({ trial: 2, loss: null });
    folder.unlock();
    expect(new SearchFolder(at("s")).ended()).toEqual([{ trial: 1, loss: 0.5 }, { trial: 2, loss: null }]); // biome-ignore format: a line
  });

  test.each(['{"trial":2,"lo', "\0\0\0\0", "7"])(
    "a last line that was cut short (%j) is of one that did not end",
    (cut) => {
      const folder = made();
      folder.add({ trial: 1 });
      writeFileSync(folder.file("trials"), `${readFileSync(folder.file("trials"), "utf8")}${cut}`);
      expect(folder.ended()).toEqual([{ trial: 1 }]);
      folder.add({ trial: 2 });
      expect(folder.ended()).toEqual([{ trial: 1 }, { trial: 2 }]);
      folder.unlock();
    },
  );

  test("another search finds it taken: in another folder, or going on with it, it is not", () => {
    made().unlock();
    const again = new SearchFolder(at("s"));
    const advised = { code: "search-exists", fix: expect.stringContaining("Choose another folder, or go on with it.") };
    expect(() => again.checkFree()).toThrow(expect.objectContaining(advised));
    expect(again.read()).toEqual(WHAT);
    expect(() => new SearchFolder(at("t")).checkFree()).not.toThrow();
  });

  test("where there is none, one may be started", () => {
    const folder = new SearchFolder(at("s"));
    const advised = {
      code: "no-search",
      fix: expect.stringContaining("Choose the folder of a search, or start one here."),
    };
    expect(() => folder.read()).toThrow(expect.objectContaining(advised));
    folder.create(WHAT);
    expect(folder.read()).toEqual(WHAT);
    folder.unlock();
  });

  test("runs that lie there are left alone", () => {
    const run = new RunFolder(at("s", "001"));
    run.create({});
    run.unlock();
    expect(() => new SearchFolder(at("s")).create(WHAT)).toThrow(expect.objectContaining({ code: "holds-runs" }));
    expect(existsSync(at("s", "search.json"))).toBe(false);
  });

  test("one writer at a time; what a dead one left half done goes", () => {
    const folder = made();
    writeFileSync(at("s", ".results.csv.123-abc.tmp"), "half");
    mkdirSync(at("s", "001"));
    folder.unlock();
    const next = new SearchFolder(at("s"));
    next.lock();
    expect(readdirSync(at("s")).sort()).toEqual([".lock", "001", "search.json"]);
    next.unlock();
  });
});
