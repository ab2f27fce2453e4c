import { FormatError } from "../base/errors.js";

/** Bytes as text. @throws FormatError for what is not UTF-8 */
export function textOf(op: string, source: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const fix = "It is damaged, or of another format.";
    throw new FormatError({ op, argument: source, must: "be UTF-8", value: "other bytes", fix }, { cause });
  }
}
