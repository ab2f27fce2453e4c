/** A file's name without the ending of gzip: what it promises is what is packed in it. */
export function plainName(name: string): string {
  return name.replace(/\.gz$/i, "");
}

/** Whether a name promises rows and columns: `.csv`, `.tsv`, `.tab`, `.jsonl`, `.ndjson`, and these in gzip: `.csv.gz`. */
export function isTableName(name: string): boolean {
  return /\.(csv|tsv|tab)$/i.test(plainName(name)) || isJsonLinesName(name);
}

export function isJsonLinesName(name: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(plainName(name));
}

/** Whether a name promises JSON, of lines or of any kind: it is a table when its lines are objects, which `.jsonl` promises. */
export function isJsonName(name: string): boolean {
  return /\.(jsonl?|ndjson)$/i.test(plainName(name));
}

/**
 * How rows are written in a file, by what its name promises; where that is nothing, by how it begins.
 * @param start  its first line, or more
 * @returns the delimiter is undefined where the header is to tell it
 */
export function tableFormat(name: string, start: string): { isJson: boolean; delimiter: "\t" | undefined } {
  const isJson = isJsonName(name) || (!isTableName(name) && /^\s*\{/.test(start));
  return { isJson, delimiter: /\.(tsv|tab)$/i.test(plainName(name)) ? "\t" : undefined };
}
