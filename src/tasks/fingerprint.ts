/** FNV-1a of 32 bits over numbers, twice with different starts, and how many there are: whether data are those of before. */
export function fingerprint(parts: readonly (ArrayLike<number> | null)[]): string {
  const word = new DataView(new ArrayBuffer(8));
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  const add = (id: number): void => {
    low = Math.imul(low ^ id, 0x01000193);
    high = Math.imul(high ^ (id + 0x7f), 0x01000193);
  };
  for (const part of parts) {
    for (let i = 0; i < (part?.length ?? 0); i++) {
      const value = part![i]!;
      if (Number.isInteger(value)) add(value);
      else {
        word.setFloat64(0, value);
        add(word.getInt32(0));
        add(word.getInt32(4));
      }
    }
    high ^= part?.length ?? 0;
  }
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
  return `${hex(high)}${hex(low)}-${parts.map((part) => part?.length ?? 0).join("+")}`;
}
