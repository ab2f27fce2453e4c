import { checkString } from "../base/check.js";
import { bytesIn } from "../base/dtype.js";
import { FormatError } from "../base/errors.js";

/**
 * Strict UTF-8. A byte order mark at the start is dropped: it is an editor's mark, not text.
 * @param source what the bytes are, for errors: `corpus.txt`
 * @throws FormatError with the offset of the first byte that is not part of a character
 */
export function decodeUtf8(encoded: Uint8Array | ArrayBufferLike, source = "text"): string {
  checkString("decodeUtf8", "source", source);
  const bytes = bytesIn("decodeUtf8", "bytes", encoded);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const at = firstInvalidByte(bytes);
    if (at < 0) {
      const value = `${bytes.length} bytes`;
      throw new FormatError(
        { op: "decodeUtf8", argument: source, must: "be short enough for one string", value },
        { cause },
      );
    }
    let line = 1;
    for (let i = 0; i < at; i++) if (bytes[i] === 0x0a) line++;
    throw new FormatError(
      {
        code: "not-utf8",
        op: "decodeUtf8",
        argument: source,
        must: "be valid UTF-8",
        value: `byte 0x${bytes[at].toString(16).padStart(2, "0")} at offset ${at} (line ${line})`,
        fix: "Convert it to UTF-8, or read it as bytes.",
        details: { byte: at, line },
      },
      { cause },
    );
  }
}

/**
 * The offset at which the first ill-formed sequence starts, or -1. A sequence that the end cuts off is ill-formed.
 * Source: The Unicode Standard, table 3-7, "Well-formed UTF-8 byte sequences".
 */
export function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  // The second byte also keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1];
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return length;
}
