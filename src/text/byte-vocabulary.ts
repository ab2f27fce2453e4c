import { checkString } from "../base/check.js";
import { bytesIn } from "../base/dtype.js";
import { checkTokenId, checkTokenIds, type TokenStream, type Vocabulary, type VocabularyJSON } from "./vocabulary.js";

/**
 * The 256 bytes of UTF-8: every text has tokens, and so has every file. Bytes that a model draws and that are not
 * UTF-8 decode to U+FFFD. A lone surrogate, which UTF-8 cannot hold, encodes as U+FFFD.
 */
export class ByteVocabulary implements Vocabulary {
  readonly kind = "byte";
  readonly size = 256;

  encode(text: string): Int32Array {
    checkString("ByteVocabulary.encode", "text", text);
    return this.encodeBytes(new TextEncoder().encode(text));
  }

  encodeBytes(bytes: Uint8Array): Int32Array {
    const given = bytesIn("ByteVocabulary.encodeBytes", "bytes", bytes);
    const ids = new Int32Array(given.length);
    for (let i = 0; i < ids.length; i++) ids[i] = given[i];
    return ids;
  }

  decode(ids: ArrayLike<number>): string {
    return utf8Decoder().decode(this.decodeBytes(ids));
  }

  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    checkTokenIds("ByteVocabulary.decode", ids);
    const bytes = new Uint8Array(ids.length);
    for (let i = 0; i < ids.length; i++) bytes[i] = checkTokenId("ByteVocabulary.decode", ids[i], 256);
    return bytes;
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
    checkTokenId("ByteVocabulary.tokenOf", id, 256);
    if (id >= 0x20 && id < 0x7f) return String.fromCharCode(id);
    return `<0x${id.toString(16).toUpperCase().padStart(2, "0")}>`;
  }

  idOf(token: string): number | undefined {
    checkString("ByteVocabulary.idOf", "token", token);
    const id = token.length === 1 ? token.charCodeAt(0) : Number.parseInt(token.slice(3), 16);
    return id >= 0 && id < 256 && this.tokenOf(id) === token ? id : undefined;
  }

  toJSON(): VocabularyJSON {
    return { kind: "byte" };
  }
}

/** `ignoreBOM` in the standard's sense: U+FEFF is text and stays. */
function utf8Decoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
