// Which test files share a worker. A worker of one's own costs a second of processor time a file: Node starts anew, and reads all of src/.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer } from "vitest/node";

/** Files that change what others would see, or look at what others leave: the engine, mocks, memory. The command line does both. */
const CHANGES =
  /vi\.(resetModules|doMock|mock|hoisted|stubGlobal|useFakeTimers)|describeEngines|configure\(|\bmemory\(|WasmEngine|onformance|ENGINES|\.cli(On)?\(|src\/cli\//;
/** Mostly other processes, browsers, or long trainings, beside which a second is little. */
const OTHERS =
  /^test\/(advice|bench|browser|cli|docs|engine|examples|fuzz|guides|lessons|rigs|runs|runtimes|serve|studio|tools)\//;

/** Paths of the test files, those that share workers and those that have one of their own. */
export function testWorlds(root) {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `test/${path.replaceAll("\\", "/")}`)
    .sort();
  const isOwn = (path) => OTHERS.test(path) || CHANGES.test(readFileSync(join(root, path), "utf8"));
  return { own: files.filter(isOwn), shared: files.filter((path) => !isOwn(path)) };
}

/** Files that share workers come last and together: a worker is kept only for a next one of its kind. They are short, so that no core waits at the end. */
export class TestOrder extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    const isShared = ({ project }) => project.config.isolate === false;
    return [...sorted.filter((file) => !isShared(file)), ...sorted.filter(isShared)];
  }
}
