/**
 * GPT-2's way to write bytes as letters, which tokenizer.json has: those that can be seen as themselves, the rest from U+0100 on (a space
 * is Ġ, a line break Ċ).
 * Source: Radford et al. 2019, `bytes_to_unicode`.
 */
const isSeen = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The letter of each byte. */
export const LETTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isSeen(byte) ? byte : next++));
})();

const BYTES: ReadonlyMap<string, number> = new Map(LETTERS.map((letter, byte) => [letter, byte]));

/** The bytes of a token; undefined where a character is no letter of a byte. */
export function bytesOfLetters(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTES.get(token[i]);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * UTF-8, in which a lone surrogate is written like any other code point, in three bytes, so that every string comes back.
 * Source: WTF-8, Sapin 2016.
 */
export function toBytes(text: string): Uint8Array {
  if (!LONE.test(text)) return new TextEncoder().encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const point = char.codePointAt(0)!;
    if (point >= 0xd800 && point <= 0xdfff) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else bytes.push(...new TextEncoder().encode(char));
  }
  return Uint8Array.from(bytes);
}

const LONE = /\p{Surrogate}/u;

/** The string of such bytes; what is no UTF-8 at all is U+FFFD. */
export function fromBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let start = 0;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed || bytes[i + 1] < 0xa0 || bytes[i + 1] > 0xbf || (bytes[i + 2] & 0xc0) !== 0x80) continue;
    text += decoder.decode(bytes.subarray(start, i));
    text += String.fromCharCode(0xd000 | ((bytes[i + 1] & 0x3f) << 6) | (bytes[i + 2] & 0x3f));
    start = i + 3;
    i += 2;
  }
  return text + decoder.decode(bytes.subarray(start));
}
