// The code of docs/guides as programs. A block of `ts` that begins with imports begins a program; one without goes on with it, as a reader
// does who pastes them one below the other. A block of `text` straight behind is what the program prints. `ts no-run` is only type-checked.

import { fencesOf } from "./markdown.mjs";

/** `{ line, code, printed, runs }` of each program of a page: `printed` is undefined where the page does not say. */
export function programsOf(markdown) {
  const programs = [];
  let last;
  for (const fence of fencesOf(markdown)) {
    if (fence.language === "ts") {
      const isNew = /^(\/\/[^\n]*\n)*import /.test(fence.text) || last === undefined;
      if (isNew) {
        last = { line: fence.line, code: "", printed: undefined, runs: true };
        programs.push(last);
      }
      last.code += `${fence.text}\n`;
      if (/\bno-run\b/.test(fence.info)) last.runs = false;
    } else if (fence.language === "text" && follows(markdown, fence, last)) {
      last.printed = `${last.printed ?? ""}${fence.text}\n`;
    }
    if (last && fence.language === "ts") last.end = fence.line + fence.text.split("\n").length;
  }
  return programs;
}

/** Whether only blank lines are between a program and this block. */
function follows(markdown, fence, program) {
  if (program === undefined) return false;
  const between = markdown.split("\n").slice(program.end, fence.line - 2);
  return between.every((line) => line.trim() === "");
}
