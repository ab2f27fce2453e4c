/** What an embedding leaves with its result: the table whose rows it took. */
export interface TableRows<T> {
  /** [V, D], contiguous. */
  table: T;
  /** int32, contiguous. */
  ids: T;
  /** `writesOf` table, ids and rows when the rows were taken. */
  writes: number;
  /** What the embedding gave, where this is a view of it. */
  of?: T;
}

interface Written {
  storage: { writtenAt: number };
}

/** A number that grows with every write into one of them. */
export function writesOf(table: Written, ids: Written, rows: Written): number {
  return table.storage.writtenAt + ids.storage.writtenAt + rows.storage.writtenAt;
}
