import { checkKnownOptions } from "../../base/check.js";
import { advised } from "./row-reader.js";
import { openSource, type SourceOptions, type TextSource } from "./source.js";
import { TextBlocks } from "./text-blocks.js";

const OP = "readText";

/** A text that is walked line by line in bounded memory, or awaited as a whole. */
export class TextReader implements AsyncIterable<string>, PromiseLike<string> {
  readonly #blocks: () => AsyncIterable<string>;
  #read: Promise<string> | null = null;

  /** @internal */
  constructor(blocks: () => AsyncIterable<string>) {
    this.#blocks = blocks;
  }

  /** Its lines without their ends (LF, CRLF or CR), empty ones too. */
  async *[Symbol.asyncIterator](): AsyncIterator<string> {
    for await (const block of this.#blocks()) {
      const lines = block.split(/\r\n|\n|\r/);
      // Behind the end of the last line there is none.
      if (lines.at(-1) === "") lines.pop();
      yield* lines;
    }
  }

  /** The whole: what `await` gives. */
  text(): Promise<string> {
    this.#read ??= joined(this.#blocks());
    return this.#read;
  }

  /** Makes `await readText(...)` the text. */
  // biome-ignore lint/suspicious/noThenProperty: nothing is read until somebody asks, as with a query
  then<A = string, B = never>(
    onText?: ((text: string) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.text().then(onText, onError);
  }
}

/**
 * A text of UTF-8 (or another `encoding`), also in gzip; a byte-order mark is passed over.
 * @param source  as for `readCSV`
 * @throws FormatError with line and column of a byte that is no text
 * @example
 * const corpus = await readText("corpus.txt.gz");
 * for await (const line of readText(file)) count(line);
 */
export function readText(source: TextSource, options: SourceOptions = {}): TextReader {
  checkKnownOptions(OP, options, ["name", "encoding"]);
  const { name, pieces } = openSource(OP, source, options);
  return new TextReader(() => advised(blocksOf(name, pieces())));
}

async function* blocksOf(name: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const blocks = new TextBlocks(name, { quotes: false });
  for await (const piece of pieces) {
    const block = blocks.push(piece);
    if (block !== null) yield block.text;
  }
  const rest = blocks.end();
  if (rest !== null) yield rest.text;
}

async function joined(blocks: AsyncIterable<string>): Promise<string> {
  const parts: string[] = [];
  for await (const block of blocks) parts.push(block);
  return parts.join("");
}
