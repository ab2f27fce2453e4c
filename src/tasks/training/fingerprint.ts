/** FNV-1a of 32 bits over numbers, twice with different starts, and how many there are: whether data are those of before. */
export function fingerprint(parts: readonly (ArrayLike<number> | null)[]): string {
  const all = new Fingerprint();
  for (const part of parts) {
    if (part !== null) all.add(part);
    all.endPart();
  }
  return all.text;
}

/** Numbers of several parts, that come a few at a time. */
export class Fingerprint {
  readonly #word = new DataView(new ArrayBuffer(8));
  readonly #lengths: number[] = [];
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  #length = 0;

  add(numbers: ArrayLike<number>): void {
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i]!;
      if (Number.isInteger(value)) this.#step(value);
      else {
        this.#word.setFloat64(0, value);
        this.#step(this.#word.getInt32(0));
        this.#step(this.#word.getInt32(4));
      }
    }
    this.#length += numbers.length;
  }

  endPart(): void {
    this.#high ^= this.#length;
    this.#lengths.push(this.#length);
    this.#length = 0;
  }

  get text(): string {
    const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
    return `${hex(this.#high)}${hex(this.#low)}-${this.#lengths.join("+")}`;
  }

  #step(id: number): void {
    this.#low = Math.imul(this.#low ^ id, 0x01000193);
    this.#high = Math.imul(this.#high ^ (id + 0x7f), 0x01000193);
  }
}
