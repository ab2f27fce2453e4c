import { FormatError, OptionError, show } from "../../base/errors.js";
import type { Pooling, RecurrentParts } from "../../interchange/index.js";
import { ByteVocabulary } from "../../text/index.js";
import { buildTask, encodeTask } from "../checkpoint.js";
import type { CommandTask } from "../commands.js";
import { TASKS, taskNamed } from "../registry.js";
import type { Source, TaskTypes } from "../task.js";
import { adoptLayers } from "./adopted-layers.js";
import { type AdoptedVocabulary, adoptVocabulary, kindOf, type TokenKind } from "./adopted-vocabulary.js";
import { readNames } from "./token-list.js";

/** What a person says of a model that its file does not. */
export interface Said {
  /** Tokens by their ids. */
  vocab?: Source | undefined;
  /** Labels or tags by their ids. */
  labels?: Source | undefined;
  task?: string | undefined;
  tokens?: TokenKind | "byte" | undefined;
}

/** A model of a task that was made elsewhere. */
export interface AdoptedTask {
  task: CommandTask;
  config: TaskTypes["config"];
  /** A checkpoint, as training writes one, without what training goes on from. */
  bytes: Uint8Array;
  /** What a person should know. */
  notes: readonly string[];
}

const OP = "import";

/**
 * A model of others as one of a task: of its outputs, a language model where they are the tokens that it reads, else of labels.
 * @param source  what it was read from, for errors
 * @throws OptionError naming what is to be said, where the file does not say enough; FormatError for what no task has
 */
export function adopt(parts: RecurrentParts, said: Said, source: string): AdoptedTask {
  const { embedding, head, pooling } = parts;
  if (embedding === null || head === null) {
    const value = embedding === null ? "no embedding" : "no linear layer";
    throw new FormatError({
      op: OP,
      argument: source,
      must: "be an embedding, recurrent layers and a linear layer to be a model of a task",
      value,
    });
  }
  const [rows, outputs] = [embedding.weight.shape[0], head.weight.shape[0]];
  const isTokens =
    said.labels === undefined &&
    (pooling ?? "steps") === "steps" &&
    outputs === rows &&
    (said.task === undefined || tells(said.task) === "tokens");
  const task = chooseTask(said, isTokens, { rows, outputs, source, pooling });
  const tokens = said.tokens === "byte" ? bytesAs(rows) : tokensOf(said, rows);
  const labels = isTokens ? null : labelsOf(said, outputs);
  const kind = said.tokens ?? kindOf(tokens);
  const vocabulary: AdoptedVocabulary =
    kind === "byte"
      ? { vocabulary: new ByteVocabulary(), rows: [...tokens.keys()], notes: [] }
      : adoptVocabulary(tokens, kind, said.vocab!.name);
  const layers = adoptLayers(parts);
  const model = { layers, embedding: embedding.weight, head, tokens, vocabulary, labels, pooling };
  const { config, meta, weights, notes } = task.adopts!.make(model);
  const built = buildTask(task, { config, meta, weights });
  const bytes = encodeTask(task, { model: built, config, meta });
  return { task, config, bytes, notes: [...layers.notes, ...notes] };
}

function tells(name: string): "tokens" | "labels" | undefined {
  return taskNamed(name, OP).adopts?.tells;
}

/** The task that is asked for; else the one of outputs that are tokens; of labels there are several. */
function chooseTask(
  { task: name, labels }: Said,
  isTokens: boolean,
  { rows, outputs, source, pooling }: { rows: number; outputs: number; source: string; pooling: Pooling | undefined },
): CommandTask {
  const able = TASKS.filter(({ adopts }) => {
    const fits = pooling === undefined || adopts?.of === (pooling === "steps" ? "steps" : "whole");
    return adopts?.tells === (isTokens ? "tokens" : "labels") && fits;
  });
  const names = able.map((task) => show(task.name)).join(" or ");
  if (!isTokens && labels === undefined) {
    const value = `${outputs} outputs, which are not the ${rows} tokens that it reads, and no labels`;
    throw missing("labels", `be said for ${source}: a name for each output`, value, { labels: "labels.txt" });
  }
  if (name === undefined && able.length === 1) return able[0];
  const task = name === undefined ? undefined : taskNamed(name, OP);
  if (task !== undefined && able.includes(task)) return task;
  const value =
    task === undefined ? "nothing: weights do not say whether a label is of a step or of the whole" : show(name);
  throw missing("task", `be ${names}, for ${isTokens ? "outputs that are tokens" : "outputs that are labels"}`, value, {
    task: able[0].name,
  });
}

/** Their tokens by row. @throws OptionError where none are said, or too few */
function tokensOf({ vocab }: Said, rows: number): (string | null)[] {
  if (vocab === undefined) {
    const value = `nothing for ${rows} tokens`;
    throw missing(
      "vocab",
      "be said: a JSON list, a JSON object of tokens to ids, or a text with a token a line",
      value,
      { vocab: "vocab.json" },
    );
  }
  const tokens = readNames(vocab, "tokens");
  // Many leave the id 0 to padding, and do not name it.
  const unnamed = tokens.filter((token) => token === null).length;
  if (tokens.length === rows && unnamed <= Math.max(1, rows / 100)) return tokens;
  const must = `name the ${rows} tokens that the model reads`;
  const value = `${tokens.length - unnamed} names${unnamed > 0 ? ` with ids up to ${tokens.length - 1}` : ""}`;
  throw new FormatError({ op: OP, argument: vocab.name, must, value, details: { file: vocab.name } });
}

function labelsOf({ labels }: Said, outputs: number): string[] {
  const names = readNames(labels!, "labels");
  if (names.length === outputs && !names.includes(null)) return names as string[];
  const must = `name the ${outputs} outputs of the model`;
  throw new FormatError({
    op: OP,
    argument: labels!.name,
    must,
    value: `${names.length} names`,
    details: { file: labels!.name },
  });
}

/** A token for each byte. */
function bytesAs(rows: number): string[] {
  if (rows === 256) return Array.from({ length: rows }, (_, byte) => `<0x${byte.toString(16)}>`);
  const must = "be left out for a model that does not read 256 tokens";
  throw new OptionError({
    op: OP,
    argument: "tokens",
    must,
    value: `byte for ${rows}`,
    details: { settings: { tokens: null } },
  });
}

function missing(argument: string, must: string, value: string, settings: Record<string, string>): OptionError {
  return new OptionError({ op: OP, argument, must, value, details: { settings } });
}
