const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/**
 * A key that an object of a JSON text has twice, and where it stands the second time: of both values a parser keeps the last, in silence.
 * @param text  JSON, and `value` what it says
 */
export function repeatedKey(text: string, value: object): { key: string; at: number } | null {
  // Where a text has no more of these than the value has keys, each is one of them.
  const most = text.match(/"\s*:/g)?.length ?? 0;
  return most === keysOf(value) ? null : firstRepeated(text);
}

function keysOf(value: object): number {
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const item of Object.values(value)) if (item !== null && typeof item === "object") count += keysOf(item);
  return count;
}

function firstRepeated(text: string): { key: string; at: number } | null {
  const open: Set<string>[] = [];
  let before: RegExpMatchArray | null = null;
  for (const token of text.matchAll(TOKENS)) {
    const [mark] = token;
    if (mark === "{" || mark === "[") open.push(new Set());
    if (mark === "}" || mark === "]") open.pop();
    if (mark === ":" && before !== null) {
      const key = JSON.parse(before[0]) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return { key, at: before.index! };
      keys.add(key);
    }
    before = mark.startsWith('"') ? token : null;
  }
  return null;
}
