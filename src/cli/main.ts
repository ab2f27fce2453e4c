#!/usr/bin/env node
import { configure } from "../engine/select.js";
import { run } from "./run.js";
import { processTerminal } from "./terminal/output.js";
import { printLine } from "./terminal/print.js";

// The process is ours, so V8's experimental flags are too; UNROLLED_WASM256=0 refuses them.
configure({ wasm256: true });
const terminal = processTerminal();
// What the engine has to say, such as why a library is not used, is printed as all else is.
console.warn = (text: unknown) => printLine(terminal.stderr, String(text));
process.exitCode = await run(process.argv.slice(2), terminal);
// Worker threads of the engine must not keep a finished command alive; what is still to be printed must.
await Promise.all([terminal.stdout.drained(), terminal.stderr.drained()]);
