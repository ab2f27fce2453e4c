const encoder = new TextEncoder();
// A mark at the beginning of a text belongs to it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A value of JSON as it is put aside. */
export function toBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** What was put aside. */
export function ofBytes<T>(bytes: Uint8Array): T {
  return JSON.parse(decoder.decode(bytes)) as T;
}
