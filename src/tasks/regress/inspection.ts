import type { Inspects } from "../commands.js";
import { judgedNumbers } from "../health/judge.js";
import { rowInspects } from "../many-to-one/inspection.js";
import { answersOf } from "./answers.js";
import type { RegressTypes } from "./types.js";

/** Which steps of a row move its number. */
export const inspect: Inspects<RegressTypes> = rowInspects<RegressTypes>("regress", {
  title: "a regressor",
  answersOf,
  questions: ({ mean, scale }, { config }) => [
    { what: config.label, scoreOf: (outputs) => outputs.sum().mul(scale).add(mean) },
  ],
  bars: () => [],
  numbers: (_, { config }, { values }) => [{ name: config.label, value: values["value"] as number }],
  judged: (_, answers, right) =>
    judgedNumbers(
      answers.map(({ values }, i) => ({
        said: values["value"] as number,
        right: right[i].trim() === "" ? Number.NaN : Number(right[i]),
      })),
      "rows",
    ),
});
