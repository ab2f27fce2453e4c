import { alikeNames } from "../about-data/alike.js";
import type { GenerateConfig } from "./config.js";
import type { GenerateData } from "./data.js";
import { ClassesSeen } from "./details.js";

/** What is odd about texts of classes. */
export function notesOnTexts(data: GenerateData, config: GenerateConfig): readonly string[] {
  if (data.notes !== undefined) return data.notes;
  const seen = new ClassesSeen(data.conditions);
  for (const part of [data.train, data.validation]) for (const { condition } of part) seen.add(condition);
  return notesOnConditions(seen, config);
}

/** @param seen  of all rows, those to validate on among them */
export function notesOnConditions(seen: ClassesSeen, config: GenerateConfig): string[] {
  return seen.counts(config).flatMap(([of, counts]) => alikeNames(of, counts));
}
