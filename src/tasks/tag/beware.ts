import { alikeNames, countsOf } from "../about-data/alike.js";
import { type ReadAndTold, repeatedNotes } from "../about-data/repeated.js";
import type { Example, TagData } from "./data.js";

/** What is odd about tagged sentences. */
export function notesOnTags({ train, validation }: TagData): string[] {
  const all = (part: Iterable<Example>) => Array.from(part, readOf);
  const tags = [...train, ...validation].flatMap((sentence) => sentence.tags);
  return [
    ...alikeNames("tags", countsOf(tags)),
    ...repeatedNotes({ train: all(train), validation: all(validation), unit: "sentences", isExact: true }),
  ];
}

const readOf = ({ tokens, ids }: Example): ReadAndTold => {
  return [Int32Array.from(tokens.join("\t"), (char) => char.codePointAt(0)!), ids];
};
