import { FormatError, show } from "../../base/errors.js";
import type { Json } from "../../train/index.js";
import { isNumberColumn, type NumberColumn } from "../rows/number-columns.js";
import { vocabularyWithEnds } from "../tokens/vocabularies.js";
import { CLASS } from "./conditions.js";
import type { Meaning } from "./data.js";

/** What a model has to know of its rows, out of a checkpoint. @throws FormatError */
export function meaningOf({ classes, conditions, vocabulary }: Readonly<Record<string, Json>>): Meaning {
  return { conditions: conditionsOf(classes, conditions), vocabulary: vocabularyWithEnds(vocabulary) };
}

/** @throws FormatError */
function conditionsOf(classes: Json | undefined, conditions: Json | undefined): NumberColumn[] {
  if (conditions === undefined) {
    if (Array.isArray(classes) && classes.length > 0 && classes.every((name) => typeof name === "string")) {
      return [{ name: CLASS, values: classes as string[], mean: 0, scale: 1 }];
    }
    throw new FormatError({ op: "generate", argument: "json", must: "name a class or more", value: show(classes) });
  }
  if (Array.isArray(conditions) && conditions.length > 0 && conditions.every(isNumberColumn)) {
    return conditions as unknown as NumberColumn[];
  }
  throw new FormatError({
    op: "generate",
    argument: "json",
    must: "hold conditions with names",
    value: show(conditions),
  });
}
