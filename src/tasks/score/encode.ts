import type { GradientRow, ScoreData } from "./score-data.js";

/** Scores as they stand in a page: JSON, in which arrays are their bytes in base64. */
export interface StoredScores {
  scores: ScoreData[];
  /** Of each score, those of its predictions that the page can show. */
  gradients: GradientRow[][];
}

const ARRAYS = { f32: Float32Array, i32: Int32Array, i8: Int8Array, u8: Uint8Array } as const;
type Kind = keyof typeof ARRAYS;

/** What a gradient loses in a page: it is kept by its logarithm, in 255 levels of four powers of ten. */
const DECADES = 4;

/** JSON that may stand in a script element of a page: nothing in it ends one, whatever was read. */
export function encodeScores({ scores, gradients }: StoredScores): string {
  const rows = gradients.map((own) => own.map(({ values, ...row }) => ({ ...row, ...faded(values) })));
  const text = JSON.stringify({ scores, gradients: rows }, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    const kind = (Object.keys(ARRAYS) as Kind[]).find((name) => value instanceof ARRAYS[name])!;
    return { [`$${kind}`]: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  });
  return text.replace(/[<\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function decodeScores(text: string): StoredScores {
  const read = JSON.parse(text, (_, value: unknown) => {
    if (value === null || typeof value !== "object") return value;
    const [[key, stored] = ["", ""], ...others] = Object.entries(value);
    const kind = key.slice(1) as Kind;
    if (others.length > 0 || !key.startsWith("$") || !Object.hasOwn(ARRAYS, kind)) return value;
    return new ARRAYS[kind](bytesOf(stored as string).buffer);
  });
  const gradients = read.gradients as (GradientRow & Faded)[][];
  return { scores: read.scores, gradients: gradients.map((own) => own.map(unfaded)) };
}

interface Faded {
  levels: Uint8Array;
  most: number;
}

function unfaded({ levels, most, ...row }: GradientRow & Faded): GradientRow {
  const valueAt = (level: number) => (level === 0 ? 0 : most * 10 ** (DECADES * (level / 255 - 1)));
  return { ...row, values: Float32Array.from(levels, valueAt) };
}

function faded(values: Float32Array): Faded {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const levels = Uint8Array.from(values, (value) =>
    value > 0 && most > 0 ? Math.max(0, Math.round(255 * (1 + Math.log10(value / most) / DECADES))) : 0,
  );
  return { levels, most };
}

/** A few thousand characters at once: a call takes no more arguments. */
const PIECE = 8192;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
