import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { FormatError } from "../../../base/errors.js";
import { type Field, type Message, NONE, type Scalar, WIRE } from "./message.js";

export interface DecodeContext {
  /** For errors: the operation, and what the bytes are. */
  op: string;
  source: string;
}

/** Deeper than any honest file: protobuf's own readers stop at 100. */
const DEEPEST = 100;
/** What a part costs in memory, in bytes: in a file a message may take 2, a number 1. */
const COST = { message: 260, view: 120, text: 40, number: 20 };
/** What all parts may cost, besides as much again as the file is long: 36,000 nodes, of which real models have some hundred. */
const MOST_COST = 5 * 2 ** 22;

/** Where a message stands: `graph.node[3]`. */
interface Place {
  readonly around: Place | null;
  readonly name: string;
  readonly index: number | null;
}

type Plain = Record<string, unknown>;

/**
 * A message as an object with the table's names: lists where there are many (empty where there are none), undefined where one is
 * absent. Unknown fields are passed over. Bytes are views of `bytes`.
 * @throws FormatError naming the part and its byte: cut off, a number without end, another type, nested too deeply, too many parts
 */
export function decodeMessage<T>(type: Message, bytes: Uint8Array, context: DecodeContext): T {
  return new Walk(bytes, context).message(type, bytes.length, null, 0) as T;
}

class Walk {
  readonly #reader: BinaryReader;
  readonly #bytes: Uint8Array;
  readonly #context: DecodeContext;
  readonly #most: number;
  #cost = 0;
  /** The scalar that is being read, for errors. */
  #field: string | null = null;

  constructor(bytes: Uint8Array, context: DecodeContext) {
    this.#reader = new BinaryReader(bytes);
    this.#bytes = bytes;
    this.#context = context;
    this.#most = MOST_COST + bytes.length;
  }

  message(type: Message, end: number, at: Place | null, depth: number): Plain {
    if (depth > DEEPEST) this.#fail(at, `be nested at most ${DEEPEST} levels deep`, "more");
    this.#pay(COST.message, at);
    const out: Plain = { ...type.blank };
    while (this.#reader.pos < end) {
      const tag = this.#tag(end, at);
      const wire = tag & 7;
      const field = type.fields.get(tag >>> 3);
      if (field === undefined) this.#skip(wire, end, at);
      else if (typeof field.of === "string") this.#scalar(out, field, field.of, wire, end, at);
      else {
        const list = field.repeated ? listIn(out, field.name) : null;
        const inner: Place = { around: at, name: field.name, index: list?.length ?? null };
        if (wire !== WireType.LengthDelimited) this.#mistyped(inner, WireType.LengthDelimited, wire);
        const value = this.message(field.of(), this.#lengthEnd(end, inner), inner, depth + 1);
        if (list === null) out[field.name] = value;
        else list.push(value);
      }
    }
    return out;
  }

  #scalar(out: Plain, field: Field, kind: Scalar, wire: number, end: number, around: Place | null): void {
    this.#field = field.name;
    if (kind === "packed") {
      listIn(out, field.name).push(this.#chunk(wire, end, around));
    } else if (wire === WireType.LengthDelimited && field.repeated && WIRE[kind] !== WireType.LengthDelimited) {
      const stop = this.#lengthEnd(end, around);
      const list = listIn(out, field.name);
      while (this.#reader.pos < stop) list.push(this.#value(kind, stop, around));
    } else {
      if (wire !== WIRE[kind]) this.#mistyped(around, WIRE[kind], wire);
      const value = this.#value(kind, end, around);
      if (field.repeated) listIn(out, field.name).push(value);
      else out[field.name] = value;
    }
    this.#field = null;
  }

  #value(kind: Scalar, end: number, at: Place | null): unknown {
    const reader = this.#reader;
    if (kind === "int") {
      this.#pay(COST.number, at);
      const length = this.#varintEnd(end, at) - reader.pos;
      return length < 5 ? reader.uint32() : Number(reader.int64());
    }
    if (kind === "float") {
      this.#pay(COST.number, at);
      this.#within(reader.pos + 4, end, at);
      return reader.float();
    }
    const start = reader.pos;
    const stop = this.#lengthEnd(end, at);
    this.#pay(kind === "string" ? COST.text + (stop - reader.pos) : COST.view, at);
    reader.pos = start;
    if (kind === "bytes") return reader.bytes();
    try {
      return reader.string(true);
    } catch {
      return this.#fail(at, "be UTF-8", "other bytes");
    }
  }

  #chunk(wire: number, end: number, at: Place | null): Uint8Array {
    this.#pay(COST.view, at);
    const { pos } = this.#reader;
    if (wire === WireType.LengthDelimited) {
      this.#lengthEnd(end, at);
      this.#reader.pos = pos;
      return this.#reader.bytes();
    }
    this.#skip(wire, end, at);
    return this.#bytes.subarray(pos, this.#reader.pos);
  }

