/** At most about `most` round numbers that enclose the range. */
export function linearTicks(low: number, high: number, most = 6): number[] {
  const rough = (high - low) / (most - 1) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Exponents of ten that enclose the range, every one or every few. */
export function powerTicks(low: number, high: number, most = 8): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(Math.ceil(Math.log10(high) - 1e-9), first + 1);
  const step = Math.max(1, Math.ceil((last - first) / (most - 1)));
  return Array.from({ length: Math.ceil((last - first) / step) + 1 }, (_, i) => first + i * step);
}

/** 0.30000000000000004 as 0.3, 10^6 as 1e6. */
export function tickText(x: number): string {
  const exact = Number(x.toPrecision(6));
  return Math.abs(exact) >= 1e6 || (exact !== 0 && Math.abs(exact) < 1e-4)
    ? exact.toExponential().replace("e+", "e")
    : String(exact);
}

/** The same places, moved as little as keeps any two `gap` apart, between `low` and `high`. */
export function spreadApart(places: readonly number[], gap: number, low: number, high: number): number[] {
  const order = [...places.keys()].sort((a, b) => places[a]! - places[b]!);
  // Neighbours that touch become one block, which lies where its members would on average.
  const blocks: { sum: number; members: number[] }[] = [];
  const top = ({ sum, members }: (typeof blocks)[number]): number => {
    const height = gap * (members.length - 1);
    const wanted = sum / members.length - height / 2;
    return Math.min(Math.max(wanted, low), Math.max(low, high - height));
  };
  for (const i of order) {
    let block = { sum: places[i]!, members: [i] };
    for (let above = blocks.at(-1); above !== undefined; above = blocks.at(-1)) {
      if (top(above) + gap * above.members.length <= top(block)) break;
      blocks.pop();
      block = { sum: above.sum + block.sum, members: [...above.members, ...block.members] };
    }
    blocks.push(block);
  }
  const found = [...places];
  for (const block of blocks) {
    for (const [k, i] of block.members.entries()) found[i] = top(block) + gap * k;
  }
  return found;
}
