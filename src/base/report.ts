/**
 * Told now and then by a pass over data, from its beginning on: what it does (`reading`), how far it is and how far it goes, in a
 * unit of its own.
 */
export type Report = (pass: string, done: number, total: number) => void;
/** Of one pass. */
export type Told = (done: number, total: number) => void;

/** What a pass of this name tells; undefined where nobody listens. */
export function passOf(report: Report | undefined, pass: string): Told | undefined {
  return report && ((done, total) => report(pass, done, total));
}

/** Several passes over the same data, told as one. */
export class Passes {
  readonly #told: Told | undefined;
  readonly #total: number;
  #done = 0;

  /** @param total  of all passes, at most */
  constructor(told: Told | undefined, total: number) {
    [this.#told, this.#total] = [told, total];
  }

  add(done: number): void {
    this.#done += done;
    this.#told?.(Math.min(this.#done, this.#total - 1), this.#total);
  }

  end(): void {
    this.#told?.(this.#total, this.#total);
  }
}

/** What has a length, in its order. */
export type Listed<T> = Iterable<T> & { readonly length: number };

/**
 * A list in pieces of so many, each told of before it is given.
 * @param takes  asked of the number of each piece, in order: others are left out
 */
export function* piecesOf<T>(
  all: Listed<T>,
  size: number,
  told?: Told,
  takes: (piece: number) => boolean = () => true,
): Generator<readonly T[], void, undefined> {
  let [piece, done]: [T[], number] = [[], 0];
  for (const item of all) {
    if (piece.push(item) < size) continue;
    if (takes(done / size)) {
      told?.(done, all.length);
      yield piece;
    }
    done += size;
    piece = [];
  }
  if (piece.length > 0 && takes(done / size)) {
    told?.(done, all.length);
    yield piece;
  }
  told?.(all.length, all.length);
}

/** Rows between two tellings: a loop over rows must not become slower. */
const EVERY = 4096;

/** For a loop over rows: tells of one in some thousands. */
export function tellRow(told: Told | undefined, row: number, rows: number): void {
  if (told !== undefined && (row % EVERY === 0 || row === rows - 1)) told(row, rows);
}
