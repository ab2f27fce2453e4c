#!/usr/bin/env node
import { configure } from "../engine/select.js";
import { processTerminal } from "./output.js";
import { run } from "./run.js";

// The process is ours, so V8's experimental flags are too; UNROLLED_WASM256=0 refuses them.
configure({ wasm256: true });
const terminal = processTerminal();
process.exitCode = await run(process.argv.slice(2), terminal);
// Worker threads of the engine must not keep a finished command alive; what is still to be printed must.
await Promise.all([terminal.stdout.drained(), terminal.stderr.drained()]);
