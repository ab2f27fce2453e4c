/** Hears that a file is about to be flushed, and how many bytes it has; and of null as soon as it is. */
type FlushListener = (bytes: number | null) => void;

let listener: FlushListener | null = null;

/** A flush may take long, and moves nothing that this process could see: who watches over the process is told of it. */
export function onFlush(hears: FlushListener): void {
  listener = hears;
}

/** Waits until a file is on its disk. @param bytes  that it has, as far as they are known */
export function flush(file: number, bytes: number, fs: { fsyncSync(file: number): void }): void {
  listener?.(bytes);
  try {
    fs.fsyncSync(file);
  } finally {
    listener?.(null);
  }
}
