import { checkArray, checkKnownOptions, checkOneOf, checkString, refusal } from "../../base/check.js";

/** Which tags may follow which: 1 or true for what may. */
export interface TagConstraints {
  /** [K, K], from row to column. */
  transitions: readonly (readonly (number | boolean)[])[];
  /** [K]. Default: all. */
  start?: readonly (number | boolean)[] | undefined;
  /** [K]. Default: all. */
  end?: readonly (number | boolean)[] | undefined;
}

export interface BioOptions {
  /** BIO: B-X I-X. BIOES, which BILOU is in other letters: B-X I-X E-X, S-X. Default: BIOES where a label begins with E, S, L or U. */
  scheme?: "BIO" | "BIOES" | undefined;
}

/**
 * What labels of spans allow: I-X comes after B-X or I-X alone, and so never first; in BIOES a span that B-X began goes on as I-X or ends as
 * E-X, of the same kind, and S-X is one of a single token.
 * @param labels  `O`, `B-PER`, `I-PER`, ..: the tag of each is its place in the list
 * @throws OptionError for a label that is none
 * @example
 * const crf = new nn.CRF(labels.length, { constraints: nn.bioConstraints(labels) });
 * Source: Ramshaw & Marcus 1995; Ratinov & Roth 2009.
 */
export function bioConstraints(labels: readonly string[], options: BioOptions = {}): TagConstraints {
  const op = "bioConstraints";
  checkArray(op, "labels", labels);
  checkKnownOptions(op, options, ["scheme"]);
  const parts = labels.map((label, i) => {
    const found = /^(?:O$|([BIESLU])-(.+)$)/.exec(checkString(op, `labels[${i}]`, label));
    if (found === null) throw refusal(op, `labels[${i}]`, "be O, or B, I, E or S with a kind, as B-PER", label);
    const place = found[1] === undefined ? "O" : ({ L: "E", U: "S" }[found[1]] ?? found[1]);
    return { place, kind: found[2] };
  });
  const ends = parts.some(({ place }) => place === "E" || place === "S");
  const scheme = checkOneOf(op, "scheme", options.scheme ?? (ends ? "BIOES" : "BIO"), ["BIO", "BIOES"]);
  const strict = scheme === "BIOES";
  const isInside = ({ place }: { place: string }) => place === "I" || place === "E";
  const isOpen = ({ place }: { place: string }) => place === "B" || place === "I";
  const transitions = parts.map((from) =>
    parts.map((to) => {
      if (isInside(to)) return isOpen(from) && from.kind === to.kind;
      return !(strict && isOpen(from));
    }),
  );
  return {
    transitions,
    start: parts.map((to) => !isInside(to)),
    end: parts.map((from) => !(strict && isOpen(from))),
  };
}
