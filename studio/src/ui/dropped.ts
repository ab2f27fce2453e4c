/** What was dropped: its files, and whether a folder is among it, of which a page reads nothing by itself. */
export interface Dropped {
  files: readonly File[];
  hasFolder: boolean;
}

/** To be asked while the drop is told: later there is nothing left to ask. */
export function droppedBy(transfer: DataTransfer | null): Dropped {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === "file");
  const isFolder = (item: DataTransferItem) => item.webkitGetAsEntry?.()?.isDirectory === true;
  const hasFolder = items.some(isFolder);
  const files = items.flatMap((item) => (isFolder(item) ? [] : (item.getAsFile() ?? [])));
  return { files, hasFolder };
}
