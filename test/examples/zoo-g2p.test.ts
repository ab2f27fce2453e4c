import { expect, test } from "vitest";
import { G2P } from "../../examples/zoo/g2p.js";
import { expectClose } from "../support/close.js";
import { describeModels, modelBytes, modelFile, modelJson, numbersOf, type StoredTensor } from "../support/models.js";

interface Expected {
  words: {
    word: string;
    phonemes: string[];
    encoder_states?: StoredTensor;
    first_logits?: StoredTensor;
    last_logits?: StoredTensor;
  }[];
}

describeModels("g2p-en", "spelling to sound, by the weights of g2p_en", () => {
  const { words } = modelJson<Expected>("g2p-en", "expected.json");

  const within = (found: ArrayLike<number>, expected: StoredTensor | undefined, atol: number): void => {
    if (expected !== undefined) expectClose(found, numbersOf(expected), { rtol: 0, atol });
  };

  test("every word is said as NumPy says it: states to 1e-5, logits to 1e-4, phonemes exactly", async () => {
    const model = await G2P.from(modelBytes("g2p-en", "checkpoint20.npz"));
    expect(words.filter(({ encoder_states }) => encoder_states !== undefined).length).toBeGreaterThan(0);
    for (const { word, phonemes, encoder_states, first_logits, last_logits } of words) {
      const said = model.say(word);
      expect([word, said.phonemes]).toEqual([word, phonemes]);
      within(said.states.data(), encoder_states, 1e-5);
      within(said.logits[0], first_logits, 1e-4);
      within(said.logits.at(-1)!, last_logits, 1e-4);
    }
  });

  test("from a path", async () => {
    const model = await G2P.from(modelFile("g2p-en", "checkpoint20.npz"));
    expect(model.say("hello").phonemes).toEqual(["HH", "EH1", "L", "OW0"]);
  });
});
