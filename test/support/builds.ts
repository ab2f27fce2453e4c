import { VARIANTS, type Variant } from "../../src/engine/wasm/loader.js";
import { wideUnavailable } from "../../src/engine/wasm/wide.js";

/** Whether this run is about the 256-bit kernels alone: `npm test` makes one on each newer Node (tools/newer-nodes). */
export const WIDE_ALONE = process.env["UNROLLED_WASM256"] === "1";

// Else such a run would test the other kernels once more, and prove nothing.
const unavailable = wideUnavailable();
if (WIDE_ALONE && unavailable !== undefined) {
  throw new Error(`UNROLLED_WASM256=1: there are no 256-bit kernels here: ${unavailable}.`);
}

/** The builds of the kernels that are tested here. */
export const BUILDS: readonly Variant[] = WIDE_ALONE ? ["wide"] : VARIANTS;
