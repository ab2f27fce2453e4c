import { rememberPyramid } from "../score/pyramid.js";
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
  return [task, made, `${parameters.toLocaleString("en")} ${word}`].filter(Boolean).join(", ");
}

/** What a model does on a text; its large maps come with their pyramids. */
export async function scoreOf(worker: Client, key: string, text: string, length?: number): Promise<LookAnswer> {
  const answer = await worker.ask("look.score", length === undefined ? { key, text } : { key, text, length });
  for (const { score, id, pyramid } of answer.pyramids) {
    const track = answer.scores[score].tracks.find((one) => one.id === id);
    if (track?.kind === "heat") rememberPyramid(track.values, pyramid);
  }
  return answer;
}

/** What is read where nobody wrote anything yet. */
export const TEXTS: Readonly<Record<string, string>> = {
  "language-model":
    "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It is a way I have of driving off the spleen and regulating the circulation.",
  classify: "Josephine",
  regress: "a small red book",
  tag: "John lives in New York City .",
  seq2seq: "hello",
};
