import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { columnOf, numberAt, readDelimited, readTable } from "../../../src/data/readers/index.js";

describe("rows and columns", () => {
  test.each<[string, string, string[], string[][]]>([
    [
      "a.csv",
      "text,label\nhello,x\nbye,y\n",
      ["text", "label"],
      [
        ["hello", "x"],
        ["bye", "y"],
      ],
    ],
    ["a.csv", '\uFEFFtext,label\r\n"a, ""b""\r\nc",x\r\n\r\n', ["text", "label"], [['a, "b"\r\nc', "x"]]],
    ["a.csv", "a;b\n1,5;2\n", ["a", "b"], [["1,5", "2"]]],
    ["a.tsv", 'a\tb\n1\t"x\ty"\n', ["a", "b"], [["1", "x\ty"]]],
    ["a.csv", "a,b\n한글 😀,\u0001\n", ["a", "b"], [["한글 😀", "\u0001"]]],
    [
      "a.csv",
      'a,b\r1,"x\ry"\r\r2,z',
      ["a", "b"],
      [
        ["1", "x\ry"],
        ["2", "z"],
      ],
    ],
    [
      "a.csv",
      "a,b\r\n1,2\n3,4\r5,6\n",
      ["a", "b"],
      [
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
      ],
    ],
    ["a.csv", '\n\n"a;b;c",d\n1,2\n', ["a;b;c", "d"], [["1", "2"]]],
    [
      "a.jsonl",
      '{"t":"x","n":1.5}\n\n{"n":null,"t":[1,2]}',
      ["t", "n"],
      [
        ["x", "1.5"],
        ["[1,2]", ""],
      ],
    ],
    ["a.ndjson", '{"__proto__":"x"}\r\n', ["__proto__"], [["x"]]],
  ])("%s %j", (name, text, columns, rows) => {
    const table = readTable(new TextEncoder().encode(text), name);
    expect({ columns: table.columns, rows: table.rows }).toEqual({ columns, rows });
  });

  test("a row's line is where it begins, whatever its cells hold", () => {
    expect(readDelimited('a,b\n1,"x\ny\nz"\n\n2,w\n', "t").lines).toEqual([2, 6]);
    expect(readDelimited('a,b\r\n1,"x\r\ny\r\nz"\r\n\r\n2,w\r\n3,v', "t").lines).toEqual([2, 6, 7]);
    expect(readDelimited('a,b\r1,"x\ry"\r\r2,w\r', "t").lines).toEqual([2, 5]);
  });

  test("a megabyte in a cell is read", () => {
    const cell = "x".repeat(1 << 20);
    expect(readTable(`a,b\n"${cell}",1\n`, "t.csv").rows[0]![0]).toHaveLength(1 << 20);
  });
});

describe("what is wrong is named, with its line", () => {
  test.each<[string, string, string, number]>([
    ["a.csv", "a,b\n1,2\n3\n", "a.csv:3 must have 2 cells, as the header has, got 1.", 3],
    ["a.csv", "a,b\n1,2,3\n", "a.csv:2 must have 2 cells, as the header has, got 3.", 2],
    ["a.csv", 'a,b\n1,"x\n', "a.csv:2:3 must close every double quote", 2],
    ["a.csv", 'a,b\n1,"x"y\n', "a.csv:2:6 must have a separator behind a closing quote", 2],
    ["a.csv", 'a,b\n1,x"y\n', "a.csv:2:4 must have quotes at both ends of a cell", 2],
    ["a.csv", 'a,b\n"x\r\ny",3\n4,"x\r\n한글"y\n', "a.csv:5:4 must have a separator behind a closing quote", 5],
    ["a.csv", "a,b\n1,한\u0000\n", "a.csv:2:4 must be text, got a NUL (byte 0).", 2],
    ["a.csv", "", "a.csv must hold rows below its header, got an empty file.", 1],
    ["a.csv", "a,b\n", "a.csv must hold rows below its header, got none.", 1],
    ["a.csv", "a,b,a\n1,2,3\n", 'a.csv:1 must name each column once, got "a" twice.', 1],
    ["a.csv", "a,b,,,\n1,2,,,\n", "a.csv:1 must name every column, got nothing for column 3.", 1],
    ["a.csv", "a,,c\n1,2,3\n", "a.csv:1 must name every column, got nothing for column 2.", 1],
    ["a.jsonl", '{"a":1}\n{"a":', 'a.jsonl:2:6 must be JSON, got "{\\"a\\":".', 2],
    [
      "a.json",
      '[{"a":1},{"a":2}]',
      'a.json:1 must be an object, got [{"a":1},{"a":2}]. Write each object on a line of its own, without brackets',
      1,
    ],
    [
      "a.json",
      '[\n {"a":1}\n]',
      'a.json:1:2 must be JSON, got "[". Write each object on a line of its own, without brackets',
      1,
    ],
    ["a.jsonl", '{"a":1}\n[1]', "a.jsonl:2 must be an object, got [1].", 2],
    ["a.jsonl", '{"a":1}\n{"b":1}', 'a.jsonl:2 must have the keys of the first line, got none for "a".', 2],
    ["a.jsonl", '{"a":1,"b":{"c":1}}\n{"a":1,"b":2,"a":3}', 'a.jsonl:2:14 must name each key once, got "a" twice.', 2],
    ["a.jsonl", '{"a":1,"a":1}', 'a.jsonl:1:8 must name each key once, got "a" twice.', 1],
    ["a.jsonl", '{"b":"\\":", "a" : 1 , "\\u0061":2}', 'a.jsonl:1:23 must name each key once, got "a" twice.', 1],
    ["a.jsonl", '{"b":[1,{"x":1,"y":{"x":2},"x":3}]}', 'a.jsonl:1:28 must name each key once, got "x" twice.', 1],
    ["a.jsonl", '{"a":1}\n{"a":1,"b":2}', 'a.jsonl:2 must have the keys of the first line, got the key "b" too.', 2],
    ["a.jsonl", '\n\n{"":1}\n', "a.jsonl:3 must name every column, got nothing for column 1.", 3],
    ["a.jsonl", "\n", "a.jsonl must hold rows below its header, got an empty file.", 1],
  ])("%s %j", (name, text, message, line) => {
    const read = () => readTable(text, name);
    expect(read).toThrow(message);
    expect(read).toThrow(FormatError);
    try {
      read();
    } catch (error) {
      expect((error as FormatError).details).toMatchObject({ file: name, line });
    }
  });

  const table = readTable('label,value\na,1\nb,"1,5"\nc,\nd,NaN\ne,1e999\nf, 2 \n', "t.csv");

  test("a column that is not there, with the nearest", () => {
    expect(columnOf(table, "value")).toBe(1);
    expect(() => columnOf(table, "lable")).toThrow('t.csv must have the column, got "lable". Did you mean "label"?');
    expect(() => columnOf(table, "zzzzzzzz")).toThrow("Its columns are label, value.");
  });

  test.each([
    [1, 't.csv:3: column "value" must be a finite number, got "1,5". Write it with a point: 1.5.'],
    [2, 't.csv:4: column "value" must be a finite number, got "".'],
    [3, 't.csv:5: column "value" must be a finite number, got "NaN".'],
    [4, 't.csv:6: column "value" must be a finite number, got "1e999".'],
  ])("a number that is none, row %d", (row, message) => {
    expect(() => numberAt(table, row, 1)).toThrow(message);
  });

  test("a number with spaces around it is one", () => {
    expect(numberAt(table, 5, 1)).toBe(2);
  });
});
