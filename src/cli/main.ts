#!/usr/bin/env node
import { processTerminal } from "./output.js";
import { run } from "./run.js";

const terminal = processTerminal();
process.exitCode = await run(process.argv.slice(2), terminal);
// Worker threads of the engine must not keep a finished command alive; what is still to be printed must.
await Promise.all([terminal.stdout.drained(), terminal.stderr.drained()]);
