import { useLayoutEffect, useRef } from "preact/hooks";
import { bitmap, type Mark, type Pixels, paint } from "./marks.js";
import { SLICE, soon, watched } from "./painting.js";
import type { DrawingBudget } from "./tiles.js";

/** Marks on a canvas, as sharp as the screen is. They are made when they are drawn: only what is seen, and a part at a time. */
export function Canvas({
  width,
  height,
  marks,
  redraw,
}: {
  width: number;
  height: number;
  marks: (budget: DrawingBudget) => Mark[];
  redraw: readonly unknown[];
}) {
  const ref = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => watched(ref.current!), []);
  useLayoutEffect(() => {
    const canvas = ref.current;
    if (canvas === null || width <= 0) return;
    const draw = () => {
      const ratio = Math.min(window.devicePixelRatio || 1, 3);
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
      const context = canvas.getContext("2d")!;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      const budget = drawingBudget();
      paint(context, marks(budget));
      if (budget.isShort) soon(canvas, draw);
    };
    soon(canvas, draw);
  }, [width, height, ...redraw]);
  return <canvas ref={ref} style={{ width: `${width}px`, height: `${height}px` }} />;
}

function drawingBudget(): DrawingBudget & { isShort: boolean } {
  const end = performance.now() + SLICE / 2;
  const budget = {
    isShort: false,
    has: () => performance.now() < end,
    left() {
      budget.isShort = true;
    },
    ready: (pixels: Pixels) => void bitmap(pixels),
  };
  return budget;
}
