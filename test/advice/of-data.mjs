/** What the errors of loaders, readers, scalers and splits advise: as in of-modules.mjs. */
export function ofData({ data, inner, ids, tensor, x }) {
  const { readCSV, readJSONL } = inner.files;
  const bytes = (...values) => Uint8Array.from(values);
  const utf8 = (rows) => new TextEncoder().encode(rows);
  const pairs = (...lengths) => lengths.map((length) => ({ x: x(length, 2), y: length }));
  const windows = (rows, options) => data.slidingWindows(x(rows, 2), options);
  const ready = () => new data.StandardScaler().fit(x(5, 2));
  const waited = { length: 3, get: async (i) => [x(2), i] };
  const csv = "a,b\n1,2\n";

  /** A file that is known by its first bytes, and what it becomes when it is unpacked or written anew. */
  const asText = (...start) => [() => readCSV(bytes(...start, 9, 9, 9, 9)), () => readCSV(utf8(csv))];
  const signed = (mark) => asText(...Array.from(mark, (letter) => letter.charCodeAt(0)));

  /** A cell that is no number, and what it becomes. */
  const number = (bad, good) => {
    const read = (cell) => inner.numberAt(inner.readTable(utf8(`a;b\n${cell};1\n`), "t.csv"), 0, 0);
    return [() => read(bad), () => read(good)];
  };

  return {
    "An inputLength of … fits.": [
      () => windows(5, { inputLength: 5, horizon: 2 }),
      () => windows(5, { inputLength: 3, horizon: 2 }).get(0),
    ],
    "With … steps, inputLength, gap and horizon together are at most ….": [
      () => windows(5, { inputLength: 5, horizon: 6 }),
      () => windows(5, { inputLength: 2, gap: 1, horizon: 2 }).get(0),
    ],
    "For sequences of many lengths: { collate: data.collate.padded() }.": [
      () => data.loader(pairs(2, 3), { batchSize: 2 }).next(),
      () => data.loader(pairs(2, 3), { batchSize: 2, collate: data.collate.padded() }).next(),
    ],
    'For a target at every step: data.collate.padded({ targets: "pad" }).': [
      () =>
        data
          .loader(
            [2, 3].map((n) => [x(n, 2), x(n)]),
            { batchSize: 2, collate: data.collate.padded() },
          )
          .next(),
      () =>
        data
          .loader(
            [2, 3].map((n) => [x(n, 2), x(n)]),
            { batchSize: 2, collate: data.collate.padded({ targets: "pad" }) },
          )
          .next(),
    ],
    'Make them one type, or say which: collate.stack({ dtype: "float32" }).': [
      () => data.loader([ids(1), tensor([1])], { batchSize: 2 }).next(),
      () => [
        data.loader([ids(1), ids(1)], { batchSize: 2 }).next(),
        data.loader([ids(1), tensor([1])], { batchSize: 2, collate: data.collate.stack({ dtype: "float32" }) }).next(),
      ],
    ],
    "A sequence of one step is [value].": [
      () => data.loader([3, 4], { batchSize: 2, collate: data.collate.padded() }).next(),
      () => data.loader([[3], [4]], { batchSize: 2, collate: data.collate.padded() }).next(),
    ],
    "Leave it out.": [
      () => data.loader([[], [4]], { batchSize: 2, collate: data.collate.padded() }).next(),
      () => data.loader([[4]], { batchSize: 2, collate: data.collate.padded() }).next(),
    ],
    "get(i) is asked for 0 to length - 1.": [
      () => data.loader({ get: (i) => [x(2), i] }, { batchSize: 2 }),
      () => data.loader({ length: 2, get: (i) => [x(2), i] }, { batchSize: 2 }).next(),
    ],
    "Write [...dataset].": [
      () => data.loader(new Set([1, 2]), { batchSize: 2 }),
      () => data.loader([...new Set([1, 2])], { batchSize: 2 }).next(),
    ],
    "Give its index among the classes, or its tokens' ids.": [
      () => data.loader([[x(2), "cat"]], { batchSize: 1 }).next(),
      () =>
        [
          [x(2), 0],
          [x(2), [0, 1]],
        ].map((sample) => data.loader([sample], { batchSize: 1 }).next()),
    ],
    "Write collate.…(), with its brackets.": [
      () => data.loader([1, 2], { batchSize: 2, collate: data.collate.stack }),
      () => data.loader([1, 2], { batchSize: 2, collate: data.collate.stack() }).next(),
    ],
    "Give the lengths themselves: { bucketBy: lengths }.": [
      () => data.loader(waited, { batchSize: 2, bucketBy: (sample) => sample.length }).next(),
      () => data.loader(waited, { batchSize: 2, bucketBy: [2, 2, 2] }).next(),
    ],
    "Write for await (const batch of loader).": [
      () => [...data.loader(waited, { batchSize: 2 })],
      async () => {
        for await (const batch of data.loader(waited, { batchSize: 2 })) batch[0].data();
      },
    ],
    "Look where its samples should come from.": [
      () => data.loader([], { batchSize: 2 }),
      () => data.loader([1, 2], { batchSize: 2 }).next(),
    ],
    "Use a smaller one, or keep the last batch: { dropLast: false }.": [
      () => data.loader([1, 2], { batchSize: 3, dropLast: true }),
      () => [
        data.loader([1, 2], { batchSize: 2, dropLast: true }).next(),
        data.loader([1, 2], { batchSize: 3, dropLast: false }).next(),
      ],
    ],
    "A sample is a number, an array, a typed array, a tensor, [x, y], or an object of these.": [
      () => data.loader([{ a: 1 }, { b: 1 }], { batchSize: 2 }).next(),
      () =>
        [1, [1, 2], Float32Array.of(1), x(2), [x(2), 1], { a: 1, b: [1] }].map((sample) =>
          data.loader([sample, sample], { batchSize: 2 }).next(),
        ),
    ],

    "Write tensor(rows).": [
      () => new data.StandardScaler().fit([[1, 2], [3, 4]]),
      () => new data.StandardScaler().fit(tensor([[1, 2], [3, 4]])),
    ], // biome-ignore format: one line
    "A single column is x.reshape([-1, 1]).": [
      () => new data.StandardScaler().fit(x(4)),
      () => new data.StandardScaler().fit(x(4).reshape([-1, 1])),
    ],
    "Call fit() with the training data, or load what was saved.": [
      () => new data.StandardScaler().transform(x(5, 2)),
      () => {
        const fitted = ready();
        fitted.transform(x(5, 2));
        const loaded = new data.StandardScaler();
        loaded.loadStateDict(fitted.stateDict());
        loaded.transform(x(5, 2));
      },
    ],
    "For some of them say which: { columns: [...] }.": [
      () => ready().transform(x(5, 1)),
      () => ready().transform(x(5, 1), { columns: [1] }),
    ],

    "Ask for a larger part.": [
      () => data.split.byTime([1, 1, 1, 2, 2, 2], { test: 1 }),
      () => data.split.byTime([1, 1, 1, 2, 2, 2], { test: 3 }),
    ],
    "Ask for a larger share, or a number of rows.": [
      () => data.split.random(10, { valid: 0.01 }),
      () => [data.split.random(10, { valid: 0.1 }), data.split.random(10, { valid: 1 })],
    ],
    "Write { valid: 0.1 }.": [() => data.split.random(10, {}), () => data.split.random(10, { valid: 0.1 })],
    "Use … folds at most.": [() => data.kFold(4, 5), () => data.kFold(4, 4)],
    "Leave the class out, join it to another, or split at random.": [
      () => data.split.stratified(["a", "a", "a", "a", "b"], { valid: 0.25 }),
      () => [
        data.split.stratified(["a", "a", "a", "a"], { valid: 0.25 }),
        data.split.stratified(["a", "a", "a", "a", "a"], { valid: 0.25 }),
        data.split.random(5, { valid: 0.25 }),
      ],
    ],

    "Leave the dtype out for float32.": [
      async () => (await readCSV(utf8("a\n1.5\n"))).tensor(["a"], { dtype: "int32" }),
      async () => (await readCSV(utf8("a\n1.5\n"))).tensor(["a"]),
    ],
    "Leave such rows out with dropMissing(), or say what stands for it: { missing: 0 }.": [
      async () => (await readCSV(utf8("a,b\n1,2\n,3\n"))).tensor(["a"]),
      async () => {
        const table = await readCSV(utf8("a,b\n1,2\n,3\n"));
        table.dropMissing().tensor(["a"]);
        table.tensor(["a"], { missing: 0 });
      },
    ],
    "Choose the columns: tensor([names]).": [
      async () => (await readCSV(utf8("a,t\n1,2024-01-02\n"))).tensor(["a", "t"]),
      async () => (await readCSV(utf8("a,t\n1,2024-01-02\n"))).tensor(["a"]),
    ],
    'Put the cell in quotes, and write those in it as "".': [
      () => readCSV(utf8('a,b\n1"x,2\n')),
      () => readCSV(utf8('a,b\n"1""x",2\n')),
    ],
    "Name the keys to read: { columns: [……] }.": [
      () => readJSONL(utf8('{"a":1}\n{"a":1,"b":2}\n')),
      () => readJSONL(utf8('{"a":1}\n{"a":1,"b":2}\n'), { columns: ["a"] }),
    ],
    '…, or read it with its { encoding: "…" }.': [
      () => readCSV(bytes(0x61, 0x0a, 0xe9, 0x0a)),
      () => readCSV(bytes(0x61, 0x0a, 0xe9, 0x0a), { encoding: "windows-1252" }),
    ],
    "Convert it to UTF-8.": [
      () => inner.readTable(bytes(0x61, 0x0a, 0xe9, 0x0a), "t.csv"),
      () => inner.readTable(utf8("a\né\n"), "t.csv"),
    ],
    'Write it with a comma, or read the file with { decimal: "." }.': [
      () => readCSV(utf8("a;b\n1.5;2\n"), { decimal: ",", types: { a: "number" } }),
      () => [
        readCSV(utf8("a;b\n1,5;2\n"), { decimal: ",", types: { a: "number" } }),
        readCSV(utf8("a;b\n1.5;2\n"), { decimal: ".", types: { a: "number" } }),
      ],
    ],
    "Mend it, or read the column as text: ….": [
      () => readCSV(utf8("a\nx\n"), { types: { a: "number" } }),
      () => [readCSV(utf8("a\n1\n"), { types: { a: "number" } }), readCSV(utf8("a\nx\n"), { types: { a: "text" } })],
    ],
    "Write it with a point: ….": number("1,5", "1.5"),
    "Write it without marks between thousands: ….": number("1 000", "1000"),
    "Write it without the sign, and say per cent in the column's name.": number("5%", "5"),
    "Write a finite number, or leave the row out.": number("", "1"),
    "No model learns from infinity: write a finite number, or leave the cell empty.": [
      () => readCSV(utf8("a;b\nInfinity;2\n"), { types: { a: "number" } }),
      () => [
        ...["1", ""].map((cell) => readCSV(utf8(`a;b\n${cell};2\n`), { types: { a: "number" } })),
        readCSV(utf8("a;b\nInfinity;2\n"), { types: { a: "text" } }),
      ],
    ],
    "Leave the cell of a missing value empty.": [
      () => readCSV(utf8("a;b\nnone;2\n"), { types: { a: "number" } }),
      () => [
        readCSV(utf8("a;b\n;2\n"), { types: { a: "number" } }),
        readCSV(utf8("a;b\nnone;2\n"), { types: { a: "number" }, missing: ["none"] }),
      ],
    ],
    "Write the number alone: ….": number("5 kg", "5"),
    "Write await fetch(url).": [
      () => readCSV(new URL("data:text/csv,a%0A1")),
      async () => readCSV(await fetch(new URL("data:text/csv,a%0A1"))),
    ],
    "Await it first.": [
      () => readCSV(fetch("data:text/csv,a%0A1")),
      async () => readCSV(await fetch("data:text/csv,a%0A1")),
    ],
    'Use for example "utf-16le".': [
      () => readCSV(utf8(csv), { encoding: "utf-61" }),
      () => readCSV(new Uint8Array(Uint16Array.from(csv, (letter) => letter.charCodeAt(0)).buffer), { encoding: "utf-16le" }),
    ], // biome-ignore format: one line
    "To read text itself, put it into an array: [text].": [() => readCSV(csv), () => readCSV([csv])],
    "Open it anew; a file, a path or a Blob can be read several times.": [
      () => {
        const { body } = new Response(csv);
        body.getReader();
        return readCSV(body);
      },
      async () => {
        await readCSV(new Response(csv).body);
        const blob = new Blob([csv]);
        await readCSV(blob);
        await readCSV(blob);
      },
    ],
    "Look whether the file is binary, or in UTF-16: a text has none.": [
      () => readCSV(utf8("a,b\n1,2\n1,\0\n")),
      () => readCSV(utf8(csv)),
    ],
    "Unpack it with gunzip.": [() => inner.readTable(bytes(0x1f, 0x8b, 8, 0), "t.csv"), () => inner.readTable(utf8(csv), "t.csv")], // biome-ignore format: one line
    "Unpack it; if it is a spreadsheet, save it as CSV.": signed("PK\x03\x04"),
    "Write it as CSV or JSON lines.": [
      () => readCSV(utf8("PAR1....")),
      () => [readCSV(utf8(csv)), readJSONL(utf8('{"a":1}\n'))],
    ],
    "Unpack it with bunzip2.": signed("BZh9"),
    "Unpack it with unxz.": signed("\xfd7zX"),
    "Save it as CSV.": signed("\xd0\xcf\x11\xe0"),
    "Fetch or write it again.": [
      () => readCSV(bytes(0x1f, 0x8b, 8, 0, 1, 2)),
      async () => {
        const packed = new Blob([csv]).stream().pipeThrough(new CompressionStream("gzip"));
        await readCSV(new Uint8Array(await new Response(packed).arrayBuffer()));
      },
    ],
  };
}
