import { grouped } from "../../../src/base/grouped.js";
import { FormatError, foreignKind, OptionError, unpacked } from "./library.js";

/** A page has some gigabytes for all that it does; a file is read into them whole, and what is made of it is larger. */
const MOST = 512 * 2 ** 20;
/** Of a file, what says which kind it is. */
const BEGINNING = 2 ** 16;
const MIB = 2 ** 20;

/** A file as it is trained on: unpacked, named without its `.gz`, and known by its content. */
export interface Taken {
  name: string;
  content: Blob;
  /** SHA-256, in hexadecimal. */
  hash: string;
}

/** @throws OptionError, FormatError for a file that is too large to be read here, or none that holds data */
export async function take(name: string, file: Blob): Promise<Taken> {
  if (file.size > MOST) throw tooLarge(name, `${grouped(Math.ceil(file.size / MIB))} MiB`);
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = first === 0x1f && second === 0x8b;
  const content = isPacked ? await gunzipped(name, file) : file;
  const beginning = new Uint8Array(await content.slice(0, BEGINNING).arrayBuffer());
  const kind = foreignKind(beginning);
  if (kind !== null) {
    const fix = "Drop a text, a table (CSV, TSV), JSON lines or tagged words, in UTF-8; of an archive what is in it.";
    throw new FormatError({ op: "train", argument: name, must: "be a text", value: kind.name, fix });
  }
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { name: isPacked ? name.replace(/\.gz$/i, "") : name, content, hash };
}

async function gunzipped(name: string, file: Blob): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const piece of unpacked(name, piecesOf(file))) {
    size += piece.length;
    if (size > MOST) throw tooLarge(name, "more, unpacked");
    pieces.push(piece as Uint8Array<ArrayBuffer>);
  }
  return new Blob(pieces);
}

async function* piecesOf(file: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += MIB) yield new Uint8Array(await file.slice(at, at + MIB).arrayBuffer());
}

function tooLarge(name: string, value: string): OptionError {
  const fix = "`npx unrolled train` reads larger ones piece by piece; or drop a part of it here.";
  return new OptionError({
    op: "train",
    argument: name,
    must: `be of at most ${MOST / MIB} MiB in a page`,
    value,
    fix,
  });
}
