import { type DataDetails, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { LengthCounts } from "../about-data/length-counts.js";
import type { Source } from "../task.js";
import { unknownText } from "../tokens/unknown.js";
import type { ResolvedConfig } from "./config.js";
import type { Corpus } from "./corpus.js";

interface ReadText extends Pick<Corpus, "vocabulary" | "unknown"> {
  train: { readonly length: number };
  validation: { readonly length: number } | null;
}

/** What there is to know of a text. @param lines  of the files to train on */
export function textDetails(
  lines: LineLengths,
  { vocabulary, train, validation, unknown }: ReadText,
  config: ResolvedConfig,
  valid: Pick<Source, "name"> | undefined,
): DataDetails {
  const [learned, held] = [train.length, validation?.length ?? 0];
  const rare = `${unknownText(vocabulary.kind, unknown / (learned + held))}: too rare for the vocabulary`;
  const lengths = lines.end();
  return {
    rows: lengths.count,
    unit: "lines",
    columns: [],
    classes: [],
    lengths: lengths.quantiles("lines", lines.inBytes ? "bytes" : "characters"),
    values: [],
    leftOut: leftOut(unknown, rare, config.maxVocab === null ? "minCount" : "maxVocab"),
    split: { train: learned, validation: held, unit: "tokens", how: heldHow(config, valid, "the end of the text") },
  };
}

/** Of a text that is there as a whole. */
export function linesIn(bytes: Uint8Array, inBytes: boolean): LineLengths {
  const hasMark = !inBytes && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return new LineLengths(inBytes).add(hasMark ? bytes.subarray(3) : bytes);
}

/** Of each line without its end, of bytes that come in pieces. */
export class LineLengths {
  readonly inBytes: boolean;
  readonly #counts = new LengthCounts();
  #length = 0;

  /** @param inBytes  else in characters */
  constructor(inBytes: boolean) {
    this.inBytes = inBytes;
  }

  add(bytes: Uint8Array): this {
    const { inBytes } = this;
    let length = this.#length;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === 0x0a) {
        this.#counts.add(length);
        length = 0;
      } else if (byte !== 0x0d && (inBytes || (byte & 0xc0) !== 0x80)) length++;
    }
    this.#length = length;
    return this;
  }

  /** All of them: the last needs no end, unless it is empty. */
  end(): LengthCounts {
    if (this.#length > 0) this.#counts.add(this.#length);
    this.#length = 0;
    return this.#counts;
  }
}
