import { FormatError, show } from "./errors.js";

/** JSON as this parser reads it: objects are Maps, so that no key is lost, reordered or inherited. */
export type JsonValue = null | boolean | number | string | JsonValue[] | Map<string, JsonValue>;

/** JSON in plain objects and arrays. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_DEPTH = 64;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;

/**
 * JSON by RFC 8259, and stricter than JSON.parse: a key that occurs twice in an object, nesting deeper than 64 and a number
 * beyond float64 are errors.
 * @param source what is being read, for the error: `header of model.safetensors`
 * @throws FormatError with the position, in characters from the start of `text`
 */
export function parseStrictJson(op: string, source: string, text: string): JsonValue {
  return new StrictJsonParser(op, source, text).document();
}

/**
 * Strict JSON as plain objects, for readers that look at fields they know. A key `__proto__` is refused: copied from object to
 * object, it would be more than a key.
 * @param source what is being read, for the error: `config of best.safetensors`
 * @throws FormatError with the position, in characters from the start of `text`
 */
export function parsePlainJson(op: string, source: string, text: string): Json {
  const plain = (value: JsonValue): Json => {
    if (Array.isArray(value)) return value.map(plain);
    if (!(value instanceof Map)) return value;
    if (value.has("__proto__")) {
      throw new FormatError({ op, argument: source, must: "be without the key __proto__", value: "one" });
    }
    return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  };
  return plain(parseStrictJson(op, source, text));
}

class StrictJsonParser {
  readonly #op: string;
  readonly #source: string;
  readonly #text: string;
  #at = 0;

  constructor(op: string, source: string, text: string) {
    this.#op = op;
    this.#source = source;
    this.#text = text;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#at < this.#text.length) this.#fail("end after the first value", this.#found());
    return value;
  }

  #value(depth: number): JsonValue {
    this.#match(SPACE);
    const first = this.#text[this.#at];
    if ((first === "{" || first === "[") && depth >= MAX_DEPTH) {
      this.#fail(`be nested at most ${MAX_DEPTH} deep`, this.#found());
    }
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    const number = this.#match(NUMBER);
    if (number) return this.#finite(number);
    const literal = this.#match(LITERAL);
    if (literal) return literal === "null" ? null : literal === "true";
    return this.#fail("be valid JSON", this.#found());
  }

  #finite(text: string): number {
    const number = Number(text);
    if (!Number.isFinite(number)) {
      this.#fail("hold only numbers that float64 can hold", `${text.slice(0, 24)} before character ${this.#at}`);
    }
    return number;
  }

  #object(depth: number): Map<string, JsonValue> {
    const object = new Map<string, JsonValue>();
    this.#at++;
    if (this.#take("}")) return object;
    do {
      this.#match(SPACE);
      const start = this.#at;
      const key = this.#string();
      if (object.has(key)) {
        this.#fail("be without duplicate keys", `${show(key)} a second time at character ${start}`);
      }
      if (!this.#take(":")) this.#fail("be valid JSON", `${this.#found()} where ":" belongs`);
      object.set(key, this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail("be valid JSON", `${this.#found()} where "," or "}" belongs`);
    return object;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#at++;
    if (this.#take("]")) return array;
    do array.push(this.#value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) this.#fail("be valid JSON", `${this.#found()} where "," or "]" belongs`);
    return array;
  }

  /** Found by its closing quote, not by a pattern: a vocabulary in one string can be megabytes long. */
  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') this.#fail("be valid JSON", `${this.#found()} where a string belongs`);
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (end > 0 && this.#escaped(end));
    if (end < 0) this.#fail("be valid JSON", `a string without end at character ${start}`);
    try {
      const string = JSON.parse(this.#text.slice(start, end + 1)) as string;
      this.#at = end + 1;
      return string;
    } catch {
      return this.#fail("be valid JSON", `a string with a wrong escape or a control character at character ${start}`);
    }
  }

  /** Whether an odd number of backslashes stands before `at`. */
  #escaped(at: number): boolean {
    let before = at;
    while (this.#text[before - 1] === "\\") before--;
    return (at - before) % 2 === 1;
  }

  /** Moves past `symbol`, and the white space before it, if it comes next. */
  #take(symbol: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #found(): string {
    if (this.#at >= this.#text.length) return `its end at character ${this.#at}`;
    return `${show(this.#text.slice(this.#at, this.#at + 12))} at character ${this.#at}`;
  }

  #fail(must: string, value: string): never {
    throw new FormatError({ op: this.#op, argument: this.#source, must, value });
  }
}
