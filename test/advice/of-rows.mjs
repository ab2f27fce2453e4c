/** What the errors of rows advise, in tables and in JSON lines, and of tasks that read them: as in of-modules.mjs. */
export function ofRows({ inner }) {
  const utf8 = (text) => new TextEncoder().encode(text);
  const read = (text, name = "t.csv") => inner.readTable(utf8(text), name);
  const both = (bad, good, name) => [() => read(bad, name), () => [good].flat().map((text) => read(text, name))];
  /** A line that is no JSON, and what to write in its place. */
  const json = (bad, good) => both(bad, good, "t.jsonl");
  /** A cell that is no number, and what it becomes. */
  const number = (bad, ...good) => {
    const at = (cell) => inner.numberAt(read(`a;b\n${cell};1\n`), 0, 0);
    return [() => at(bad), () => good.map(at)];
  };
  const train = (task, lines, more = {}) =>
    inner.tasks.train(
      { name: "t.csv", bytes: utf8(lines.join("\n")) },
      { task, hidden: 2, epochs: 1, valid: 0, ...more },
    );
  const classes = (...lines) => train("classify", ["text,label", "good,a", "bad,b", ...lines]);
  const grouped = (...lines) =>
    train("classify", ["x,id,label", "1,1,a", "2,1,a", "3,2,b", ...lines], { columns: "x", group: "id" });
  const labelled = (labels) =>
    train("classify", ["text,label", ...labels.map((l) => `t,${l}`)], { multi: true, text: "text" });
  const numbers = (...lines) => train("regress", ["text,label", "x,1", ...lines]);
  const days = (...lines) =>
    train("forecast", ["day,load", ...lines], { time: "day", target: "load", horizon: 1, context: 1, lags: "1" });
  const four = (times) => days(...times.map((time, i) => `${time},${(i * 3) % 5}`));
  const predicted = async (model, text) => {
    for await (const { value } of model.predict([text])) String(value);
  };
  const pairs = (separator) => train("seq2seq", ["ab_ba", "abc_cba", "bc_cb"], { separator, embed: 2 });
  const tags = (text) =>
    inner.tasks.train(
      { name: "t.conll", bytes: utf8(text) },
      { hidden: 2, embed: 2, chars: "none", epochs: 1, valid: 0 },
    );
  const time = (bad, good) => {
    const of = (cell) => four([cell, "2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"]);
    return [() => of(bad), () => of(good)];
  };

  return {
    "Take out …, ….": both("a,b\n1,2,3\n", ["a,b\n1,2\n", 'a,b\n1,"2,3"\n']),
    "Take out the lines above the header, ….": both("# made by a logger\na,b\n1,2\n", ["a,b\n1,2\n", 'a\n"1,2"\n']),
    "Take out the separators at its end.": both("a,b\n1,2,\n", "a,b\n1,2\n"),
    "Write its … too, ….": both("a,b\n1\n", ["a,b\n1,2\n", 'a,b\n"1\n2",3\n']),
    "Write … between its cells, as in the header, and not ….": both("a,b\n1;2\n", "a,b\n1,2\n"),
    "Leave the line out.": both("a,b\n1,2\na,b\n", "a,b\n1,2\n"),
    "Leave out the comma at its end: each line is an object of its own.": json('{"a":1},', '{"a":1}'),
    "Leave out the comma before the closing bracket.": json('{"a":1,}', '{"a":1}'),
    "Write each object on a line of its own, without brackets around them or commas between them.": json(
      '[{"a":1},{"a":2}]',
      '{"a":1}\n{"a":2}',
    ),
    "Begin a new line after each object.": json('{"a":1}{"a":2}', '{"a":1}\n{"a":2}'),
    "Write null in its place: JSON has no NaN, Infinity, None or undefined.": json('{"a":NaN}', '{"a":null}'),
    "Write true and false in small letters.": json('{"a":True}', '{"a":true}'),
    "Write names and texts in double quotes.": json("{'a':'x'}", '{"a":"x"}'),
    "Name a file with such rows.": [
      async () => predicted((await train("regress", ["x,label", "1,2", "2,3"])).model, "1"),
      async () => {
        const { model } = await train("regress", ["x,label", "1,2", "2,3"]);
        for await (const { value } of model.predictFile({ name: "t.csv", bytes: utf8("x\n1\n2\n") })) String(value);
      },
    ],
    "Take out one of them, or rename it.": json('{"a":1,"a":2}', ['{"a":1}', '{"a":1,"b":2}']),
    "Take it out, or write … on every line.": json('{"a":1}\n{"a":1,"b":2}', [
      '{"a":1}\n{"a":1}',
      '{"a":1,"b":1}\n{"a":1,"b":2}',
    ]),
    "Write it, as null where it has no value.": json('{"a":1,"b":1}\n{"a":1}', '{"a":1,"b":1}\n{"a":1,"b":null}'),
    "Write it as -….": number("(5)", "-5"),
    "Write it as …, or as … if the comma stands before a fraction.": number("1,200", "1200", "1.200"),
    "Write it in decimal: ….": number("0x1F", "31"),
    "Write a number in its place, or leave the row out.": number("many", "3"),
    "Write the numbers of this column in a larger unit.": number("1e120", "1"),
    "Write one, or leave the row out.": [() => classes(",b"), () => [classes("x,b"), classes()]],
    "Name it, or leave the row out.": [() => classes("x,"), () => [classes("x,b"), classes()]],
    "Name the column of the classes (label), or add rows of another class.": [
      () => train("classify", ["text,label", "good,a", "fine,a"]),
      () => classes(),
    ],
    "Name a label in some row.": [() => labelled(["", ""]), () => labelled(["x", ""])],
    "Name the column of the numbers (label), or add rows with other ones.": [
      () => numbers("y,1"),
      () => numbers("y,2"),
    ],
    "Give all rows of a group the same, or tell them apart as groups.": [
      () => grouped("4,2,a"),
      () => [grouped("4,2,b"), grouped("4,3,a")],
    ],
    "Write the year first, then month and day: 2024-02-29.": time("02/03/2024", "2024-02-29"),
    "There is no day …: write one that there is.": time("2024-02-30", "2024-02-29"),
    "Write hours from 00 to 23, and minutes and seconds from 00 to 59: …T13:30.": [
      () => four(["2024-02-29T1:00 PM", "2024-02-29T14:00", "2024-02-29T15:00", "2024-02-29T16:00"]),
      () => four(["2024-02-29T13:00", "2024-02-29T14:00", "2024-02-29T15:00", "2024-02-29T16:00"]),
    ],
    "Write it, or leave the row out.": time("", "2024-02-29"),
    "Write times as the file that was learned from does.": [
      async () => {
        const { model } = await days(...[1, 2, 3, 4, 5].map((day) => `2024-01-0${day},${(day * 3) % 5}`));
        await predicted(model, "day,load\n1,2\n2,3\n3,1\n");
      },
      async () => {
        const { model } = await days(...[1, 2, 3, 4, 5].map((day) => `2024-01-0${day},${(day * 3) % 5}`));
        await predicted(model, "day,load\n2024-02-01,2\n2024-02-02,3\n2024-02-03,1\n");
      },
    ],
    "Name what stands between the two sides (separator).": [() => pairs("|"), () => pairs("_")],
    "Write as many in each line, and an empty line after each sentence.": [
      () => tags("Ada X\nlives O O\n"),
      () => tags("Ada X\nlives O\n\nhere O\n"),
    ],
    "Write a tab between its columns, as in the first line.": [
      () => tags("Ada\tX\nlives O\n"),
      () => tags("Ada\tX\nlives\tO\n"),
    ],
    "Write a tab or a space between word and tag.": [() => tags("Ada,X\nlives,O\n"), () => tags("Ada X\nlives O\n")],
    "Write a row for each time.": [
      () => days("2024-01-01,1"),
      () => four(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]),
    ],
    "Leave the zone out: where clocks change, days are not of one length.": [
      () =>
        four(
          ["2024-03-29", "2024-03-30", "2024-03-31", "2024-04-01"].map((day, i) => `${day}T00:00+0${i < 3 ? 1 : 2}:00`),
        ),
      () => four(["2024-03-29", "2024-03-30", "2024-03-31", "2024-04-01"].map((day) => `${day}T00:00`)),
    ],
    "Write the zone, if a clock has this hour twice (2024-10-27T02:00+02:00), or sort the rows and leave one out.": [
      () => four(["00", "01", "02", "02", "03"].map((hour) => `2024-10-27T${hour}:00`)),
      () => [
        four(["00+02", "01+02", "02+02", "02+01", "03+01"].map((hour) => `2024-10-27T${hour.replace("+", ":00+")}:00`)),
        four(["00", "01", "02", "03"].map((hour) => `2024-10-27T${hour}:00`)),
      ],
    ],
  };
}
