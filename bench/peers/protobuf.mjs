/** The part of the protocol buffers wire format that writing needs: varints, length-delimited fields, floats. */

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const tag = (field, wire) => varint((field << 3) | wire);

/** Field of wire type 0. */
export const integer = (field, value) => Buffer.concat([tag(field, 0), varint(value)]);

/** Field of wire type 2: a message, bytes or a string. */
export function block(field, content) {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes]);
}

export const message = (...fields) => Buffer.concat(fields.flat());
