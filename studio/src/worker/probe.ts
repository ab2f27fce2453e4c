import { readTable } from "../../../src/data/readers/index.js";
import type { Source } from "../../../src/tasks/task.js";

const SHOWN = 8;
/** A file up to this size is read again for every sample where its rows belong together. */
const MOST_BYTES = 1 << 20;
/** Of a text that is looked at. */
const CHARACTERS = 240;

/** A small part of the data that a model is asked about again and again while it learns. */
export interface Probe {
  /** What it predicts of; null where there is nothing to predict. */
  readonly rows: Source | null;
  /** What the score shows of it; null for none. */
  readonly look: Source | string | null;
}

export function probeOf({ name, bytes }: Source, config: object, canPredict: boolean): Probe {
  if (bytes.length > 16 * MOST_BYTES) return { rows: null, look: null };
  if (!canPredict) return { rows: null, look: firstOf(new TextDecoder().decode(bytes.subarray(0, 8 * CHARACTERS))) };
  const { text } = config as { text?: string | null };
  // Rows of texts stand each for itself: some from all over the file. Others belong together.
  if (text === undefined || text === null) {
    const whole = bytes.length > MOST_BYTES ? null : { name, bytes };
    return { rows: whole, look: whole };
  }
  const rows = spread({ name, bytes });
  return { rows, look: textIn(rows, text) };
}

/** Whole words. */
function firstOf(text: string): string {
  const part = [...text].slice(0, CHARACTERS).join("");
  const end = part.lastIndexOf(" ");
  return end > CHARACTERS / 2 ? part.slice(0, end) : part;
}

function spread({ name, bytes }: Source): Source {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  const isTable = /\.(csv|tsv)$/i.test(name);
  const rows = lines.slice(isTable ? 1 : 0).filter((line) => line.trim() !== "");
  const count = Math.min(SHOWN, rows.length);
  const chosen = Array.from({ length: count }, (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / count)]);
  const kept = [...(isTable ? lines.slice(0, 1) : []), ...chosen];
  return { name, bytes: new TextEncoder().encode(`${kept.join("\n")}\n`) };
}

/** The longest of the texts, so that there is something to see. */
function textIn({ name, bytes }: Source, column: string): string | null {
  try {
    const { columns, rows } = readTable(bytes, name);
    const at = columns.indexOf(column);
    const texts = rows.map((row) => String(row[at] ?? "")).sort((a, b) => b.length - a.length);
    return texts.length === 0 || texts[0] === "" ? null : firstOf(texts[0]);
  } catch {
    return null; // a row that was cut in its middle
  }
}
