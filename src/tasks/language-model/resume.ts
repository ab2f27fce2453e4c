import { checkFunction, checkObject } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import { vocabularyDifference } from "../../text/index.js";
import type { LanguageModelCheckpoint } from "./checkpoint.js";
import type { ResolvedConfig } from "./config.js";
import type { Corpus } from "./corpus.js";

/** What a run is made of: with any of these changed, the checkpoint's tensors or its place in the text mean nothing. */
const FIXED = [
  "tokens",
  "cell",
  "hidden",
  "layers",
  "embed",
  "tie",
  "batch",
  "seqLen",
  "optimizer",
  "schedule",
  "warmup",
  "seed",
  "valid",
  "minCount",
  "maxVocab",
  "lowercase",
] as const satisfies readonly (keyof ResolvedConfig)[];

/**
 * Whether a run can go on with this text and configuration.
 * @throws FormatError naming each field, old → new
 */
export function checkResumable(
  checkpoint: LanguageModelCheckpoint,
  corpus: Corpus,
  config: ResolvedConfig,
  nameOf: (key: string) => string = (key) => key,
): void {
  checkResumableConfig(checkpoint, config, nameOf);
  const vocabulary = vocabularyDifference(checkpoint.vocabulary, corpus.vocabulary);
  if (vocabulary !== undefined) {
    const fix = "Use the text that the run was started with, or start a new run.";
    fail(checkpoint.source, "have the vocabulary of the text", `vocabulary ${vocabulary}`, fix);
  }
  const training = checkpoint.training as { fingerprint?: unknown } | null;
  if (training === null) {
    const fix = "Name the run's last.safetensors.";
    fail(checkpoint.source, "hold the state of its training", "a model alone", fix);
  }
  if (training.fingerprint !== corpus.fingerprint) {
    const value = `fingerprint ${training.fingerprint} → ${corpus.fingerprint}`;
    fail(checkpoint.source, "be of the same text", value, "Use the text that the run was started with.");
  }
}

/** The part of it that needs no text. */
export function checkResumableConfig(
  checkpoint: LanguageModelCheckpoint,
  config: ResolvedConfig,
  nameOf: (key: string) => string = (key) => key,
): void {
  const op = "checkResumableConfig";
  checkObject(op, "checkpoint", checkpoint, "what decodeLanguageModel() gave");
  checkObject(op, "config", config, "a configuration, as resolveConfig() gives it");
  checkObject(op, "checkpoint.config", checkpoint.config, "a configuration");
  checkFunction(op, "nameOf", nameOf);
  const changes = FIXED.filter((key) => checkpoint.config[key] !== config[key]).map(
    (key) => `${nameOf(key)} ${told(checkpoint.config[key])} → ${told(config[key])}`,
  );
  if (changes.length === 0) return;
  const fix = "Leave these options out, or start a new run.";
  fail(checkpoint.source, "be resumed with its own options", changes.join(", "), fix);
}

/** A setting as a person wrote it. */
function told(value: unknown): string {
  return typeof value === "string" ? value : show(value);
}

function fail(argument: string, must: string, value: string, fix: string): never {
  throw new FormatError({ op: "resume", argument, must, value, fix });
}
