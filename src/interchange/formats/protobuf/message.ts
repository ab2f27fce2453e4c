import { WireType } from "@bufbuild/protobuf/wire";

/**
 * Messages of Protocol Buffers by a table, in place of generated code: what is read and what is written are the two walks over it. The
 * wire itself (tags, varints, lengths) is @bufbuild/protobuf's.
 */

/**
 * How a field is kept.
 *   int      a varint; a number, which ends of 64 bits round (2^63 - 1 is a limit, and never counted with)
 *   float    4 bytes
 *   string, bytes
 *   packed   numbers of a large array, left as their bytes: one chunk a run, one an element where they are not packed
 */
export type Scalar = "int" | "float" | "string" | "bytes" | "packed";

/** How a field is written, as a WireType, whose package a user's declarations need not know; numbers of a list may also be one run of bytes. */
export const WIRE: Readonly<Record<Scalar | "message", number>> = {
  int: WireType.Varint,
  float: WireType.Bit32,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  packed: WireType.LengthDelimited,
  message: WireType.LengthDelimited,
};

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly of: Scalar | (() => Message);
  readonly repeated: boolean;
}

export interface Message {
  readonly name: string;
  readonly fields: ReadonlyMap<number, Field>;
  /** A message with nothing in it: every field, so that all of a type have one layout in memory. */
  readonly blank: Readonly<Record<string, unknown>>;
}

/** Where there are many of a field, and none is there. */
export const NONE: readonly never[] = Object.freeze([]);

/** One row of a table: its number, what it holds, and whether there are many. */
type Row = readonly [number: number, of: Field["of"], many?: "many"];

export function message(name: string, rows: Readonly<Record<string, Row>>): Message {
  const fields = new Map<number, Field>();
  for (const [field, [number, of, many]] of Object.entries(rows)) {
    fields.set(number, { number, name: field, of, repeated: many === "many" });
  }
  const blank = Object.fromEntries(
    Array.from(fields.values(), (field) => [field.name, field.repeated ? NONE : undefined]),
  );
  return { name, fields, blank };
}
