import { FormatError, show } from "../../../base/errors.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, number>> = { '"': 34, "\\": 92, "/": 47, b: 8, f: 12, n: 10, r: 13, t: 9 };
const SHOWN = 24;
/** In all strings together: one wide character can make a string of twice its bytes. */
export const MAX_TEXT_BYTES = 2 ** 26;

/** JSON's tokens from UTF-8, one after another and with nothing kept: a value is whatever the caller makes of it. */
export class HeaderScanner {
  readonly #op: string;
  readonly #argument: string;
  readonly #bytes: Uint8Array;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at = 0;
  #text = 0;

  constructor(op: string, argument: string, bytes: Uint8Array) {
    this.#op = op;
    this.#argument = argument;
    this.#bytes = bytes;
  }

  /** An object: `field` reads the value of each key. None may come twice. */
  object(field: (key: string) => void): void {
    const keys = new Set<string>();
    this.#items("{", "}", () => {
      this.next('"');
      const start = this.#at;
      const key = this.string();
      if (keys.has(key)) this.#fail("be without duplicate keys", `${show(key)} a second time at byte ${start}`);
      keys.add(key);
      this.#expect(":");
      field(key);
    });
  }

  /** A list: `item` reads each. */
  list(item: () => void): void {
    this.#items("[", "]", item);
  }

  #items(open: string, close: string, item: () => void): void {
    this.#expect(open);
    if (this.#take(close)) return;
    do item();
    while (this.#take(","));
    if (!this.#take(close)) this.#fail("be valid JSON", `${this.#found()} where "," or "${close}" belongs`);
  }

  /** Whether `symbol` comes next, after white space; it is not read. */
  next(symbol: string): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) byte = bytes[++at];
    this.#at = at;
    return bytes[at] === symbol.charCodeAt(0);
  }

  /** A non-negative integer, or undefined: then nothing was read. */
  size(): number | undefined {
    this.next("0");
    let at = this.#at;
    let value = 0;
    for (; digit(this.#bytes[at]); at++) {
      value = 10 * value + this.#bytes[at] - 0x30;
      if (!Number.isSafeInteger(value)) this.#fail("hold integers below 2^53", this.token());
    }
    const zeros = at - this.#at > 1 && this.#bytes[this.#at] === 0x30;
    const goesOn = ".eE".includes(String.fromCharCode(this.#bytes[at] ?? 0));
    if (at === this.#at || zeros || goesOn) return undefined;
    this.#at = at;
    return value;
  }

  string(): string {
    const bytes = this.#bytes;
    if (!this.next('"')) this.#fail("be valid JSON", `${this.#found()} where a string belongs`);
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at]) {
      if (byte === undefined) this.#fail("be valid JSON", `a string without end at byte ${start}`);
      if (byte < 0x20) this.#fail("be valid JSON", `a control character in the string at byte ${start}`);
      if (byte !== BACKSLASH) continue;
      escaped = true;
      at++;
    }
    this.#at = at + 1;
    const content = bytes.subarray(start + 1, at);
    this.#text += content.length;
    if (this.#text > MAX_TEXT_BYTES) this.#fail(`hold at most ${MAX_TEXT_BYTES} bytes of text`, "more");
    const text = escaped ? unescaped(content) : content;
    if (text === null) this.#fail("be valid JSON", `a wrong escape in the string at byte ${start}`);
    try {
      return this.#utf8.decode(text);
    } catch {
      return this.#fail("be valid UTF-8", `other bytes in the string at byte ${start}`);
    }
  }

  end(): void {
    this.next("");
    if (this.#at < this.#bytes.length) this.#fail("end after the first value", this.#found());
  }

  /** What comes next, for an error: `1.5`, `a string`, `a list`. */
  token(): string {
    this.next("");
    const first = String.fromCharCode(this.#bytes[this.#at] ?? 0);
    const kind = { '"': "a string", "[": "a list", "{": "an object", "\0": "its end" }[first];
    if (kind !== undefined) return kind;
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, this.#at + SHOWN));
    return /^[\w.+-]+/.exec(text)?.[0] ?? show(text.slice(0, 1));
  }

  #take(symbol: string): boolean {
    const found = this.next(symbol);
    if (found) this.#at++;
    return found;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail("be valid JSON", `${this.#found()} where "${symbol}" belongs`);
  }

  #found(): string {
    if (this.#at >= this.#bytes.length) return `its end at byte ${this.#at}`;
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, this.#at + SHOWN));
    return `${show(text.slice(0, 12))} at byte ${this.#at}`;
  }

  #fail(must: string, value: string): never {
    throw new FormatError({ op: this.#op, argument: this.#argument, must, value });
  }
}

function digit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The bytes that a string's escapes stand for, or null: a surrogate without its other half has none. */
function unescaped(text: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== BACKSLASH) {
      out[length++] = text[at];
      continue;
    }
    const letter = String.fromCharCode(text[++at] ?? 0);
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPES, letter)) return null;
      out[length++] = ESCAPES[letter];
      continue;
    }
    let point = hexAt(text, at + 1);
    at += 4;
    if ((point & 0xfc00) === 0xd800) {
      const low = text[at + 1] === BACKSLASH && text[at + 2] === 0x75 ? hexAt(text, at + 3) : -1;
      if (low < 0 || (low & 0xfc00) !== 0xdc00) return null;
      point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
      at += 6;
    }
    if (point < 0 || (point & 0xfffff800) === 0xd800) return null;
    length = putUtf8(out, length, point);
  }
  return out.subarray(0, length);
}

/** Four hexadecimal digits, or -1. */
function hexAt(text: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = text[i] ?? 0;
    const letter = byte | 0x20;
    if (digit(byte)) value = 16 * value + byte - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) value = 16 * value + letter - 0x57;
    else return -1;
  }
  return value;
}

function putUtf8(out: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    out[at] = point;
    return at + 1;
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  out[at] = ((0xff00 >> (more + 1)) & 0xff) | (point >> (6 * more));
  for (let i = 1; i <= more; i++) out[at + i] = 0x80 | ((point >> (6 * (more - i))) & 0x3f);
  return at + 1 + more;
}
