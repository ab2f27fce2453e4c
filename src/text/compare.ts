import { refusal } from "../base/check.js";
import { show } from "../base/errors.js";
import type { Vocabulary } from "./vocabulary.js";

/** Whether both give the same ids for every text. */
export function sameVocabulary(a: Vocabulary, b: Vocabulary): boolean {
  return vocabularyDifference(a, b) === undefined;
}

/** What differs, each as `field: old → new`, or undefined: for the error of a model that meets another text. */
export function vocabularyDifference(old: Vocabulary, now: Vocabulary): string | undefined {
  for (const [argument, vocabulary] of Object.entries({ old, now })) {
    checkVocabulary("vocabularyDifference", argument, vocabulary);
  }
  if (old.kind !== now.kind) return `kind: ${old.kind} → ${now.kind}`;
  const differences: string[] = [];
  const before: Record<string, unknown> = old.toJSON();
  const after: Record<string, unknown> = now.toJSON();
  for (const field of ["unknown", "split", "lowercase", "special"]) {
    if (JSON.stringify(before[field]) === JSON.stringify(after[field])) continue;
    differences.push(`${field}: ${show(before[field])} → ${show(after[field])}`);
  }
  if (old.size !== now.size) differences.push(`size: ${old.size} → ${now.size}`);
  const missing = tokensOnlyIn(old, now);
  const extra = tokensOnlyIn(now, old);
  if (missing.length > 0) differences.push(`no longer there: ${list(missing)}`);
  if (extra.length > 0) differences.push(`new: ${list(extra)}`);
  if (differences.length > 0) return differences.join("; ");
  for (let id = 0; id < old.size; id++) {
    if (old.tokenOf(id) !== now.tokenOf(id)) {
      return `order: token ${id} is ${JSON.stringify(old.tokenOf(id))} → ${JSON.stringify(now.tokenOf(id))}`;
    }
  }
  return undefined;
}

/** @throws OptionError for what has not a vocabulary's methods */
export function checkVocabulary(op: string, argument: string, value: unknown): void {
  const { toJSON, tokenOf, idOf, encode } = (value ?? {}) as Record<string, unknown>;
  if ([toJSON, tokenOf, idOf, encode].every((method) => typeof method === "function")) return;
  throw refusal(op, argument, "be a vocabulary", value, "Make one with text.buildVocabulary().");
}

function tokensOnlyIn(a: Vocabulary, b: Vocabulary): string[] {
  const tokens = Array.from({ length: a.size }, (_, id) => a.tokenOf(id));
  return tokens.filter((token) => b.idOf(token) === undefined);
}

function list(tokens: string[]): string {
  const shown = tokens.slice(0, 8).map((token) => JSON.stringify(token));
  return `${shown.join(" ")}${tokens.length > 8 ? ` and ${tokens.length - 8} more` : ""}`;
}
