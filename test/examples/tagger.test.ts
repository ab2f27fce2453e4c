import { describe, expect, test } from "vitest";
import { brownSentences, FILES, findNames, plainTag, tagBrown, universalTag, usualTag } from "../../examples/tagger.js";

test("500 files, all of whose tags have a universal one", () => {
  const counts = new Map<string, number>();
  let words = 0;
  for (const [, tag] of FILES.flatMap((file) => brownSentences(file, universalTag)).flat()) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
    words++;
  }
  expect([FILES.length, words]).toEqual([500, 1_161_192]);
  expect([...counts.keys()].sort()).toEqual(
    [".", "ADJ", "ADP", "ADV", "CONJ", "DET", "NOUN", "NUM", "PRON", "PRT", "VERB", "X"].sort(),
  );
});

test.each([
  // From the published mapping, one of each kind of line.
  ["''", "."], ["--", "."], [".-HL", "."], ["*", "ADV"], ["JJ-TL-HL", "ADJ"], ["AP", "ADJ"], ["AP$", "PRT"], ["JJ$-TL", "PRT"],
  ["CS", "ADP"], ["IN+PPO", "ADP"], ["QLP", "ADV"], ["RB+CS", "ADV"], ["RB+BEZ", "PRT"], ["RB$", "PRT"], ["WRB+DOD*", "PRT"],
  ["WRB+IN", "PRT"], ["ABX", "DET"], ["PP$", "DET"], ["DT$", "DET"], ["DT+BEZ-NC", "PRT"], ["CD$", "NOUN"], ["CD", "NUM"],
  ["NN$-HL", "NOUN"], ["NN+IN", "NOUN"], ["NN+HVZ-TL", "PRT"], ["PN", "NOUN"], ["PPSS+BEZ*", "PRT"], ["PPSS+BER-N", "PRT"],
  ["PP$$", "PRON"], ["WPO-NC", "PRON"], ["EX", "PRT"], ["TO+VB", "PRT"], ["UH", "PRT"], ["BEDZ*", "VERB"], ["MD+HV", "VERB"],
  ["HV+TO", "VERB"], ["VB+JJ-NC", "VERB"], ["DO+PPSS", "X"], ["FW-*-TL", "X"], ["FW-PPSS+HV", "X"], ["NIL", "X"],
])("%s is %s", (tag, universal) => {
  expect(universalTag(tag.toLowerCase())).toBe(universal);
}); // biome-ignore format: many a line

test("marks of headlines, titles and citations are taken off, and others stay", () => {
  const marked = ["nn-tl-hl", "fw-in+at-t", "*-hl", "---hl", "--", "bez*", "fw-nn-tl-nc"];
  expect(marked.map(plainTag)).toEqual(["NN", "FW-IN+AT", "*", "--", "--", "BEZ*", "FW-NN"]);
  expect(() => universalTag("xy")).toThrow("xy is no tag of the Brown corpus");
});

test("the naive answer: the usual tag of a word, and that of rare words", () => {
  const tags = "a:X b:Y a:Z a:X c:Y d:Q d:Q".split(" ").map((pair) => pair.split(":") as [string, string]);
  const usual = usualTag([tags]);
  expect(["a", "b", "d", "new"].map(usual)).toEqual(["X", "Y", "Q", "Y"]);
});

describe("learning", () => {
  test("universal tags of twenty files: better than the naive answer", async () => {
    const small = { hidden: 32, embed: 32, charEmbed: 12, charHidden: 16, batch: 8, epochs: 2, lr: 0.01 };
    const { accuracy, naive } = await tagBrown(
      "universal",
      small,
      FILES.filter((_, i) => i % 25 === 3),
    );
    expect(naive).toBeGreaterThan(0.8);
    expect(accuracy).toBeGreaterThan(naive);
  });

  test("names whose kind follows from what stands around them", async () => {
    const { model, f1, naive } = await findNames();
    expect(naive).toBeLessThan(0.8);
    expect(f1).toBeGreaterThan(0.95);
    for await (const { spans } of model.predict(["Grace Hartley moved to New Burford ."])) {
      expect(spans).toMatchObject([
        { type: "PER", text: "Grace Hartley" },
        { type: "LOC", text: "New Burford" },
      ]);
    }
  });
});
