import type { Vocabulary } from "../../text/vocabulary.js";

/** What is read before a text without a prompt: a line break begins something new; failing that, the first token. */
export function startOf(vocabulary: Vocabulary): Int32Array {
  for (const token of ["\n", "<0x0A>", "<eos>", " "]) {
    const id = vocabulary.idOf(token);
    if (id !== undefined) return Int32Array.of(id);
  }
  return Int32Array.of(0);
}
