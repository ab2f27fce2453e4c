import { useRef } from "preact/hooks";
import { stepAt, type View } from "./axis.js";
import type { OnUnit, Row } from "./rows.js";

interface Pointing {
  rows: readonly Row[];
  view: View;
  width: number;
  left: number;
  length: number;
  body: { current: HTMLDivElement | null };
  setCursor: (step: number) => void;
  setSelected: (range: { from: number; to: number } | null) => void;
  setPointed: (at: { key: string; row: number } | null) => void;
  onUnit: OnUnit | undefined;
}

/** Which row of which map lies at a place of the page. */
function mapAt(rows: readonly Row[], target: Element | null, y: number) {
  const plot = target?.closest<HTMLElement>(".plot") ?? null;
  const key = plot?.closest<HTMLElement>(".track")?.dataset["track"];
  const row = rows.find((one) => one.key === key);
  if (plot === null || row?.track.kind !== "heat") return null;
  const { top, height } = plot.getBoundingClientRect();
  const count = row.track.rows.length;
  return {
    key: row.key,
    row: Math.min(count - 1, Math.max(0, Math.floor(((y - top) / height) * count))),
    track: row.track,
    whose: row.whose,
  };
}

/** Further than this a press is a drag. */
const SLACK = 5;

/** Hovering moves the cursor, dragging selects, a click on a map asks about a unit. */
export function usePointer(given: Pointing) {
  const { rows, view, width, left, length, body, setCursor, setSelected, setPointed, onUnit } = given;
  const down = useRef<{ x: number; step: number; moved: boolean } | null>(null);
  const at = (event: PointerEvent) => {
    const x = event.clientX - body.current!.getBoundingClientRect().left - left;
    return { x, step: stepAt(view, x, width, length), inside: x >= 0 && x <= width };
  };
  const drag = (x: number, step: number) => {
    const start = down.current;
    if (start === null) return;
    if (Math.abs(x - start.x) > SLACK) start.moved = true;
    if (start.moved) setSelected({ from: Math.min(start.step, step), to: Math.max(start.step, step) + 1 });
  };
  return {
    onPointerMove: (event: PointerEvent) => {
      const { step, inside, x } = at(event);
      drag(x, step);
      if (!inside) return;
      setCursor(step);
      setPointed(mapAt(rows, event.target as Element, event.clientY));
    },
    onPointerDown: (event: PointerEvent) => {
      const { step, inside, x } = at(event);
      if (event.button !== 0 || !inside || (event.target as Element).closest(".plot") === null) return;
      down.current = { x, step, moved: false };
      setCursor(step);
      if (event.pointerType === "mouse") body.current!.setPointerCapture(event.pointerId);
    },
    onPointerUp: (event: PointerEvent) => {
      const start = down.current;
      down.current = null;
      if (start === null || start.moved) return;
      setSelected(null);
      const found = mapAt(rows, document.elementFromPoint(event.clientX, event.clientY), event.clientY);
      if (found?.track.ofUnits) onUnit?.(found.track, found.row, found.whose);
    },
    onPointerCancel: () => {
      down.current = null;
    },
    onPointerLeave: () => setPointed(null),
  };
}
