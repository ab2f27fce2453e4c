/** What an embedding leaves with its result: the table whose rows it took. */
export interface TableRows<T> {
  /** [V, D], contiguous. */
  table: T;
  /** int32, contiguous. */
  ids: T;
  /** How often table, ids and rows had been written when the rows were taken. */
  writes: number;
  /** What the embedding gave, where this is a view of it. */
  of?: T;
}

interface Written {
  storage: { writes: number };
}

export function writesOf(table: Written, ids: Written, rows: Written): number {
  return table.storage.writes + ids.storage.writes + rows.storage.writes;
}
