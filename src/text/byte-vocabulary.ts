import { checkBoolean, checkKnownOptions, checkString } from "../base/check.js";
import { bytesIn } from "../base/dtype.js";
import { type EncodeOptions, SPECIAL_TOKENS, type SpecialIds, specialIdsOf, withEnds } from "./special-tokens.js";
import { checkTokenId, checkTokenIds, type TokenStream, type Vocabulary, type VocabularyJSON } from "./vocabulary.js";

export interface ByteVocabularyOptions {
  /** Have `<pad>`, `<bos>`, `<eos>` and `<unk>`, with the ids 0 to 3, before the bytes. Default false. */
  special?: boolean | undefined;
}

/**
 * The 256 bytes of UTF-8: every text has tokens, and so has every file. Bytes that a model draws and that are not
 * UTF-8 decode to U+FFFD. A lone surrogate, which UTF-8 cannot hold, encodes as U+FFFD.
 */
export class ByteVocabulary implements Vocabulary {
  readonly kind = "byte";
  readonly size: number;
  /** The ids of the special tokens, where it has them. */
  readonly special: SpecialIds;
  /** The id of byte 0. */
  readonly #first: number;

  constructor(options: ByteVocabularyOptions = {}) {
    checkKnownOptions("ByteVocabulary", options, ["special"]);
    const special = checkBoolean("ByteVocabulary", "special", options.special ?? false) ? SPECIAL_TOKENS : [];
    this.#first = special.length;
    this.size = 256 + special.length;
    this.special = specialIdsOf(special, (token) => (special as readonly string[]).indexOf(token));
  }

  encode(text: string, options: EncodeOptions = {}): Int32Array {
    checkString("ByteVocabulary.encode", "text", text);
    const ids = this.encodeBytes(new TextEncoder().encode(text));
    return withEnds("ByteVocabulary.encode", ids, this.special, options);
  }

  encodeBytes(bytes: Uint8Array): Int32Array {
    const given = bytesIn("ByteVocabulary.encodeBytes", "bytes", bytes);
    const ids = new Int32Array(given.length);
    for (let i = 0; i < ids.length; i++) ids[i] = given[i] + this.#first;
    return ids;
  }

  decode(ids: ArrayLike<number>): string {
    return utf8Decoder().decode(this.decodeBytes(ids));
  }

  /** Special tokens have none. */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    checkTokenIds("ByteVocabulary.decode", ids);
    const bytes = new Uint8Array(ids.length);
    let count = 0;
    for (let i = 0; i < ids.length; i++) {
      const byte = checkTokenId("ByteVocabulary.decode", ids[i], this.size) - this.#first;
      if (byte >= 0) bytes[count++] = byte;
    }
    return count === bytes.length ? bytes : bytes.slice(0, count);
  }

  /** Holds the bytes of an incomplete character back. */
  stream(): TokenStream {
    const decoder = utf8Decoder();
    return {
      push: (id) => decoder.decode(this.decodeBytes([id]), { stream: true }),
      end: () => decoder.decode(),
    };
  }

  /** Printable ASCII as itself, the rest as `<0x0A>`. */
  tokenOf(id: number): string {
    const byte = checkTokenId("ByteVocabulary.tokenOf", id, this.size) - this.#first;
    if (byte < 0) return SPECIAL_TOKENS[id];
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
    return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  }

  idOf(token: string): number | undefined {
    checkString("ByteVocabulary.idOf", "token", token);
    const special = (SPECIAL_TOKENS as readonly string[]).indexOf(token);
    if (special >= 0) return special < this.#first ? special : undefined;
    const byte = token.length === 1 ? token.charCodeAt(0) : Number.parseInt(token.slice(3), 16);
    const id = byte + this.#first;
    return byte >= 0 && byte < 256 && this.tokenOf(id) === token ? id : undefined;
  }

  toJSON(): VocabularyJSON {
    return this.#first === 0 ? { kind: "byte" } : { kind: "byte", special: true };
  }
}

/** `ignoreBOM` in the standard's sense: U+FEFF is text and stays. */
function utf8Decoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
