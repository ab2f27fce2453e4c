import { statSync } from "node:fs";

/** A file that may be replaced by another, or appear under another name. */
export interface Watched {
  readonly key: string;
  /** Its path by now; may throw where there is none. */
  find(): string;
}

/** Milliseconds between two looks: a look costs microseconds, and works on every file system, network ones too. */
const PERIOD = 500;

/**
 * Calls back for each file that is another than before, once it has stayed the same from one look to the next: what is being copied is
 * not read half.
 * @returns how to end it
 */
export function watchFiles(files: readonly Watched[], onChange: (key: string) => void, period = PERIOD): () => void {
  const states = files.map((file) => ({ file, known: signOf(file), seen: "" }));
  const timer = setInterval(() => {
    for (const state of states) {
      const sign = signOf(state.file);
      const isSteady = sign === state.seen;
      state.seen = sign;
      if (!isSteady || sign === state.known || sign === "") continue;
      state.known = sign;
      onChange(state.file.key);
    }
  }, period);
  return () => clearInterval(timer);
}

/** What tells one content of a file from another; nothing where there is no file. */
function signOf({ find }: Watched): string {
  try {
    const path = find();
    const { size, mtimeMs, ino } = statSync(path);
    return `${path} ${size} ${mtimeMs} ${ino}`;
  } catch {
    return "";
  }
}
