import { harmless } from "../../base/unsafe-text.js";
import type { ScoreData } from "./score-data.js";

/** A score in no text of which anything acts, or turns its neighbours around: names of classes and columns are a file's. Values are those given. */
export function harmlessScore(score: ScoreData): ScoreData {
  return withoutUnsafe(score) as ScoreData;
}

function withoutUnsafe(value: unknown): unknown {
  if (typeof value === "string") return harmless(value);
  if (Array.isArray(value)) return value.map(withoutUnsafe);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutUnsafe(one)]));
}
