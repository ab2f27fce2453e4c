// `npm run size`: what parts of the built package weigh in a browser, each against its budget.

import { PARTS, sizeOf } from "./support/sizes.mjs";

for (const { name, text, most } of PARTS) {
  const size = (await sizeOf(text)) / 1024;
  console.log(`${name.padEnd(44)} ${size.toFixed(1).padStart(6)} KiB of ${most}`);
  if (size > most) process.exitCode = 1;
}
