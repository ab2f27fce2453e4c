import { type DataDetails, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { quantiles } from "../about-data/quantiles.js";
import type { Sources } from "../task.js";
import { unknownText } from "../unknown-tokens.js";
import type { ResolvedConfig } from "./config.js";
import type { Corpus } from "./corpus.js";

/** What there is to know of a text. */
export function textDetails({ train, valid }: Sources, corpus: Corpus, config: ResolvedConfig): DataDetails {
  const lengths = lineLengths(train.bytes, config.tokens === "byte");
  const [learned, held] = [corpus.train.length, corpus.validation?.length ?? 0];
  const { kind } = corpus.vocabulary;
  const rare = `${unknownText(kind, corpus.unknown / (learned + held))}: too rare for the vocabulary`;
  return {
    rows: lengths.length,
    unit: "lines",
    columns: [],
    classes: [],
    lengths: quantiles("lines", config.tokens === "byte" ? "bytes" : "characters", lengths),
    values: [],
    leftOut: leftOut(corpus.unknown, rare, config.maxVocab === null ? "minCount" : "maxVocab"),
    split: { train: learned, validation: held, unit: "tokens", how: heldHow(config, valid, "the end of the text") },
  };
}

/** Of each line without its end. */
function lineLengths(bytes: Uint8Array, inBytes: boolean): number[] {
  const lengths: number[] = [];
  let length = 0;
  for (const byte of bytes) {
    if (byte === 0x0a) {
      lengths.push(length);
      length = 0;
    } else if (byte !== 0x0d && (inBytes || (byte & 0xc0) !== 0x80)) length++;
  }
  if (length > 0) lengths.push(length);
  return lengths;
}
