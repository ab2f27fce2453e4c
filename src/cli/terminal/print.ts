import { UNSAFE } from "../../base/unsafe-text.js";
import { cutText, flow, padText, textWidth } from "../../base/width.js";
import type { OutputStream } from "./output.js";

/** `text` with everything unsafe as `\u001b`, which in a JSON string is the same character. Tabs and line breaks are dealt with apart. */
function escaped(text: string, keep: string): string {
  return text.replace(UNSAFE, (char) => {
    if (keep.includes(char)) return char;
    const units = Array.from({ length: char.length }, (_, i) => char.charCodeAt(i).toString(16).padStart(4, "0"));
    return `\\u${units.join("\\u")}`;
  });
}

/** `text` as it may stand in one line of a terminal. Everything that is printed goes through here, or `printText`. */
export function visible(text: string): string {
  return escaped(text, "");
}

/** A line, or one that stands out where the terminal can show it. */
export type Line = string | { text: string; style: "bold" | "dim" };

const STYLES = { bold: "\x1b[1m", dim: "\x1b[2m" } as const;

/** Prints a line; on a terminal it breaks between words, what follows being set in by two columns. */
export function printLine(out: OutputStream, line: Line): void {
  const text = visible(typeof line === "string" ? line : line.text);
  const lead = /^ */.exec(text)![0];
  const lines = out.isTTY && textWidth(text) > out.columns ? wrapLine(text, lead, out.columns) : [text];
  const style = typeof line === "string" || !out.escapes ? undefined : STYLES[line.style];
  out.write(lines.map((part) => (style === undefined ? `${part}\n` : `${style}${part}\x1b[0m\n`)).join(""));
}

function wrapLine(text: string, lead: string, columns: number): string[] {
  const [first, ...others] = flow(text.slice(lead.length).split(" "), " ", columns - lead.length, "  ");
  return [lead + first, ...others.map((line) => lead + line)];
}

/** Prints fields side by side; on a terminal none is broken, those that have no room begin a new line. */
export function printFields(out: OutputStream, fields: readonly string[]): void {
  const safe = fields.map(visible);
  const lines = out.isTTY ? flow(safe, "  ", out.columns, "  ") : [safe.join("  ")];
  for (const line of lines) printLine(out, line);
}

/**
 * Prints a command after a word or two. On a terminal, one that has no room goes on after a `\\`, so that it can be copied.
 * @param words  each already as a shell reads it
 */
export function printCommand(out: OutputStream, before: string, words: readonly string[]): void {
  const safe = words.map(visible);
  const line = `${visible(before)} ${safe.join(" ")}`;
  if (!out.isTTY || textWidth(line) <= out.columns) {
    printLine(out, line);
    return;
  }
  printLine(out, before);
  const lines = flow(safe, " ", out.columns - 5, "  ");
  out.write(lines.map((part, i) => `  ${part}${i + 1 < lines.length ? " \\" : ""}\n`).join(""));
}

/** Prints text as it comes, line breaks and tabs included. */
export function printText(out: OutputStream, text: string): void {
  out.write(escaped(text, "\n\t"));
}

/** Lines of a file, as they are for what reads standard output; a terminal is shown what it would act upon. */
export function printRows(out: OutputStream, lines: readonly string[]): void {
  const text = `${lines.join("\n")}\n`;
  if (out.isTTY) printText(out, text);
  else out.write(text);
}

/** Bytes as they are: for what reads standard output, never for a terminal. */
export function printBytes(out: OutputStream, bytes: Uint8Array): void {
  if (!out.isTTY) out.write(bytes);
  else printText(out, new TextDecoder().decode(bytes));
}

/** One line that changes in place; without escape codes, so that it works where they are not wanted. */
export class LiveLine {
  readonly #out: OutputStream;
  #text = "";

  constructor(out: OutputStream) {
    this.#out = out;
  }

  /** @param text  cut where the terminal ends */
  draw(text: string): void {
    const next = cutText(visible(text), this.#out.columns - 1);
    this.#out.write(`\r${padText(next, Math.min(textWidth(this.#text), this.#out.columns - 1))}`);
    this.#text = next;
  }

  /** Takes it away while `print` prints lines above it. */
  above(print: () => void): void {
    const text = this.#text;
    if (text !== "") {
      this.draw("");
      this.#out.write("\r");
    }
    print();
    if (text !== "") this.draw(text);
  }

  end(): void {
    if (this.#text === "") return;
    this.draw("");
    this.#out.write("\r");
  }
}
