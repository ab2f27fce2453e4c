import { FormatError, show } from "../base/errors.js";

/** What people give in place of a model, by how it begins. */
const INSTEAD: readonly (readonly [RegExp | readonly string[], string])[] = [
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS, which stands for the file that git lfs pull fetches"],
  [/^\s*<(!doctype html|html|\?xml)/i, "a page of the web, which a server answers in place of a file"],
  [["\x1f\x8b", "7z\xbc\xaf", "Rar!", "\xfd7zXZ", "(\xb5/\xfd", "BZh"], "a packed file, which has to be unpacked"],
  [["GGUF"], "a file of llama.cpp (GGUF)"],
  [/^.{4}TFL3/s, "a TensorFlow Lite model"],
  [/^.{257}ustar/s, "a tar archive, which has to be unpacked"],
  [/^\s*\{/, "JSON without a modelTopology or a weightsManifest"],
];
const SEEN = 300;
const SHOWN = 24;

/** @param formats  that can be read */
export function unknownFormat(op: string, bytes: Uint8Array, source: string, formats: readonly string[]): FormatError {
  const must = `be of a format that can be read (${[...new Set(formats)].join(", ")})`;
  return new FormatError({ code: "unknown-format", op, argument: source, must, value: kindOf(bytes) });
}

function kindOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const beginning = String.fromCharCode(...bytes.subarray(0, SEEN));
  const found = INSTEAD.find(([mark]) =>
    mark instanceof RegExp ? mark.test(beginning) : mark.some((start) => beginning.startsWith(start)),
  );
  if (found !== undefined) return found[1];
  if (/^[\t\n\r\x20-\x7e]+$/.test(beginning)) return `a text that begins with ${show(beginning.slice(0, SHOWN))}`;
  const first = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `a file that begins with ${first}`;
}