  /** A field's number and, in the last three bits, its type. */
  #tag(end: number, at: Place | null): number {
    const start = this.#reader.pos;
    if (this.#varintEnd(end, at) - start <= 5) {
      const tag = this.#reader.uint32();
      if (tag >>> 3 > 0 && (tag & 7) <= 5) return tag;
    }
    this.#reader.pos = start;
    const must = "be made of fields with a number from 1 to 2^29 - 1 and a type from 0 to 5";
    return this.#fail(at, must, "other bytes", "It is damaged, or another format.");
  }

  /** Moves behind a length, and says where what it counts ends. */
  #lengthEnd(end: number, at: Place | null): number {
    this.#varintEnd(end, at);
    const length = this.#reader.uint32();
    const stop = this.#reader.pos + length;
    this.#within(stop, end, at);
    return stop;
  }

  #skip(wire: number, end: number, at: Place | null): void {
    const reader = this.#reader;
    if (wire === WireType.Varint) {
      reader.pos = this.#varintEnd(end, at);
    } else if (wire === WireType.LengthDelimited) {
      reader.pos = this.#lengthEnd(end, at);
    } else if (wire === WireType.Bit32 || wire === WireType.Bit64) {
      const stop = reader.pos + (wire === WireType.Bit32 ? 4 : 8);
      this.#within(stop, end, at);
      reader.pos = stop;
    } else this.#fail(at, "be made of numbers, texts and messages", `a field of type ${wire}, a group`);
  }

  /** Where the varint ends that begins here. */
  #varintEnd(end: number, at: Place | null): number {
    const { pos } = this.#reader;
    const bytes = this.#bytes;
    for (let i = pos; ; i++) {
      if (i >= end) this.#within(i + 1, end, at);
      if (i - pos === 10) this.#fail(at, "hold numbers of at most 10 bytes", "a longer one");
      if (bytes[i] < 0x80) return i + 1;
    }
  }

  #within(stop: number, end: number, at: Place | null): void {
    if (stop <= end) return;
    const value = `${end - this.#reader.pos} more`;
    this.#fail(at, `have ${stop - this.#reader.pos} more bytes`, value, "The file is cut off, or damaged.");
  }

  #mistyped(at: Place | null, wanted: number, found: number): never {
    return this.#fail(at, `be written with type ${wanted}`, `type ${found}`, "The file is damaged.");
  }

  #pay(cost: number, at: Place | null): void {
    this.#cost += cost;
    if (this.#cost <= this.#most) return;
    this.#fail(
      at,
      "be made of fewer parts",
      `more than ${this.#most} bytes in memory`,
      "Large arrays belong into raw_data.",
    );
  }

  #fail(at: Place | null, must: string, value: string, fix = ""): never {
    const { op, source } = this.#context;
    const byte = Math.min(this.#reader.pos, this.#reader.len);
    const path = [at && pathOf(at), this.#field].filter((part) => part !== null).join(".");
    const argument = path === "" ? source : `${path} of ${source}`;
    throw new FormatError({ op, argument, must, value: `${value} at byte ${byte}`, fix, details: { byte } });
  }
}

function listIn(out: Plain, name: string): unknown[] {
  const list = out[name] as unknown[];
  if ((list as readonly unknown[]) !== NONE) return list;
  const made: unknown[] = [];
  out[name] = made;
  return made;
}

function pathOf({ around, name, index }: Place): string {
  const own = index === null ? name : `${name}[${index}]`;
  return around === null ? own : `${pathOf(around)}.${own}`;
}
