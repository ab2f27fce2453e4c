import type { Field } from "../base/fields.js";
import type { JsonSchema, OptionFields } from "../tasks/commands.js";
import { listOf } from "../tasks/described.js";
import type { Json } from "../train/index.js";
import type { ServedModel } from "./served-model.js";

/** What may be asked of a model, as `GET /v1/models` tells it. */
export interface ModelDescription {
  name: string;
  /** Counts from 1, with each file that took the place of the one before. */
  version: number;
  task: string;
  title: string;
  /** In JSON Schema. */
  predict?: { input: JsonSchema; output: JsonSchema; options: JsonSchema } | undefined;
  generate?: { options: JsonSchema } | undefined;
  /** Of a piece that a session reads. */
  sessions?: { input: JsonSchema; output: JsonSchema; options: JsonSchema } | undefined;
}

const ANY_INPUT: JsonSchema = { anyOf: [{ type: "string" }, { type: "array", items: { type: "number" } }] };

export function describeModel({ name, version, task, described, remembered }: ServedModel): ModelDescription {
  const { predict, generate, remembers } = task;
  const { input = ANY_INPUT, output = { type: "object" }, many = false } = described ?? {};
  return {
    ...{ name, version, task: task.name, title: task.title },
    ...(predict !== undefined && {
      predict: {
        input,
        output: many ? listOf(output) : output,
        options: optionsSchema(predict.fields ?? {}),
      },
    }),
    ...(generate !== undefined && { generate: { options: optionsSchema(generate.fields) } }),
    ...(remembered !== null && {
      sessions: {
        input: remembered.input,
        output: remembered.many === true ? listOf(remembered.output) : remembered.output,
        options: optionsSchema(remembers!.fields),
      },
    }),
  };
}

/** An object with any of these keys. */
export function optionsSchema(fields: OptionFields): JsonSchema {
  const properties = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, fieldSchema(field)]));
  return { type: "object", properties, additionalProperties: false };
}

function fieldSchema({ kind, choices, default: usual, help }: Field): JsonSchema {
  const { number, text, switch: flag } = { number: "number", text: "string", switch: "boolean" };
  const type = { number, text, switch: flag, "number or text": [number, text] }[kind];
  const isOpen = usual === null;
  return {
    ...(choices === undefined ? { type: isOpen ? [type, "null"].flat() : type } : { enum: [...choices] }),
    description: help,
    ...(!isOpen && { default: usual as Json }),
  };
}
