import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Field, type Message, WIRE } from "./message.js";

/** An object with the table's names as bytes: fields in the order of their numbers, absent ones and empty lists left out. */
export function encodeMessage(type: Message, value: object): Uint8Array {
  const writer = new BinaryWriter();
  write(writer, type, value as Record<string, unknown>);
  return writer.finish();
}

function write(writer: BinaryWriter, type: Message, value: Readonly<Record<string, unknown>>): void {
  for (const field of [...type.fields.values()].sort((a, b) => a.number - b.number)) {
    const given = value[field.name];
    if (given === undefined || given === null) continue;
    for (const item of field.repeated ? (given as unknown[]) : [given]) writeOne(writer, field, item);
  }
}

function writeOne(writer: BinaryWriter, { number, of }: Field, item: unknown): void {
  if (typeof of !== "string") {
    writer.tag(number, WIRE.message).fork();
    write(writer, of(), item as Record<string, unknown>);
    writer.join();
    return;
  }
  writer.tag(number, WIRE[of]);
  if (of === "int") writer.int64(BigInt(item as number));
  else if (of === "float") writer.float(item as number);
  else if (of === "string") writer.string(item as string);
  else writer.bytes(item as Uint8Array);
}
