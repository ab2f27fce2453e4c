import { UNKNOWN, type Vocabulary } from "../../text/vocabulary.js";

/** How many tokens of a text were read as `<unk>`: none without a vocabulary. A written `<unk>` counts too: it says as little. */
export function countUnknown(vocabulary: Pick<Vocabulary, "idOf"> | null, ids: ArrayLike<number>): number {
  if (vocabulary === null) return 0;
  const unknown = vocabulary.idOf(UNKNOWN);
  return unknown === undefined ? 0 : countOf(ids, unknown);
}

export function countOf(ids: ArrayLike<number>, id: number): number {
  let count = 0;
  for (let i = 0; i < ids.length; i++) if (ids[i] === id) count++;
  return count;
}

/** What a token is called. */
export function unitOf(kind: Vocabulary["kind"]): string {
  return kind === "char" ? "character" : kind === "bpe" ? "token" : kind;
}

/** To follow the count: `words, 3.25 % of the text, read as <unk>`. */
export function unknownText(kind: Vocabulary["kind"], share: number, how = `read as ${UNKNOWN}`): string {
  return `${unitOf(kind)}s, ${(100 * share).toPrecision(3)} % of the text, ${how}`;
}
