/** What the errors of the tagger advise: as in of-modules.mjs. */
export function ofTagging({ inner }) {
  const { tasks } = inner;
  const file = (text, name = "s.conll") => ({ name, bytes: new TextEncoder().encode(text) });
  const small = { hidden: 3, embed: 3, charEmbed: 2, charHidden: 2, epochs: 1, batch: 4, valid: 0 };
  const train = (text, more = {}, name = undefined) => tasks.train(file(text, name), { ...small, ...more });
  const evaluate = async (options) => (await train("a X\nb Y\n")).model.evaluate(file("a X\nb Z\n"), options);
  const lines = '{"tokens":["a","b"],"pos":["X","Y"]}\n';

  return {
    "Leave … out, or set it to a column that is there.": [
      () => train("a X\nb Y\n", { tagColumn: 4 }),
      () => [train("a X\nb Y\n"), train("a X\nb Y\n", { tagColumn: 2 })],
    ],
    "Set tagColumn to the column of the tags.": [
      () => train("X a\nY b\n", { tokenColumn: 2 }),
      () => train("X a\nY b\n", { tokenColumn: 2, tagColumn: 1 }),
    ],
    "Write one, or leave the whole line empty.": [
      () => train("a\tX\n\tY\n"),
      () => [train("a\tX\nb\tY\n"), train("a\tX\n\nb\tY\n")],
    ],
    "Write the tag behind the word.": [() => train("a X\nb\n"), () => train("a X\nb Y\n")],
    'Correct it, or set unseen to "wrong": it then counts as an error of the model.': [
      () => evaluate({}),
      () => evaluate({ unseen: "wrong" }),
    ],
    "Set … to the key that it has.": [
      // With a third list nobody knows which two are meant.
      () => train(lines.replaceAll('"pos"', '"other":["z"],"pos"'), { task: "tag" }, "s.jsonl"),
      () => train(lines.replaceAll('"pos"', '"other":["z"],"pos"'), { task: "tag", tags: "pos" }, "s.jsonl"),
    ],
  };
}
