import { OptionError, show } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import { RequestError, refusedInput } from "./request-error.js";
import { type Options, type ServedModel, unknownField } from "./served-model.js";

/** An object with some of these keys and no others; inherited ones count for nothing. @throws RequestError 422 */
export function fieldsOf(value: unknown, argument: string, known: readonly string[]): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new RequestError({ status: 422, code: "input", argument, must: "be an object", value: show(value) });
  }
  const found: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw unknownField(argument, key, known);
    found[key] = (value as Record<string, unknown>)[key];
  }
  return found;
}

/** Options as their fields take them. @throws RequestError 422 naming the field */
export function checkedOptions(value: unknown, fields: Readonly<Record<string, Field>>, argument: string): Options {
  if (value === undefined) return {};
  const given = fieldsOf(value, argument, Object.keys(fields));
  const name = (key: string) => (argument === "body" ? key : `${argument}.${key}`);
  return Object.fromEntries(
    Object.entries(given).map(([key, own]) => {
      try {
        return [key, fields[key].check("request", name(key), own)];
      } catch (error) {
        throw error instanceof OptionError ? refusedInput(error, name(key)) : error;
      }
    }),
  );
}

/** @throws RequestError 404 where the model's task cannot */
export function needs(model: ServedModel, capability: "predict" | "generate"): void {
  const { task, name } = model;
  if (task[capability] !== undefined) return;
  const can = (["predict", "generate"] as const).filter((one) => task[one] !== undefined);
  const must = `be of a task that can ${capability}`;
  const fix = `This one has ${can.map((one) => `/v1/models/${name}/${one}`).join(" and ")}.`;
  throw new RequestError({ status: 404, code: "unsupported", argument: "model", must, value: task.title, fix });
}
