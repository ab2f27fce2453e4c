import type { Source } from "../../../src/tasks/task.js";
import type { Held } from "./models.js";

/** What a model can do by now: what it was shown, null where it writes by itself, and what it made of it. */
export interface Sample {
  input: string | null;
  output: string;
}

const SHOWN = 8;
/** A file up to this size is read again for every sample where its rows belong together. */
const MOST_BYTES = 1 << 20;

/** A small part of a file that can be asked about again and again; null where there is none. */
export function probeOf({ name, bytes }: Source, config: object): Source | null {
  if (bytes.length > MOST_BYTES * 16) return null;
  const { text } = config as { text?: string | null };
  // Rows of texts stand each for itself: some from all over the file. Others belong together.
  if (text === undefined || text === null) return bytes.length > MOST_BYTES ? null : { name, bytes };
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  const isTable = /\.(csv|tsv)$/i.test(name);
  const rows = lines.slice(isTable ? 1 : 0).filter((line) => line.trim() !== "");
  const spread = Array.from({ length: Math.min(SHOWN, rows.length) }, (_, i) => {
    return rows[Math.floor(((i + 0.5) * rows.length) / Math.min(SHOWN, rows.length))];
  });
  const kept = [...(isTable ? lines.slice(0, 1) : []), ...spread];
  return { name, bytes: new TextEncoder().encode(`${kept.join("\n")}\n`) };
}

/** The model must be in evaluation mode; nothing of it or of random numbers changes. */
export async function samplesOf({ task, model, known }: Held, probe: Source | null, step: number): Promise<Sample[]> {
  const preview = task.preview?.(model, known.config, step) ?? null;
  if (preview !== null) return [{ input: null, output: preview }];
  if (task.predict === undefined || probe === null) return [];
  const samples: Sample[] = [];
  try {
    for await (const { text, cells } of task.predict.run(model, known, probe)) {
      samples.push({ input: cells?.join(" · ") ?? null, output: text });
      if (samples.length === SHOWN) break;
    }
  } catch {
    return samples; // a row that was cut in its middle: training goes on without its picture
  }
  return samples;
}
