/** Code points that take two columns. Source: Unicode's East Asian Width, W and F, by block. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NONE = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff]/u;
const EMOJI_STYLE = "\ufe0f";

/** Columns of a code point; where terminals differ (emoji joined to one), the most that it may take. */
export function pointWidth(point: string): number {
  if (point <= "~") return point < " " ? 0 : 1;
  if (point === EMOJI_STYLE) return 1;
  if (NONE.test(point)) return 0;
  return WIDE.test(point) ? 2 : 1;
}

/** Columns that `text` takes on a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const point of text) width += pointWidth(point);
  return width;
}

/** The beginning of `text`, at most `most` columns of it; what is cut off leaves `…`. */
export function cutText(text: string, most: number): string {
  if (textWidth(text) <= most) return text;
  let cut = "";
  let width = 1;
  for (const point of text) {
    width += pointWidth(point);
    if (width > most) break;
    cut += point;
  }
  return most < 1 ? "" : `${cut}…`;
}

/** `text` with blanks after it, `width` columns in all. */
export function padText(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/**
 * Pieces side by side, on as many lines as the width needs. None is cut: one that is wider than a line has it alone.
 * @param indent  before each line but the first
 */
export function flow(pieces: readonly string[], separator: string, width: number, indent = ""): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(piece);
    else if (textWidth(last + separator + piece) <= width) lines[lines.length - 1] = last + separator + piece;
    else lines.push(indent + piece);
  }
  return lines;
}
