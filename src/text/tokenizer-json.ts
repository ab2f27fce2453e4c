import { isObject, refusal } from "../base/check.js";
import { FormatError, show, UnsupportedError } from "../base/errors.js";
import { BPEVocabulary } from "./bpe-vocabulary.js";

/** A `tokenizer.json` of Hugging Face's tokenizers, parsed. */
export type TokenizerJSON = Readonly<Record<string, unknown>>;

const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

/** A vocabulary as a `tokenizer.json`, which Hugging Face's tokenizers read: the same ids for the same text. */
export function toTokenizerJSON(vocabulary: BPEVocabulary): TokenizerJSON {
  if (!(vocabulary instanceof BPEVocabulary)) {
    throw refusal("toTokenizerJSON", "vocabulary", "be a BPEVocabulary", vocabulary);
  }
  const { tokens, merges, special } = vocabulary.toJSON();
  const added = special.map((content) => {
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    return { id: vocabulary.idOf(content), content, ...flags };
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: BYTE_LEVEL,
    post_processor: null,
    decoder: BYTE_LEVEL,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

const OP = "bpeFromTokenizerJSON";

/**
 * The byte-level BPE of a `tokenizer.json`, as GPT-2's is, without any other package. Its special tokens are ids that no text makes.
 * @throws UnsupportedError for another kind of tokenizer, which `loadTokenizer` may read; FormatError for what is no tokenizer.json
 */
export function bpeFromTokenizerJSON(json: TokenizerJSON): BPEVocabulary {
  const model = json?.["model"] as Record<string, unknown> | undefined;
  if (!isObject(model) || !isObject(model["vocab"])) fail("json", "be a parsed tokenizer.json", show(json));
  checkKind(json, model);
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model["vocab"] as Record<string, unknown>)) put(tokens, token, id);
  const added = Array.isArray(json["added_tokens"])
    ? (json["added_tokens"] as { id: unknown; content: string }[]).filter(isObject)
    : [];
  for (const { id, content } of added) put(tokens, content, id);
  for (let id = 0; id < tokens.length; id++) {
    if (tokens[id] === undefined) fail("model.vocab", "have every id from 0 on", `none ${id}`);
  }
  const merges = model["merges"];
  if (!Array.isArray(merges)) fail("model.merges", "be a list", show(merges));
  return new BPEVocabulary(
    tokens,
    merges.map((merge: unknown) =>
      Array.isArray(merge) ? merge.join(" ") : typeof merge === "string" ? merge : show(merge),
    ),
    added.map(({ content }) => content),
  );
}

function put(tokens: string[], token: unknown, id: unknown): void {
  if (typeof token !== "string" || !Number.isSafeInteger(id) || (id as number) < 0 || (id as number) > 1e7) {
    fail("model.vocab", "be ids of tokens", `${show(token)}: ${show(id)}`);
  }
  if (tokens[id as number] !== undefined && tokens[id as number] !== token) {
    fail("model.vocab", "have one token an id", `two for ${String(id)}`);
  }
  tokens[id as number] = token;
}

/** @throws UnsupportedError for parts that the class does not have */
function checkKind(json: TokenizerJSON, model: Record<string, unknown>): void {
  const splitter = json["pre_tokenizer"] as Record<string, unknown> | null;
  const differs: [string, boolean][] = [
    [`a model of type ${show(model["type"])}`, model["type"] !== "BPE"],
    ["byte_fallback", model["byte_fallback"] === true],
    ["ignore_merges", model["ignore_merges"] === true],
    ["a continuing_subword_prefix", Boolean(model["continuing_subword_prefix"])],
    ["an end_of_word_suffix", Boolean(model["end_of_word_suffix"])],
    ["a normalizer", json["normalizer"] != null],
    ["another pre_tokenizer than ByteLevel", splitter?.["type"] !== "ByteLevel" || splitter["use_regex"] === false],
    ["add_prefix_space", splitter?.["add_prefix_space"] === true],
  ];
  const found = differs.find(([, is]) => is);
  if (found === undefined) return;
  const [argument, must] = ["json", "be a byte-level BPE as GPT-2's"];
  const fix = "Read it with loadTokenizer(json), which needs @huggingface/tokenizers.";
  throw new UnsupportedError({ op: OP, argument, must, value: `one with ${found[0]}`, fix });
}

function fail(argument: string, must: string, value: string): never {
  throw new FormatError({ op: OP, argument, must, value });
}
