import type { NextTrack } from "./score-data.js";

/** What is expected after each of so many steps, noted row by row. */
export class Expectations {
  readonly #top: number;
  readonly #ids: Int32Array;
  readonly #probabilities: Float32Array;

  /** @param top  how many are kept of each step */
  constructor(steps: number, top: number) {
    this.#top = top;
    this.#ids = new Int32Array(steps * top);
    this.#probabilities = new Float32Array(steps * top);
  }

  /** @param scores  of each token, by which they are ordered @param shareOf  the probability of one */
  note(step: number, scores: ArrayLike<number>, shareOf: (score: number) => number): void {
    for (const [k, id] of largest(scores, this.#top).entries()) {
      this.#ids[step * this.#top + k] = id;
      this.#probabilities[step * this.#top + k] = shareOf(scores[id]);
    }
  }

  track(
    nameOf: (id: number) => string,
    about = "What the model expects after each step, the likeliest first.",
  ): NextTrack {
    const [ids, probabilities] = [this.#ids, this.#probabilities];
    return {
      ...{ kind: "next", id: "next", title: "next", about, top: this.#top, ids, probabilities },
      names: Object.fromEntries([...new Set(ids)].map((id) => [id, nameOf(id)])),
    };
  }
}

/** The places of the largest values, in falling order. */
function largest(row: ArrayLike<number>, count: number): number[] {
  const found: number[] = [];
  for (let v = 0; v < row.length; v++) {
    if (found.length === count && !(row[v] > row[found[count - 1]])) continue;
    let at = found.length;
    while (at > 0 && row[v] > row[found[at - 1]]) at--;
    found.splice(at, 0, v);
    if (found.length > count) found.pop();
  }
  return found;
}
