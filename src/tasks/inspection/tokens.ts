import type { Vocabulary } from "../../text/index.js";
import type { ShownStep } from "./blocks.js";

/** A token as it is shown above a column, and as what the features are asked of. */
export interface ShownToken {
  /** Visible: `↵` for a line break, `·` for a blank, `⇥` for a tab. */
  label: string;
  /** The text itself: a character, a word. */
  text: string;
  /** What it adds to the text as it is written: with the blank before a word, empty for a byte that waits for others. */
  written: string;
  /** It ends a line. */
  breaks: boolean;
}

/** Words longer than this are cut in labels. */
const LONGEST = 12;

export function shownTokens(vocabulary: Vocabulary, ids: ArrayLike<number>): ShownToken[] {
  const stream = vocabulary.stream();
  return Array.from(ids, (id) => shownToken(vocabulary.tokenOf(id), stream.push(id)));
}

/** Tokens as the steps of a report. */
export function shownSteps(vocabulary: Vocabulary, ids: ArrayLike<number>): ShownStep[] {
  return shownTokens(vocabulary, ids).map(({ label, written, breaks }) => ({ label, written: breaks ? "↵" : written }));
}

function shownToken(token: string, written: string): ShownToken {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  const text = byte === undefined ? token : String.fromCharCode(Number.parseInt(byte, 16));
  // Bytes above 127 are parts of characters: nothing can be shown for one alone.
  if (byte !== undefined && text >= "\x80") return { label: "▯", text: "", written, breaks: false };
  if (text === "\n" || text === "<eos>") return { label: "↵", text: "\n", written, breaks: true };
  const bare = [...text].length > 1 ? text.replace(/^￭|￭$/gu, "") : text;
  return { label: labelOf(bare), text: bare, written, breaks: false };
}

function labelOf(text: string): string {
  if (text === " ") return "·";
  if (text === "\t") return "⇥";
  const points = [...text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zs}]/gu, "▯")];
  return points.length > LONGEST ? `${points.slice(0, LONGEST - 1).join("")}…` : points.join("");
}
