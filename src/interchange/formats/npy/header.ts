import { FormatError, show } from "../../../base/errors.js";
import type { StoredDType } from "../safetensors/stored-dtype.js";

const OP = "read";
/** NumPy itself refuses longer ones unless it is told to trust them. */
const MOST_HEADER = 10_000;
const MOST_DIMENSIONS = 64;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const [utf8, latin1] = [new TextDecoder("utf-8"), new TextDecoder("latin1")];

/** How an array lies behind its header. */
export interface NpyHeader {
  stored: StoredDType;
  bigEndian: boolean;
  /** The first axis is the fastest. */
  fortran: boolean;
  shape: number[];
  /** Where its data begin. */
  begin: number;
}

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Kind and bytes of an element. Source: numpy.dtype.str. */
const TYPES: Readonly<Record<string, StoredDType>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
};

/** What NumPy has, and we do not, by the first letter. */
const KINDS: Readonly<Record<string, string>> = {
  O: "objects of Python, which are pickles",
  U: "texts",
  S: "texts in bytes",
  a: "texts in bytes",
  c: "complex numbers",
  M: "times",
  m: "durations",
  V: "records",
  f: "floats of another width",
  i: "integers of another width",
  u: "integers of another width",
};

/**
 * The header of an array in NumPy's format.
 * @param head  the first bytes, at least as many as the header has
 * @throws FormatError naming what is wrong with it
 * Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
 */
export function readNpyHeader(head: Uint8Array, argument: string): NpyHeader {
  const fail = (must: string, value: string, fix = ""): never => {
    throw new FormatError({ op: OP, argument, must, value, fix });
  };
  if (!isNpy(head)) fail("begin as an array of NumPy does", `${head.length} bytes that do not`);
  const version = head[6];
  if (head.length < 12 || version < 1 || version > 3) fail("be of version 1, 2 or 3", `${version ?? "nothing"}`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [length, start] = version === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  if (length > MOST_HEADER) fail(`have a header of at most ${MOST_HEADER} bytes`, `${length}`);
  if (start + length > head.length)
    fail(`have all of its header of ${length} bytes`, `${head.length - start}`, TRUNCATED);
  const text = (version === 3 ? utf8 : latin1).decode(head.subarray(start, start + length));
  const { descr, fortran_order: fortran, shape } = new Literal(text, fail).dictionary();
  if (typeof descr !== "string") fail("hold plain numbers", descr === undefined ? "no descr" : "records");
  if (typeof fortran !== "boolean") fail("say fortran_order", fortran === undefined ? "nothing" : show(fortran));
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS)
    fail("say a shape", shape === undefined ? "nothing" : show(shape));
  const type = typeOf(descr as string, fail);
  return { ...type, fortran: fortran as boolean, shape: shape as number[], begin: start + length };
}

export const TRUNCATED = "The file is truncated, or damaged.";

type Fail = (must: string, value: string, fix?: string) => never;

function typeOf(descr: string, fail: Fail): { stored: StoredDType; bigEndian: boolean } {
  const [, order = "", name = ""] = /^([<>|=]?)(.*)$/s.exec(descr) ?? [];
  if (Object.hasOwn(TYPES, name)) return { stored: TYPES[name], bigEndian: order === ">" };
  const kind = Object.hasOwn(KINDS, name[0] ?? "") ? KINDS[name[0]] : "an unknown type";
  const fix = "Save it as numbers: numpy.save(path, x.astype(numpy.float32)).";
  return fail(`hold numbers of ${Object.keys(TYPES).join(", ")}`, `${show(descr)} (${kind})`, fix);
}

/** The dictionary that a header is, as Python writes it: texts, True, False and tuples of numbers. */
class Literal {
  readonly #text: string;
  readonly #fail: Fail;
  #at = 0;

  constructor(text: string, fail: Fail) {
    this.#text = text;
    this.#fail = fail;
  }

  dictionary(): Partial<Record<"descr" | "fortran_order" | "shape", unknown>> {
    const found = new Map<string, unknown>();
    this.#expect("{");
    while (!this.#next("}")) {
      const key = this.#string();
      if (!["descr", "fortran_order", "shape"].includes(key))
        this.#fail("say descr, fortran_order and shape", show(key));
      if (found.has(key)) this.#fail("say each of them once", show(key));
      this.#expect(":");
      found.set(key, this.#value());
      if (!this.#next(",")) {
        this.#expect("}");
        break;
      }
    }
    if (this.#rest().trim() !== "") this.#fail("end with its dictionary", show(this.#rest()));
    return Object.fromEntries(found);
  }

  #value(): unknown {
    const char = this.#peek();
    if (char === "'" || char === '"') return this.#string();
    if (char === "(") return this.#sizes();
    // Records are lists of fields; what is in them no longer matters.
    if (char === "[") return this.#fail("hold plain numbers", "records");
    const word = /^(True|False)\b/.exec(this.#rest())?.[0];
    if (word === undefined) this.#fail("be a dictionary as Python writes it", show(this.#rest()));
    this.#at += word!.length;
    return word === "True";
  }

  #sizes(): number[] {
    this.#expect("(");
    const sizes: number[] = [];
    while (!this.#next(")")) {
      this.#peek();
      const digits = /^\d{1,16}/.exec(this.#rest())?.[0];
      if (digits === undefined) this.#fail("have a shape of sizes", show(this.#rest()));
      this.#at += digits!.length;
      this.#next("L");
      sizes.push(Number(digits));
      if (!this.#next(",")) {
        this.#expect(")");
        break;
      }
    }
    return sizes;
  }

  #string(): string {
    this.#peek();
    const found = /^'([^'\\\n]*)'|^"([^"\\\n]*)"/.exec(this.#rest());
    if (found === null) this.#fail("be a dictionary as Python writes it", show(this.#rest()));
    this.#at += found![0].length;
    return found![1] ?? found![2];
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }

  /** The next character that is no white space. */
  #peek(): string {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  #next(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#next(char)) this.#fail(`be a dictionary as Python writes it (with ${char} here)`, show(this.#rest()));
  }
}
