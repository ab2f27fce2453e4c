import { FormatError, show } from "./errors.js";

/** JSON as this parser reads it: objects are Maps, so that no key is lost, reordered or inherited. */
export type JsonValue = null | boolean | number | string | JsonValue[] | Map<string, JsonValue>;

/** JSON in plain objects and arrays. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const ROOM = 17;

/** About what a part takes in memory, in bytes: in a text an empty object takes 3, an element of a list 2. */
const COST = { object: 96, key: 48, list: 48, element: 8, string: 32, number: 12 };
/** What all parts of a text may take, in its own length and besides: a vocabulary of a million tokens takes a third of it. */
const [MOST_TIMES, MOST_BESIDES] = [4, 2 ** 26];

/**
 * JSON by RFC 8259, and stricter than JSON.parse: a key that occurs twice in an object, nesting deeper than 64, a number
 * beyond float64 and parts by the million that take many times their text in memory are errors.
 * @param source what is being read, for the error: `header of model.safetensors`
 * @throws FormatError with the position, in characters from the start of `text`
 */
export function parseStrictJson(op: string, source: string, text: string): JsonValue {
  return new StrictJsonParser<JsonValue>(op, source, text, MAPS).document();
}

/**
 * Strict JSON as plain objects, for readers that look at fields they know. A key `__proto__` is refused: copied from object to
 * object, it would be more than a key.
 * @param source what is being read, for the error: `config of best.safetensors`
 * @param most   about what it may take in memory, in bytes. Default: 64 MiB, and four times the text
 * @throws FormatError with the position, in characters from the start of `text`
 */
export function parsePlainJson(op: string, source: string, text: string, most?: number): Json {
  return new StrictJsonParser<Json>(op, source, text, PLAIN, most).document();
}

/** What objects become. */
interface Objects<V> {
  make(): V;
  /** Why it may not be a key; undefined where it may. */
  refuses(key: string): string | undefined;
  has(object: V, key: string): boolean;
  set(object: V, key: string, value: V): void;
}

const MAPS: Objects<JsonValue> = {
  make: () => new Map(),
  refuses: () => undefined,
  has: (object, key) => (object as Map<string, JsonValue>).has(key),
  set: (object, key, value) => void (object as Map<string, JsonValue>).set(key, value),
};

const PLAIN: Objects<Json> = {
  make: () => ({}),
  refuses: (key) => (key === "__proto__" ? "be without the key __proto__" : undefined),
  has: (object, key) => Object.hasOwn(object as object, key),
  set: (object, key, value) => {
    (object as Record<string, Json>)[key] = value;
  },
};

class StrictJsonParser<V> {
  readonly #op: string;
  readonly #source: string;
  readonly #text: string;
  readonly #objects: Objects<V>;
  readonly #most: number;
  #at = 0;
  #cost = 0;

  constructor(op: string, source: string, text: string, objects: Objects<V>, most?: number) {
    this.#op = op;
    this.#source = source;
    this.#text = text;
    this.#objects = objects;
    this.#most = most ?? MOST_BESIDES + MOST_TIMES * text.length;
  }

  document(): V {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail("end after the first value", this.#found());
    return value;
  }

  #value(depth: number): V {
    this.#space();
    const first = this.#text[this.#at];
    if ((first === "{" || first === "[") && depth >= MAX_DEPTH) {
      this.#fail(`be nested at most ${MAX_DEPTH} deep`, this.#found());
    }
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth) as V;
    if (first === '"') return this.#string(COST.string) as V;
    const number = this.#match(NUMBER);
    if (number) return this.#finite(number) as V;
    const literal = this.#match(LITERAL);
    if (literal) return (literal === "null" ? null : literal === "true") as V;
    return this.#fail("be valid JSON", this.#found());
  }

  #pay(cost: number): void {
    this.#cost += cost;
    if (this.#cost <= this.#most) return;
    this.#fail("be made of fewer parts", `more than ${this.#most} bytes in memory before character ${this.#at}`);
  }

  #finite(text: string): number {
    const number = Number(text);
    if (!Number.isFinite(number)) {
      this.#fail("hold only numbers that float64 can hold", `${text.slice(0, 24)} before character ${this.#at}`);
    }
    this.#pay(COST.number);
    return number;
  }

  #object(depth: number): V {
    const objects = this.#objects;
    this.#pay(COST.object);
    const object = objects.make();
    this.#at++;
    if (this.#take("}")) return object;
    do {
      this.#space();
      const start = this.#at;
      const key = this.#string(COST.key);
      const refused = objects.refuses(key);
      if (refused !== undefined) this.#fail(refused, `one at character ${start}`);
      if (objects.has(object, key)) {
        this.#fail("be without duplicate keys", `${show(key)} a second time at character ${start}`);
      }
      if (!this.#take(":")) this.#fail("be valid JSON", `${this.#found()} where ":" belongs`);
      objects.set(object, key, this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail("be valid JSON", `${this.#found()} where "," or "}" belongs`);
    return object;
  }

  #array(depth: number): V[] {
    this.#pay(COST.list);
    const array: V[] = [];
    this.#at++;
    if (this.#take("]")) return array;
    do {
      this.#pay(COST.element);
      array.push(this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("]")) this.#fail("be valid JSON", `${this.#found()} where "," or "]" belongs`);
    // What grows takes room for 17 at its first element.
    return array.length < ROOM ? array.slice() : array;
  }

  /** Found by its closing quote, not by a pattern: a vocabulary in one string can be megabytes long. */
  #string(cost: number): string {
    const start = this.#at;
    if (this.#text[start] !== '"') this.#fail("be valid JSON", `${this.#found()} where a string belongs`);
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (end > 0 && this.#escaped(end));
    if (end < 0) this.#fail("be valid JSON", `a string without end at character ${start}`);
    this.#pay(cost + end - start);
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
    this.#space();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    const text = this.#text;
    let at = this.#at;
    for (let code = text.charCodeAt(at); code === 32 || code === 10 || code === 13 || code === 9; ) {
      code = text.charCodeAt(++at);
    }
    this.#at = at;
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
