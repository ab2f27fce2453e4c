/**
 * Control characters (C0, DEL, C1), the marks that turn the direction of writing, separators of lines and paragraphs, halves of
 * surrogate pairs and what is no character: a terminal acts upon them, XML may not hold them, or a reader is deceived.
 */
export const UNSAFE =
  /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}\p{Cc}\p{Cs}]/gu;

/** `text` with a box in place of everything unsafe: for pictures and pages, where an escape would only be in the way. */
export function harmless(text: string): string {
  return text.replace(UNSAFE, "▯");
}
