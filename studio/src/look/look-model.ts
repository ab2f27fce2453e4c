import { grouped } from "../../../src/base/grouped.js";
import { rememberPyramids } from "../score/pyramid.js";
import type { LookAnswer, ModelAbout } from "../worker/look.js";
import type { Client } from "../worker/rpc.js";

/** A model that is open, as the page knows it. */
export interface OpenModel {
  key: string;
  about: ModelAbout;
}

/** A few words on a model: `language-model, gru 96, 31,024 parameters`. */
export function modelText({ task, config, parameters }: ModelAbout, word: string): string {
  const { cell, hidden, layers } = config as { cell?: string; hidden?: number; layers?: number };
  const made = [cell, layers !== undefined && layers > 1 ? `${layers} × ${hidden}` : hidden].filter(Boolean).join(" ");
  return [task, made, `${grouped(parameters)} ${word}`].filter(Boolean).join(", ");
}

/** What a model does on a text; its large maps come with their pyramids. */
export async function scoreOf(worker: Client, key: string, text: string, length?: number): Promise<LookAnswer> {
  const answer = await worker.ask("look.score", length === undefined ? { key, text } : { key, text, length });
  rememberPyramids(answer);
  return answer;
}
