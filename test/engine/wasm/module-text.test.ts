import { expect, test } from "vitest";
import { ALONE, ALPHABET, decodeText } from "../../../src/engine/wasm/module-bytes.js";

/** The text of `bytes` where byte k of `order` has the k-th code. */
function textOf(bytes: Uint8Array, order: Uint8Array): string {
  const code = (byte: number): string => {
    const k = order.indexOf(byte);
    if (k < ALONE) return ALPHABET[k]!;
    const rest = k - ALONE;
    return ALPHABET[ALONE + Math.floor(rest / ALPHABET.length)]! + ALPHABET[rest % ALPHABET.length]!;
  };
  return Buffer.from(order).toString("hex") + Array.from(bytes, code).join("");
}

test.each([
  ["in their own order", (i: number) => i],
  ["in another one", (i: number) => (i * 77 + 13) % 256],
])("every byte comes back, %s", (_, place) => {
  const order = Uint8Array.from({ length: 256 }, (_, i) => place(i));
  const bytes = Uint8Array.from({ length: 2000 }, (_, i) => (i * i * 31 + i) % 256);
  bytes.set(Uint8Array.from({ length: 256 }, (_, i) => i));
  expect(decodeText(textOf(bytes, order))).toEqual(bytes);
});

test("no character means anything in a string, whatever its quotes", () => {
  expect(ALPHABET).toMatch(/^[ -~]{90}$/);
  expect(ALPHABET).not.toMatch(/["'`\\$]/);
});
