import { useLayoutEffect, useState } from "preact/hooks";

/** How wide the tracks of a score are, and how far from its edge they begin: narrow pages have no margin for names. */
export function useWidth(body: { current: HTMLElement | null }): { width: number; left: number } {
  const [size, setSize] = useState({ width: 0, left: 0 });
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return;
    const measure = () => {
      const plot = element.querySelector<HTMLElement>(".plot");
      if (plot === null) return;
      const width = Math.floor(plot.clientWidth);
      const left = Math.round(plot.getBoundingClientRect().left - element.getBoundingClientRect().left);
      setSize((before) => (before.width === width && before.left === left ? before : { width, left }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}
