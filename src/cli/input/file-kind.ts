import { firstInvalidByte } from "../../text/utf8.js";
import { commandText, type Fix, shellQuote } from "../errors/advice.js";

/** What a file is that is no text. */
export interface ForeignKind {
  /** To follow "found": `a gzip file`. */
  name: string;
  /** Left out where there is no way to the text in it. */
  fix?(path: string): Fix;
}

/** The file's text by another program. */
type Filter = (path: string) => string[];

function through(filter: Filter): (path: string) => Fix {
  return (path) => {
    const converted = ownFile(path);
    if (converted !== null) {
      const name = shellQuote(converted);
      return { text: `${commandText(filter(path))} > ${name} and then the same with ${name}` };
    }
    if (path !== "-") return { edit: { replace: { from: path, to: ["-"] }, input: filter(path) } };
    return { text: `its text in place of it: ... | ${filter("-").join(" ")} | unrolled ...` };
  };
}

/** A file whose name says what is in it needs one for its text: on standard input it would be a text like any. Null for others. */
function ownFile(path: string): string | null {
  const inner = path.replace(/\.(bz2|xz|zst|zip|tar)$/i, "");
  const ending = /[^/\\.](\.[a-z]+)$/i.exec(inner)?.[1];
  if (path === "-" || ending === undefined || !/^\.(csv|tsv|tab|psv|json|jsonl|ndjson|conllu?)$/i.test(ending))
    return null;
  return inner === path ? `${inner.slice(0, -ending.length)}.utf8${ending}` : inner;
}

const byHand = (fix: string) => (): Fix => ({ text: fix });
const iconv = (from: string): ((path: string) => Fix) => through((path) => ["iconv", "-f", from, "-t", "UTF-8", path]);

/** By the bytes with which a file begins. */
const BEGINNINGS: readonly [
  bytes: string | readonly number[],
  name: string,
  fix: (path: string) => Fix,
  at?: number,
][] = [
  [[0x1f, 0x8b], "a gzip file", byHand("unpacking it, and naming the text in it")],
  ["BZh", "a bzip2 file", through((path) => ["bunzip2", "-c", path])],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "an xz file", through((path) => ["xz", "-dc", path])],
  [[0x28, 0xb5, 0x2f, 0xfd], "a zstd file", through((path) => ["zstd", "-dc", path])],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive", byHand("unpacking it, and naming the text in it")],
  ["Rar!", "a RAR archive", byHand("unpacking it, and naming the text in it")],
  ["ustar", "a tar archive", through((path) => ["tar", "-xOf", path]), 257],
  ["%PDF-", "a PDF file", through((path) => ["pdftotext", path, "-"])],
  ["{\\rtf", "an RTF document", byHand("saving it as plain text")],
  [[0xd0, 0xcf, 0x11, 0xe0], "an old Office document", byHand("saving it as plain text in UTF-8")],
  [[0x89, 0x50, 0x4e, 0x47], "a PNG picture", byHand("the name of a text")],
  [[0xff, 0xd8, 0xff], "a JPEG picture", byHand("the name of a text")],
  ["GIF8", "a GIF picture", byHand("the name of a text")],
  ["RIFF", "a RIFF file (sound, video or WebP)", byHand("the name of a text")],
  ["ID3", "an MP3 file", byHand("the name of a text")],
  ["OggS", "an Ogg file", byHand("the name of a text")],
  ["ftyp", "an MP4 file", byHand("the name of a text"), 4],
  ["SQLite format 3\0", "an SQLite database", byHand("a text that is taken out of it")],
  ["\x7fELF", "a program", byHand("the name of a text")],
  ["MZ", "a Windows program", byHand("the name of a text")],
  [[0, 0, 0xfe, 0xff], "a text in UTF-32", iconv("UTF-32")],
  [[0xff, 0xfe, 0, 0], "a text in UTF-32", iconv("UTF-32")],
  [[0xff, 0xfe], "a text in UTF-16", iconv("UTF-16")],
  [[0xfe, 0xff], "a text in UTF-16", iconv("UTF-16")],
];

/** Kinds that are written in letters, and still are no texts. */
const TEXTUAL = ["%PDF-", "{\\rtf"];

/** Control characters that texts have. */
const CONTROL = new Set([9, 10, 11, 12, 13, 27]);

/** What `bytes` are when they are no text in an encoding of single bytes or UTF-8; null when they may be one. */
export function foreignKind(bytes: Uint8Array): ForeignKind | null {
  const zip = zipKind(bytes);
  if (zip !== null) return zip;
  for (const [beginning, name, fix, at = 0] of BEGINNINGS) {
    const wanted = typeof beginning === "string" ? [...beginning].map((char) => char.charCodeAt(0)) : beginning;
    if (!wanted.every((byte, i) => bytes[at + i] === byte)) continue;
    // A text may begin with "MZ" or "Rar!"; what follows in such files is no text, but for two kinds.
    if (typeof beginning !== "string" || TEXTUAL.includes(beginning) || !isPlain(bytes)) return { name, fix };
  }
  if (isSafetensors(bytes)) {
    const fix = (path: string): Fix => ({ command: ["sample", path] });
    return { name: "a checkpoint (safetensors), not a text", fix };
  }
  return wideKind(bytes) ?? (isPlain(bytes) ? null : binaryKind(bytes));
}

