// What TypeDoc is told of this package besides its options: entry points by the names under which they are imported, what makes its pages
// short enough to be read, and that every name which a subpath exports must be documented.

import { Comment, Converter, ReflectionKind } from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";

/** Classes whose members are on their own page alone, not on that of everything which inherits them. */
const BASES = new Set(["Error", "String", "UnrolledError", "Module", "Tensor", "Optimizer", "Schedule"]);
/** Sections that say where a member was inherited from: "Extends" at the top of a page says it. */
const ORIGIN = /^#+ (?:Inherited from|Overrides|Implementation of)\n\n[^\n]*\n\n?/gm;
/** A section for each name that comes from another subpath: a list of them will do. */
const REEXPORT = /^### .*\n\nRe-exports (.*)\n(?:\n\*\*\*\n\n)?/gm;
const SPACES = ReflectionKind.Module | ReflectionKind.Namespace;

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) module.name = specifierOf(module.name);
    const inherited = Object.values(project.reflections).filter((reflection) =>
      BASES.has(reflection.inheritedFrom?.name.split(".")[0]),
    );
    for (const reflection of inherited) project.removeReflection(reflection);
    for (const reflection of Object.values(project.reflections)) {
      for (const part of reflection.comment?.summary ?? [])
        if (part.kind === "text") part.text = equationsApart(part.text);
    }
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of exportsOf(project)) {
      if (isDocumented(reflection) || describedByName(reflection)) continue;
      const where = reflection.getFullName();
      app.logger.error(
        `${where} has no docstring. Write what it is above its declaration, or, of a namespace, its export.`,
      );
    }
  });
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = page.contents?.replace(ORIGIN, "").replace(REEXPORT, "- $1\n");
  });
}

/** `layers/index` is `unrolled/layers`, `data/with-readers` is `unrolled/data`. */
function specifierOf(name) {
  const [folder] = name.split("/");
  return folder === "index" ? "unrolled" : `unrolled/${folder}`;
}

/** What may be imported, or is a member of a namespace that may be; re-exports are documented where they come from. */
function exportsOf(project) {
  return Object.values(project.reflections).filter(
    (reflection) => reflection.parent?.kindOf(SPACES) && !reflection.kindOf(ReflectionKind.Reference),
  );
}

const isDocumented = (reflection) =>
  reflection.hasComment() || (reflection.signatures ?? []).some((signature) => signature.hasComment());

/** `AdamOptions` needs no docstring: it says what it is, and each option has its own. */
function describedByName(reflection) {
  const [, name] = /^(\w+?)(?:Forward)?(?:Options|Settings|Option)$/.exec(reflection.name) ?? [];
  if (name === undefined || !reflection.kindOf(ReflectionKind.Interface)) return false;
  reflection.comment = new Comment([{ kind: "text", text: `Options of ${name}.` }]);
  return true;
}

/** In docstrings lines that are indented by two are equations or tables: as prose they would run into one another. */
function equationsApart(text) {
  const lines = [];
  let isApart = false;
  for (const line of text.split("\n")) {
    const isIndented = /^ {2}\S/.test(line) && (isApart || !/^\s*[-*] /.test(lines.at(-1) ?? ""));
    if (isIndented !== isApart) lines.push(isIndented ? "\n```text" : "```\n");
    // Several on a line stand below each other: a page is narrower than an editor.
    lines.push(isIndented ? line.slice(2).replace(/ {3,}(?=\S+ = )/g, "\n") : line);
    isApart = isIndented;
  }
  return (isApart ? [...lines, "```\n"] : lines).join("\n");
}
