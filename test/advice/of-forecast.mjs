/** What the errors of the forecaster advise: as in of-modules.mjs. */
export function ofForecast({ inner }) {
  const { tasks } = inner;
  const small = {
    task: "forecast",
    hidden: 3,
    epochs: 1,
    time: "day",
    target: "load",
    valid: 0,
    context: 2,
    lags: "1",
  };
  const file = (lines) => ({ name: "days.csv", bytes: new TextEncoder().encode(lines.join("\n")) });
  const train = (lines, more = {}) => tasks.train(file(lines), { ...small, ...more });
  const date = (day) => new Date(Date.UTC(2024, 0, day)).toJSON().slice(0, 10);
  /** Days of a series, with other cells. */
  const days = (count, { from = 1, cell = (day) => (day * 7) % 5, extra = () => "", head = "" } = {}) => [
    `day${head},load`,
    ...Array.from({ length: count }, (_, i) => `${date(from + i)}${extra(from + i)},${cell(from + i)}`),
  ];
  const without = (lines, ...rows) => lines.filter((_, row) => !rows.includes(row));
  const replaced = (lines, row, line) => lines.map((old, i) => (i === row ? line : old));
  const two = (...sites) => [
    "day,site,load",
    ...[1, 2, 3, 4, 5, 6].flatMap((day) => sites.map((site, k) => `${date(day)},${site},${(day * (k + 2)) % 5}`)),
  ];
  const known = () => ({ head: ",holiday", extra: (day) => `,${day % 3}` });
  const predicted = async (model, lines) => {
    for await (const { value } of model.predict([typeof lines[0] === "number" ? lines : lines.join("\n")]))
      String(value);
  };
  const trained = async (lines = days(20), more = {}) => (await train(lines, more)).model;
  const holidays = () => trained(days(20, known()), { known: "holiday" });
  const words = { head: ",holiday", extra: (day) => `,${["no", "yes"][day % 2]}` };
  const often = () => trained(days(20, words), { known: "holiday" });

  return {
    "A context of … fits.": [
      () => train(days(9), { context: 20, horizon: 2 }),
      () => train(days(9), { context: 6, horizon: 2 }),
    ],
    "Forecast fewer steps from shorter lags, or leave the series out.": [
      () => train(days(9), { lags: "8", horizon: 2 }),
      () => train(days(9), { lags: "3", horizon: 2 }),
    ],
    "Hold out less (valid), or nothing: 0.": [
      () => train(days(3), { lags: "1", context: 1, horizon: 1, valid: 0.1 }),
      () => train(days(3), { lags: "1", context: 1, horizon: 1 }),
    ],
    "Leave it out: its next value is known.": [
      () =>
        train(
          [
            ...two("a"),
            ...two("b")
              .slice(1)
              .map((line) => line.replace(/\d$/, "3")),
          ],
          { id: "site" },
        ),
      () => train(two("a"), { id: "site" }),
    ],
    'Use output: "student-t".': [
      () => train(days(9, { cell: (day) => day / 2 }), { output: "negative-binomial" }),
      () => train(days(9, { cell: (day) => day / 2 }), { output: "student-t" }),
    ],
    "What changes in a series is known ahead: name it with known.": [
      () => train(days(20, known()), { static: "holiday" }),
      () => train(days(20, known()), { known: "holiday" }),
    ],
    "Begin the file earlier.": [
      async () => predicted(await trained(), days(2, { from: 21 })),
      async () => predicted(await trained(), days(10, { from: 13 })),
    ],
    "Add one: the numbers of the rows will do.": [
      () => train(["load,rain", "3,1", "1,5", "4,2"], { time: undefined }),
      () =>
        train(
          [
            "row,load,rain",
            ...days(20)
              .slice(1)
              .map((_, i) => `${i},${(i * 7) % 5},${i % 3}`),
          ],
          { time: undefined },
        ),
    ],
    "Write all times with their zones, or all without.": [
      () => train(replaced(replaced(days(20), 1, `${date(1)}T00:00,2`), 5, `${date(5)}T00:00Z,3`)),
      () => train(replaced(replaced(days(20), 1, `${date(1)}T00:00,2`), 5, `${date(5)}T00:00,3`)),
    ],
    "Write its numbers in a smaller unit.": [
      () => train(days(20, { cell: (day) => `${(day * 7) % 5}e-120` })),
      () => train(days(20, { cell: (day) => `${(day * 7) % 5}e-20` })),
    ],
    "Leave it out, or forecast another column.": [
      () =>
        train(
          [
            ...two("a"),
            ...two("b")
              .slice(1)
              .map((line) => line.replace(/\d$/, "")),
          ],
          { id: "site" },
        ),
      () => train(two("a"), { id: "site" }),
    ],
    "Write one of these, or learn from rows that have it.": [
      async () => predicted(await often(), [...days(20, words), `${date(21)},often,`]),
      async () => predicted(await often(), [...days(20, words), `${date(21)},yes,`]),
    ],
    "Add rows for the times to come.": [
      async () => predicted(await holidays(), days(20, known())),
      async () => predicted(await holidays(), [...days(20, known()), `${date(21)},0,`]),
    ],
    'Pass "time,target\\n..." with its rows.': [
      async () => predicted(await trained(), [1, 2, 3, 4, 5]),
      async () => predicted(await trained(), days(5)),
    ],
    "Write a finite number, or none and fill it.": [
      () => train(replaced(days(20), 5, `${date(5)},inf`)),
      () => train(replaced(days(20), 5, `${date(5)},`), { fill: "linear" }),
    ],
    "Leave one of the rows out.": [
      () => train(replaced(days(20), 5, `${date(4)},3`)),
      () => train(without(replaced(days(20), 20, `${date(19)},3`), 20)),
    ],
    "Sort the rows by time.": [
      () => train([...days(9, { from: 12 }), ...days(9, { from: 3 }).slice(1)]),
      () => train([...days(9, { from: 3 }), ...days(9, { from: 12 }).slice(1)]),
    ],
    "Tell series apart by id: ….": [
      () => train(two("a", "b"), { id: null }),
      () => train(two("a", "b"), { id: "site" }),
    ],
    "Put the rows into equal steps, by sums or means over each.": [
      () => train(replaced(days(20), 5, `${date(5)}T07:30,3`)),
      () => train(days(20)),
    ],
    'Fill it: fill "previous", "linear" or "zero".': [
      () => train(without(days(20), 5, 6)),
      async () => {
        for (const fill of ["previous", "linear", "zero"]) await train(without(days(20), 5, 6), { fill });
      },
    ],
  };
}
