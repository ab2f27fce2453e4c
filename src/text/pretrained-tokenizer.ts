import { checkBoolean, checkKnownOptions, checkObject, checkString } from "../base/check.js";
import { FormatError, UnsupportedError } from "../base/errors.js";
import type { TokenizerJSON } from "./tokenizer-json.js";
import { checkTokenIds } from "./vocabulary.js";

/** What is used of @huggingface/tokenizers, an optional peer dependency that is loaded when it is asked for. */
interface HuggingFaceTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(withAdded: boolean): Map<string, number>;
}

interface HuggingFace {
  Tokenizer: new (json: object, config: object) => HuggingFaceTokenizer;
}

export interface TokenizerOptions {
  /** What stands in tokenizer_config.json, parsed. Default: nothing. */
  config?: object | undefined;
  /** The package itself, where it cannot be found by its name, as in a bundle: `await import("@huggingface/tokenizers")`. */
  module?: object | undefined;
}

/** Any `tokenizer.json`, by Hugging Face's own package. `loadTokenizer` makes it. */
export class PretrainedTokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;

  /** @internal */
  constructor(tokenizer: HuggingFaceTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Of the tokens, special ones included. */
  get size(): number {
    let last = -1;
    for (const id of this.#tokenizer.get_vocab(true).values()) last = Math.max(last, id);
    return last + 1;
  }

  /** @param options `addSpecialTokens`: with those that the tokenizer puts around a text. Default false */
  encode(text: string, options: { addSpecialTokens?: boolean | undefined } = {}): Int32Array {
    const op = "PretrainedTokenizer.encode";
    checkString(op, "text", text);
    checkKnownOptions(op, options, ["addSpecialTokens"]);
    const add = checkBoolean(op, "addSpecialTokens", options.addSpecialTokens ?? false);
    return Int32Array.from(this.#tokenizer.encode(text, { add_special_tokens: add }).ids);
  }

  /** Without special tokens. */
  decode(ids: ArrayLike<number>): string {
    checkTokenIds("PretrainedTokenizer.decode", ids);
    return this.#tokenizer.decode(Array.from(ids), { skip_special_tokens: true });
  }

  tokenOf(id: number): string | undefined {
    return this.#tokenizer.id_to_token(id);
  }

  idOf(token: string): number | undefined {
    checkString("PretrainedTokenizer.idOf", "token", token);
    return this.#tokenizer.token_to_id(token);
  }
}

const PACKAGE = "@huggingface/tokenizers";

/**
 * Any `tokenizer.json` (WordPiece, Unigram, other kinds of BPE), read by @huggingface/tokenizers. A byte-level BPE as GPT-2's needs no
 * package: `bpeFromTokenizerJSON`.
 * @param json  what stands in tokenizer.json, parsed
 * @throws UnsupportedError where @huggingface/tokenizers is not installed; FormatError for what it cannot read
 * @example const tokenizer = await text.loadTokenizer(JSON.parse(await readFile("tokenizer.json", "utf8")));
 */
export async function loadTokenizer(json: TokenizerJSON, options: TokenizerOptions = {}): Promise<PretrainedTokenizer> {
  const op = "loadTokenizer";
  checkKnownOptions(op, options, ["config", "module"]);
  checkObject(op, "json", json, "a parsed tokenizer.json", "Write JSON.parse(text).");
  const { Tokenizer } = (options.module ?? (await found(op))) as HuggingFace;
  try {
    return new PretrainedTokenizer(new Tokenizer(json, options.config ?? {}));
  } catch (cause) {
    const [argument, must] = ["json", `be a tokenizer.json that ${PACKAGE} reads`];
    throw new FormatError({ op, argument, must, value: cause instanceof Error ? cause.message : "another" }, { cause });
  }
}

async function found(op: string): Promise<unknown> {
  // By a variable, so that bundlers do not look for what may not be there.
  const name: string = PACKAGE;
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (cause) {
    const [argument, must] = [PACKAGE, "be installed"];
    const fix = `npm install ${PACKAGE}; or pass { module: await import("${PACKAGE}") }.`;
    throw new UnsupportedError({ op, argument, must, value: "no such package", fix }, { cause });
  }
}
