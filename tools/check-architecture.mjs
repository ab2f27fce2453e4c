#!/usr/bin/env node
// `node tools/check-architecture.mjs [FOLDER]` prints one line for each breach of the layout and exits 1 when one is an error.

import { checkArchitecture } from "./support/architecture.mjs";

const { fileCount, findings } = checkArchitecture(process.argv[2] ?? ".");
for (const { where, level = "error", rule, found, fix } of findings) {
  console.log(`${where}: ${level}: ${rule}: ${found}. ${fix}`);
}
const errors = findings.filter(({ level }) => level !== "warning").length;
if (errors > 0) console.log(`architecture: ${errors} error${errors === 1 ? "" : "s"} in ${fileCount} files`);
process.exitCode = errors > 0 ? 1 : 0;
