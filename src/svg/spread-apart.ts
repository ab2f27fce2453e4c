/** Places moved as little as keeps any two of them `gap` apart, between `low` and `high`; which lies above which stays. */
export function spreadApart(places: readonly number[], gap: number, low: number, high: number): number[] {
  const order = [...places.keys()].sort((a, b) => places[a] - places[b]);
  // Neighbours that touch become one block, which lies where its members would on average.
  const blocks: { sum: number; members: number[] }[] = [];
  const top = ({ sum, members }: (typeof blocks)[number]): number => {
    const height = gap * (members.length - 1);
    const wanted = sum / members.length - height / 2;
    return Math.min(Math.max(wanted, low), Math.max(low, high - height));
  };
  for (const i of order) {
    let block = { sum: places[i], members: [i] };
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
