// What TypeDoc is told of this package besides its options: entry points by the names under which they are imported, and what makes
// its pages short enough to be read.

import { Converter, ReflectionKind } from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";

/** Classes whose members are on their own page alone, not on that of everything which inherits them. */
const BASES = new Set(["Error", "UnrolledError", "Module", "Tensor", "Optimizer", "Schedule"]);
/** Sections that say where a member was inherited from: "Extends" at the top of a page says it. */
const ORIGIN = /^#+ (?:Inherited from|Overrides|Implementation of)\n\n[^\n]*\n\n?/gm;

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      module.name = module.name === "index" ? "unrolled" : `unrolled/${module.name.replace(/\/index$/, "")}`;
    }
    const inherited = Object.values(project.reflections).filter((reflection) =>
      BASES.has(reflection.inheritedFrom?.name.split(".")[0]),
    );
    for (const reflection of inherited) project.removeReflection(reflection);
    for (const { comment } of Object.values(project.reflections)) {
      for (const part of comment?.summary ?? []) if (part.kind === "text") part.text = equationsApart(part.text);
    }
  });
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = page.contents?.replace(ORIGIN, "");
  });
}

/** In docstrings lines that are indented by two are equations or tables: as prose they would run into one another. */
function equationsApart(text) {
  const lines = [];
  let isApart = false;
  for (const line of text.split("\n")) {
    const isIndented = /^ {2}\S/.test(line) && (isApart || !/^\s*[-*] /.test(lines.at(-1) ?? ""));
    if (isIndented !== isApart) lines.push(isIndented ? "\n```text" : "```\n");
    lines.push(isIndented ? line.slice(2) : line);
    isApart = isIndented;
  }
  return (isApart ? [...lines, "```\n"] : lines).join("\n");
}
