import type { Vocabulary } from "../../../text/index.js";

/** A token as it is shown above a column, and as what the features are asked of. */
export interface ShownToken {
  /** Visible: `⏎` for a line break, `·` for a blank, `⇥` for a tab. */
  label: string;
  /** The text itself: a character, a word. */
  text: string;
  /** It ends a line. */
  breaks: boolean;
}

/** Words longer than this are cut in labels. */
const LONGEST = 12;

export function shownToken(vocabulary: Vocabulary, id: number): ShownToken {
  const token = vocabulary.tokenOf(id);
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  const text = byte === undefined ? token : String.fromCharCode(Number.parseInt(byte, 16));
  // Bytes above 127 are parts of characters: nothing can be shown for one alone.
  if (byte !== undefined && text >= "\x80") return { label: "▯", text: "", breaks: false };
  if (text === "\n" || text === "<eos>") return { label: "⏎", text: "\n", breaks: true };
  return { label: labelOf(text.replace(/^￭|￭$/gu, "")), text: text.replace(/^￭|￭$/gu, ""), breaks: false };
}

function labelOf(text: string): string {
  if (text === " ") return "·";
  if (text === "\t") return "⇥";
  const points = [...text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zs}]/gu, "▯")];
  return points.length > LONGEST ? `${points.slice(0, LONGEST - 1).join("")}…` : points.join("");
}
