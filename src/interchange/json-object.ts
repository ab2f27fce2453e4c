import { FormatError, show } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { type Json, parsePlainJson } from "../base/strict-json.js";

/** About what the text of a model may take in memory: layers by the ten thousand take less. */
const MOST_BYTES = 2 ** 24;

/** An object out of a file of others', read field by field: what is missing or of another kind is an error that names the place. */
export class JsonObject {
  readonly op: string;
  /** What it is, for errors: `layer "lstm"`. */
  readonly where: string;
  readonly fields: Readonly<Record<string, Json>>;

  /** Of a text in strict JSON. @throws FormatError also for one of more parts than any model has */
  static parsed(op: string, where: string, text: string): JsonObject {
    return new JsonObject(op, where, parsePlainJson(op, where, text, MOST_BYTES));
  }

  /** @throws FormatError for what is no object */
  constructor(op: string, where: string, value: Json | undefined) {
    this.op = op;
    this.where = where;
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw new FormatError({ op, argument: where, must: "be an object", value: show(value) });
    }
    this.fields = value;
  }

  /** It under another name. */
  called(where: string): JsonObject {
    return new JsonObject(this.op, where, this.fields as Record<string, Json>);
  }

  /** Whether the field is there, and not null. */
  has(key: string): boolean {
    return (this.get(key) ?? null) !== null;
  }

  get(key: string): Json | undefined {
    return Object.hasOwn(this.fields, key) ? this.fields[key] : undefined;
  }

  string(key: string, otherwise?: string): string {
    return this.#typed(key, "a string", otherwise, (value) => typeof value === "string");
  }

  /** A finite number: JSON has no others. */
  number(key: string, otherwise?: number): number {
    return this.#typed(key, "a number", otherwise, (value) => typeof value === "number");
  }

  count(key: string, otherwise?: number): number {
    const isCount = (value: Json): boolean => Number.isSafeInteger(value) && (value as number) > 0;
    return this.#typed(key, "a positive integer", otherwise, isCount);
  }

  boolean(key: string, otherwise?: boolean): boolean {
    return this.#typed(key, "true or false", otherwise, (value) => typeof value === "boolean");
  }

  list(key: string, otherwise?: Json[]): Json[] {
    return this.#typed(key, "a list", otherwise, Array.isArray);
  }

  object(key: string): JsonObject {
    return new JsonObject(this.op, `${key} of ${this.where}`, this.get(key));
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], otherwise?: T): T {
    const found = this.string(key, otherwise);
    if ((allowed as readonly string[]).includes(found)) return found as T;
    const near = nearest(found, allowed);
    const fix = near === undefined ? "" : `Did you mean ${near}?`;
    const must = `be one of ${allowed.map(show).join(", ")}`;
    throw new FormatError({ op: this.op, argument: `${key} of ${this.where}`, must, value: show(found), fix });
  }

  fail(must: string, value: string, fix = ""): never {
    throw new FormatError({ op: this.op, argument: this.where, must, value, fix });
  }

  #typed<T>(key: string, must: string, otherwise: T | undefined, fits: (value: Json) => boolean): T {
    const value = this.get(key);
    if ((value ?? null) === null && otherwise !== undefined) return otherwise;
    if (value !== undefined && fits(value)) return value as T;
    const found = value === undefined ? "none" : show(value);
    throw new FormatError({ op: this.op, argument: `${key} of ${this.where}`, must: `be ${must}`, value: found });
  }
}
