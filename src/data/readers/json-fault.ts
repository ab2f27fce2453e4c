/** What keeps a line from being JSON. */
export interface JsonFault {
  /** Where, in characters counted from 1, as far as the engine tells. */
  column: number | undefined;
  /** How to write it; empty where nobody knows. */
  fix: string;
}

const A_LINE_EACH = "Write each object on a line of its own, without brackets around them or commas between them.";

/** How else lines are written, as what makes them lines of JSON, and how a person does that. */
const WAYS: readonly (readonly [rewritten: (line: string) => string, fix: string])[] = [
  [(line) => line.replace(/,$/, ""), "Leave out the comma at its end: each line is an object of its own."],
  [(line) => line.replace(/^\[|,$|\],?$/g, ""), A_LINE_EACH],
  [(line) => line.replace(/,(?=\s*[}\]])/g, ""), "Leave out the comma before the closing bracket."],
  [
    (line) => line.replace(/-?\b(NaN|Infinity|None|undefined)\b/g, "null"),
    "Write null in its place: JSON has no NaN, Infinity, None or undefined.",
  ],
  [(line) => line.replace(/\b(True|False)\b/g, (word) => word.toLowerCase()), "Write true and false in small letters."],
  [(line) => line.replaceAll("'", '"'), "Write names and texts in double quotes."],
  [(line) => line.replace(/\}[\s,]*\{.*$/s, "}"), "Begin a new line after each object."],
];

/** @param cause  what `JSON.parse` threw */
export function jsonFault(line: string, cause: unknown): JsonFault {
  return { column: columnOf(line, cause), fix: adviceOn(line.trim()) };
}

/** Engines say it in words of their own. */
function columnOf(line: string, cause: unknown): number | undefined {
  const message = cause instanceof Error ? cause.message : "";
  if (/unexpected end|end of data/i.test(message)) return [...line].length + 1;
  const [position, column] = [/at position (\d+)/, /column (\d+)/].map((place) => place.exec(message)?.[1]);
  if (position !== undefined) return [...line.slice(0, Number(position))].length + 1;
  return column === undefined ? undefined : Number(column);
}

function adviceOn(line: string): string {
  if (line.startsWith("[") || line === "]") return A_LINE_EACH;
  // An object that goes on over several lines.
  if (line === "{" || line === "}" || /^"[^"]*"\s*:/.test(line)) return "Write each object on one line.";
  const way = WAYS.find(([rewritten]) => isObject(rewritten(line)));
  if (way !== undefined) return way[1];
  return line.startsWith("{")
    ? "Mend the line, or leave it out."
    : "Leave the line out; or name the file .csv, if it is a table of cells.";
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === "object" && !Array.isArray(value);
  } catch {
    return false;
  }
}
