/** Unrolled itself. UNROLLED_ENGINE and UNROLLED_THREADS choose the engine and its threads. */
import { readFileSync } from "node:fs";
import * as unrolled from "../../dist/index.js";
import { workOf } from "../work.mjs";

export const supports = () => true;
export const manyLengths = true;

export function prepare(problem) {
  const { name, variant, threads } = chosenEngine();
  const { train, forward, stream, tokensPerStep } = workOf(problem);
  return {
    version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
    label: `Unrolled, ${name} ${variant}, Node ${process.versions.node.split(".")[0]}`,
    detail: `Node ${process.versions.node}`,
    threads,
    same: true,
    tokensPerStep,
    train: (wantLoss) => {
      const loss = train();
      return wantLoss ? loss.item() : undefined;
    },
    forward,
    stream,
  };
}

/** The engine in use. Throws where it is not the one that was named, with what was said about it. */
function chosenEngine() {
  const { warn } = console;
  const said = [];
  console.warn = (line) => said.push(line);
  const engine = unrolled.engine();
  console.warn = warn;
  const wanted = process.env.UNROLLED_ENGINE;
  if (wanted && wanted !== engine.name)
    throw new Error([`engine ${wanted} is not used here, ${engine.name} is`, ...said].join(": "));
  return engine;
}
