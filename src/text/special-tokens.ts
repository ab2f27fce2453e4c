import { checkBoolean, checkKnownOptions } from "../base/check.js";
import { OptionError } from "../base/errors.js";

/** Tokens that no text makes, in the order of their ids, where a vocabulary has them. */
export const SPECIAL_TOKENS = ["<pad>", "<bos>", "<eos>", "<unk>"] as const;

/** The ids of the special tokens that a vocabulary has. */
export interface SpecialIds {
  readonly pad?: number | undefined;
  readonly bos?: number | undefined;
  readonly eos?: number | undefined;
  readonly unk?: number | undefined;
}

export interface EncodeOptions {
  /** Begin with `<bos>`. Default false. */
  addBos?: boolean | undefined;
  /** End with `<eos>`. Default false. */
  addEos?: boolean | undefined;
}

export function specialIdsOf(special: readonly string[], idOf: (token: string) => number | undefined): SpecialIds {
  const known = SPECIAL_TOKENS.filter((token) => special.includes(token));
  return Object.fromEntries(known.map((token) => [token.slice(1, -1), idOf(token)]));
}

/** @throws OptionError for an end that the vocabulary does not have */
export function withEnds(op: string, ids: Int32Array, special: SpecialIds, options: EncodeOptions): Int32Array {
  checkKnownOptions(op, options, ["addBos", "addEos"]);
  const end = (option: "addBos" | "addEos", name: "bos" | "eos"): number[] => {
    if (!checkBoolean(op, option, options[option] ?? false)) return [];
    const id = special[name];
    if (id !== undefined) return [id];
    const fix = "Build it with { special: true }.";
    throw new OptionError({ op, argument: option, must: `be of a vocabulary with <${name}>`, value: "true", fix });
  };
  const [before, after] = [end("addBos", "bos"), end("addEos", "eos")];
  if (before.length + after.length === 0) return ids;
  const out = new Int32Array(before.length + ids.length + after.length);
  out.set(before, 0);
  out.set(ids, before.length);
  out.set(after, before.length + ids.length);
  return out;
}