function zipKind(bytes: Uint8Array): ForeignKind | null {
  if (!(bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5))) return null;
  const names = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  if (/data\.pkl|archive\//.test(names)) {
    return { name: "a PyTorch file (.pt: pickles in a zip archive)", fix: byHand("the name of a text") };
  }
  const document = /word\/|xl\/|ppt\/|\[Content_Types\]/.test(names) ? "an Office document" : undefined;
  const book = /mimetypeapplication\/(epub|vnd\.oasis)/.test(names) ? "an e-book or OpenDocument file" : undefined;
  const name = document ?? book;
  if (name !== undefined) return { name, fix: byHand("saving it as plain text in UTF-8") };
  if (/\.npy/.test(names)) return { name: "NumPy arrays (.npz)", fix: byHand("the name of a text") };
  return { name: "a zip archive", fix: through((path) => ["unzip", "-p", path]) };
}

/** The length of the header in 8 bytes, whatever it says, and a JSON object. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes.subarray(0, 8).some((byte) => byte < 0x20 && !CONTROL.has(byte));
}

/** UTF-16 and UTF-32 without a mark: where most characters are of one script, every other byte, or three of four, are alike. */
function wideKind(bytes: Uint8Array): ForeignKind | null {
  const sample = bytes.subarray(0, Math.min(bytes.length, 65536) & ~3);
  if (sample.length < 8 || !sample.includes(0)) return null;
  const zeros = [0, 0, 0, 0];
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i & 3]++;
  });
  const share = zeros.map((count) => (4 * count) / sample.length);
  const [a, b, c, d] = share as [number, number, number, number];
  const named = (encoding: string): ForeignKind => ({ name: `a text in ${encoding}`, fix: iconv(encoding) });
  if (c > 0.9 && d > 0.99 && a < 0.1) return named("UTF-32LE");
  if (a > 0.99 && b > 0.9 && d < 0.1) return named("UTF-32BE");
  return utf16Kind(sample, "utf-16le", named("UTF-16LE")) ?? utf16Kind(sample, "utf-16be", named("UTF-16BE"));
}

/** Decoded so, it has letters, blanks and line ends as a text has them, and no controls. */
function utf16Kind(sample: Uint8Array, label: string, kind: ForeignKind): ForeignKind | null {
  const text = new TextDecoder(label).decode(sample);
  const usual = text.match(/[\p{L}\p{N} \n]/gu)?.length ?? 0;
  const wrong = text.match(/[\p{Cn}\p{Co}\ufffd]|(?![\t\n\r])\p{Cc}/gu)?.length ?? 0;
  return wrong < text.length / 1000 + 1 && usual > 0.7 * text.length && /[ \n]/.test(text) ? kind : null;
}

/** Few control characters, as in a text of any encoding of single bytes. */
function isPlain(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 65536);
  let controls = 0;
  for (const byte of sample) if (byte < 0x20 && !CONTROL.has(byte)) controls += byte === 0 ? 10 : 1;
  return controls <= sample.length / 50;
}

function binaryKind(bytes: Uint8Array): ForeignKind | null {
  // A text of control characters is strange, but a text.
  if (!bytes.includes(0) && firstInvalidByte(bytes) < 0) return null;
  return { name: "a binary file" };
}

/** Encodings in which a text that is not UTF-8 may be, and the letters that such a text has. */
const ENCODINGS: readonly [label: string, iconv: string, letters: RegExp][] = [
  ["euc-kr", "CP949", /\p{sc=Hangul}/gu],
  ["shift_jis", "CP932", /[\p{sc=Hiragana}\p{sc=Katakana}]/gu],
  ["euc-jp", "EUC-JP", /[\p{sc=Hiragana}\p{sc=Katakana}]/gu],
  ["gb18030", "GB18030", /\p{sc=Han}/gu],
  ["big5", "BIG5", /\p{sc=Han}/gu],
  ["windows-1251", "CP1251", /[а-я]/gu],
  ["koi8-r", "KOI8-R", /[а-я]/gu],
];

/** Bytes without a character in CP1252. */
const UNASSIGNED = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/** How a text that is not UTF-8 becomes it. */
export function mendingOf(bytes: Uint8Array, path: string): Fix {
  const sample = bytes.subarray(0, 65536);
  const kind = /[^\p{ASCII}\ufffd]/u;
  const points = [...new TextDecoder("utf-8").decode(sample)];
  const broken = points.filter((point) => point === "\ufffd").length;
  const whole = points.filter((point) => kind.test(point)).length;
  // Mostly UTF-8, with a few bytes that are not: those are left out.
  if (whole > 0 && whole >= broken) return through((file) => ["iconv", "-c", "-f", "UTF-8", "-t", "UTF-8", file])(path);
  const high = sample.filter((byte) => byte >= 0x80);
  const isWindows = high.some((byte) => byte < 0xa0) && !high.some((byte) => UNASSIGNED.has(byte));
  let best = isWindows ? "CP1252" : "LATIN1";
  // Where the other bytes are sparse, they are accents in a text of Latin letters.
  let most = high.length > sample.length / 8 ? 0.6 : Infinity;
  for (const [label, name, letters] of ENCODINGS) {
    const text = new TextDecoder(label).decode(sample);
    const foreign = text.match(/\P{ASCII}/gu)?.length ?? 0;
    const share = (text.match(letters)?.length ?? 0) / Math.max(1, foreign);
    if (share > most) [best, most] = [name, share];
  }
  return iconv(best)(path);
}
