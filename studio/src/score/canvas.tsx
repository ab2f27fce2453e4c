import { useLayoutEffect, useRef } from "preact/hooks";
import { type Mark, paint } from "./marks.js";

/** Marks on a canvas, as sharp as the screen is. They are made when they are drawn: only what is seen. */
export function Canvas({
  width,
  height,
  marks,
  redraw,
}: {
  width: number;
  height: number;
  marks: () => Mark[];
  redraw: readonly unknown[];
}) {
  const ref = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const canvas = ref.current;
    if (canvas === null || width <= 0) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    paint(context, marks());
  }, [width, height, ...redraw]);
  return <canvas ref={ref} style={{ width: `${width}px`, height: `${height}px` }} />;
}
