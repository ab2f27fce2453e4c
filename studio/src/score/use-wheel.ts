import { useEffect, useRef } from "preact/hooks";
import { moved, type View, zoomed } from "./axis.js";

interface Wheel {
  view: View;
  width: number;
  left: number;
  length: number;
  look: (view: View) => void;
}

/** Sideways the time moves, with control it comes closer; up and down are the page's own. */
export function useWheel(body: { current: HTMLElement | null }, state: Wheel): void {
  const latest = useRef(state);
  latest.current = state;
  useEffect(() => {
    const element = body.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      const { view, width, left, length, look } = latest.current;
      const each = (view.to - view.from) / width;
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const at = view.from + (event.clientX - element.getBoundingClientRect().left - left) * each;
        look(zoomed(view, at, Math.exp(-event.deltaY / 240), length));
      } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        look(moved(view, sideways * each, length));
      }
    };
    // Not passive: the page must not move too.
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, []);
}
