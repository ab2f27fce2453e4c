import { alikeNames, countsOf } from "../about-data/alike.js";
import type { GenerateConfig } from "./config.js";
import type { GenerateData } from "./data.js";

/** What is odd about texts of classes. */
export function notesOnTexts({ train, validation, conditions }: GenerateData, { label }: GenerateConfig): string[] {
  const all = [...train, ...validation];
  return conditions.flatMap(({ name, values }, i) => {
    if (values === null) return [];
    return alikeNames(
      label !== null && i === 0 ? label : name,
      countsOf(all.map(({ condition }) => values[condition[i]])),
    );
  });
}
