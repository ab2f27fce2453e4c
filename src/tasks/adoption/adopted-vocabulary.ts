import { FormatError, show } from "../../base/errors.js";
import { CharVocabulary, type Vocabulary, WordVocabulary } from "../../text/index.js";
import { END_OF_LINE, UNKNOWN } from "../../text/vocabulary.js";

/** A vocabulary of ours for tokens of others, whose ids are in another order. */
export interface AdoptedVocabulary {
  vocabulary: Vocabulary;
  /** The row of each of our ids in their matrices; -1 for a token that they do not have. */
  rows: readonly number[];
  /** What a person should know. */
  notes: readonly string[];
}

/** What a token is. */
export type TokenKind = "char" | "word";

const UNKNOWN_NAMES = [UNKNOWN, "<UNK>", "[UNK]", "<unknown>", "UNK", "xxunk", "<oov>"];
const END_NAMES = [END_OF_LINE, "</s>", "<EOS>", "[EOS]", "<eol>", "\n", "xxeos"];
/** Names that stand for no text: `<pad>`, `[SEP]`. */
const SPECIAL = /^(<[^<>]+>|\[[A-Z]+\]|xx[a-z]+)$/;
/** Code points that Unicode gives to nobody, for tokens that are no character. */
const PRIVATE = 0xe000;
const MOST_NAMED = 6;

/** What tokens are by their look: characters, where all but special ones are. */
export function kindOf(tokens: readonly (string | null)[]): TokenKind {
  const isChar = (token: string | null) => token === null || [...token].length === 1 || SPECIAL.test(token);
  return tokens.every(isChar) ? "char" : "word";
}

/** Whether it is what a vocabulary calls all that it does not know. */
export const isUnknown = (token: string | null): boolean => token !== null && UNKNOWN_NAMES.includes(token);

/**
 * A vocabulary of these tokens.
 * @param tokens  by their ids; null for an id without a token
 * @throws FormatError naming a token that a vocabulary of this kind cannot have
 */
export function adoptVocabulary(
  tokens: readonly (string | null)[],
  kind: TokenKind,
  source: string,
): AdoptedVocabulary {
  const named = tokens.map((token, id) => token ?? `<unused${id}>`);
  return kind === "char" ? ofCharacters(named) : ofWords(named, source);
}

function ofCharacters(tokens: readonly string[]): AdoptedVocabulary {
  const unknown = tokens.findIndex(isUnknown);
  const points = new Set(tokens);
  let next = PRIVATE;
  const standIns: string[] = [];
  const rows = [...tokens.keys()].filter((id) => id !== unknown);
  const chars = rows.map((id) => {
    if ([...tokens[id]].length === 1) return tokens[id];
    while (points.has(String.fromCodePoint(next))) next++;
    const standIn = String.fromCodePoint(next++);
    standIns.push(`${tokens[id]} as U+${standIn.codePointAt(0)!.toString(16).toUpperCase()}`);
    return standIn;
  });
  const vocabulary = new CharVocabulary(chars, unknown >= 0);
  const notes =
    standIns.length === 0 ? [] : [`tokens that are no character are written as one that nobody uses: ${few(standIns)}`];
  return { vocabulary, rows: unknown >= 0 ? [...rows, unknown] : rows, notes };
}

function ofWords(tokens: readonly string[], source: string): AdoptedVocabulary {
  const unknown = tokens.findIndex(isUnknown);
  const end = END_NAMES.map((name) => tokens.indexOf(name)).find((id) => id >= 0) ?? -1;
  const words = tokens.map((token, id) => (id === unknown ? UNKNOWN : id === end ? END_OF_LINE : token));
  const rows = [...tokens.keys()];
  const notes: string[] = [];
  if (end < 0) {
    words.push(END_OF_LINE);
    rows.push(-1);
    notes.push("it knows no end of a line: one is added, which it holds for all but impossible");
  } else if (tokens[end] !== END_OF_LINE) notes.push(`${show(tokens[end])} is the end of a line`);
  const broken = words.find((word) => /\s/.test(word) || word === "");
  if (broken !== undefined) {
    const must = "hold words without blanks, which a text can show";
    throw new FormatError({ op: "import", argument: source, must, value: show(broken) });
  }
  return { vocabulary: new WordVocabulary(words, { split: "whitespace" }), rows, notes };
}

export function few(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return names.slice(0, MOST_NAMED).join(", ") + more;
}
