import { useEffect, useState } from "preact/hooks";

/** Rows that are made at once: more would keep the page busy for longer than anybody waits unaware. */
const AT_ONCE = 3;

/** Of so many rows how many are made by now: a few more each frame. */
export function useGradually(count: number): number {
  const [made, setMade] = useState(AT_ONCE);
  useEffect(() => {
    if (made >= count) return;
    const frame = requestAnimationFrame(() => setMade(made + AT_ONCE));
    return () => cancelAnimationFrame(frame);
  }, [made, count]);
  return Math.min(made, count);
}
