import type { JsonSchema } from "./commands.js";

/** What programs are told of inputs and answers, in JSON Schema. */
export const TEXT = { type: "string", minLength: 1 } as const;
export const NUMBER = { type: "number" } as const;
export const PROBABILITY = { type: "number", minimum: 0, maximum: 1 } as const;

/** An object with these keys, and perhaps with others. */
export function objectOf(
  own: Readonly<Record<string, JsonSchema>>,
  perhaps: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    type: "object",
    properties: { ...own, ...perhaps },
    required: Object.keys(own),
    additionalProperties: false,
  };
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** A table: its text, a row each as an object, or, where it is a series alone, its numbers. */
export const TABLE: JsonSchema = {
  anyOf: [
    { type: "string", minLength: 1, description: "CSV, TSV, or an object of JSON on each line" },
    { type: "array", minItems: 1, items: { type: "object" }, description: "a row each" },
    { type: "array", minItems: 1, items: NUMBER, description: "the values of a series that has nothing else" },
  ],
};
