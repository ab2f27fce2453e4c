import type { Source } from "../../../src/tasks/task.js";
import type { Held } from "./models.js";

/** What a model can do by now: what it was shown, null where it writes by itself, and what it made of it. */
export interface Sample {
  input: string | null;
  output: string;
}

const SHOWN = 8;

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
