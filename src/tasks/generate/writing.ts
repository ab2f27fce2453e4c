import { checkNumber } from "../../base/check.js";
import { count, countOrNull, type Fields, real, resolveFields, textOrNull } from "../../base/fields.js";
import { Generator } from "../../base/random.js";
import { piecesOf } from "../../base/report.js";
import type { Table } from "../../data/readers/index.js";
import type { Known, Options, Prediction } from "../commands.js";
import {
  type Condition,
  conditionReader,
  conditionText,
  type WrittenCondition,
  writtenConditions,
} from "./conditions.js";
import type { Meaning } from "./data.js";
import type { ClassWriter } from "./model.js";
import type { GenerateTypes } from "./types.js";

interface WriteSettings {
  temperature: number;
  seed: number | null;
}

/** What draws texts of conditions. */
type Writer = Pick<ClassWriter, "meaning" | "draw">;

/** How texts are drawn. */
export const WRITE_FIELDS: Fields<WriteSettings> = {
  temperature: {
    ...real(1, { min: 0 }, { help: "below 1 bolder, above 1 more varied, 0 always the likeliest" }),
    example: "0.8",
  },
  seed: countOrNull("7", { help: "the same seed draws the same text (default: another each time)" }),
};

/** What a text is written of. */
export const CONDITION_FIELDS: Fields<WrittenCondition> = {
  label: textOrNull("female", { help: "the class to write of (default: each in turn)", placeholder: "class" }),
  condition: textOrNull("length=5,style=old", {
    help: "what else to write of, as column=value (default: the average, or the first class)",
    placeholder: "a=b,c=d",
  }),
};

export const DRAW_FIELDS: Fields<WriteSettings & WrittenCondition & { count: number }> = {
  ...CONDITION_FIELDS,
  count: count(10, { help: "texts to write" }),
  ...WRITE_FIELDS,
};

/** Texts drawn at once. */
export const PIECE = 64;

/** Texts that a writer draws, a piece at a time as they are taken. @throws OptionError for a condition that it does not know, naming the nearest */
export function* drawn(
  model: Writer,
  { prompt: _, ...options }: Options,
): globalThis.Generator<string, void, undefined> {
  const op = "generate";
  const { conditions, vocabulary } = model.meaning;
  const settings = resolveFields(op, DRAW_FIELDS, options);
  const { count: total, temperature } = settings;
  checkNumber(op, "count", total, { max: 1e6 });
  const given = writtenConditions(conditions, settings, op);
  const generator = generatorOf(settings);
  for (let done = 0; done < total; done += PIECE) {
    const own = Array.from({ length: Math.min(PIECE, total - done) }, (_, i) => given[(done + i) % given.length]);
    for (const ids of model.draw(own, temperature, generator)) yield vocabulary.decode(ids);
  }
}

function generatorOf({ seed }: WriteSettings): Generator {
  return new Generator(seed ?? Math.floor(Math.random() * 2 ** 32));
}

/** A text for each row of a table, written of its columns. @throws FormatError for a missing column, a cell that does not fit */
export async function* writtenOf(
  model: ClassWriter,
  known: Known<GenerateTypes>,
  table: Table,
  options: Options = {},
): AsyncGenerator<Prediction> {
  const { reader, answers } = rowsWritten(model, known, options);
  const read = reader(table);
  for (const rows of piecesOf([...table.rows.keys()], PIECE)) yield* answers(rows.map(read));
}

/** How the rows of tables are answered, `PIECE` at a time. */
export function rowsWritten(model: ClassWriter, { config, meta }: Known<GenerateTypes>, options: Options = {}) {
  const settings = resolveFields("predict", WRITE_FIELDS, options);
  const generator = generatorOf(settings);
  return {
    reader: (table: Table) => conditionReader(table, meta.conditions, config),
    answers: (rows: readonly Condition[]) =>
      rows.length === 0 ? [] : told(model, meta, rows, { ...settings, generator }),
  };
}

/** A text for each condition that was typed: a class, or `column=value` with commas between. @throws OptionError */
export async function* writtenAs(
  model: ClassWriter,
  meta: Meaning,
  row: string,
  options: Options = {},
): AsyncGenerator<Prediction> {
  yield* writtenOfText(model, meta, row, options);
}

/** As `writtenAs`, at once. @throws OptionError */
export function writtenOfText(model: Writer, meta: Meaning, row: string, options: Options = {}): Prediction[] {
  const settings = resolveFields("predict", WRITE_FIELDS, options);
  const written = row.includes("=") ? { label: null, condition: row } : { label: row, condition: null };
  const conditions = writtenConditions(meta.conditions, written, "predict");
  return told(model, meta, conditions, { ...settings, generator: generatorOf(settings) });
}

function told(
  model: Writer,
  { conditions, vocabulary }: Meaning,
  rows: readonly Condition[],
  { temperature, generator }: WriteSettings & { generator: Generator },
): Prediction[] {
  return model.draw(rows, temperature, generator).map((ids, i) => {
    const text = vocabulary.decode(ids);
    const condition = conditionText(conditions, rows[i]);
    return { text: `${condition}  ${text}`, values: { condition, text } };
  });
}
