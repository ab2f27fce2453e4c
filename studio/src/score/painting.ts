/** Milliseconds of one frame that go into drawing: what is left is drawn in the next, so that the page answers meanwhile. */
export const SLICE = 5;

/** What is to be drawn, the newest wish of each canvas. */
const waiting = new Map<HTMLCanvasElement, () => void>();
/** Canvases that nobody sees now: they are drawn when the others are, that they may be printed. */
const hidden = new WeakSet<HTMLCanvasElement>();
let isAsked = false;

const observer =
  typeof IntersectionObserver === "undefined"
    ? null
    : new IntersectionObserver(
        (entries) => {
          for (const { target, isIntersecting } of entries) {
            if (isIntersecting) hidden.delete(target as HTMLCanvasElement);
            else hidden.add(target as HTMLCanvasElement);
          }
          ask();
        },
        { rootMargin: "400px" },
      );

/** Draws before the next frame, or where that has no time for it soon after. */
export function soon(canvas: HTMLCanvasElement, draw: () => void): void {
  waiting.set(canvas, draw);
  ask();
}

/** From now on it is drawn after those that are seen, while it is not. @returns what ends that */
export function watched(canvas: HTMLCanvasElement): () => void {
  observer?.observe(canvas);
  return () => {
    observer?.unobserve(canvas);
    waiting.delete(canvas);
  };
}

function ask(): void {
  if (isAsked || waiting.size === 0) return;
  isAsked = true;
  requestAnimationFrame(drawSome);
}

function drawSome(): void {
  isAsked = false;
  const begin = performance.now();
  const seen = [...waiting].filter(([canvas]) => !hidden.has(canvas));
  // What is left of a drawing waits for the next frame.
  for (const [canvas, draw] of seen.length > 0 ? seen : [...waiting]) {
    waiting.delete(canvas);
    draw();
    if (performance.now() - begin > SLICE) break;
  }
  ask();
}
