import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ScoreData } from "../../../src/tasks/score/score-data.js";
import { type View, within, xOf, zoomed } from "./axis.js";
import { Canvas } from "./canvas.js";
import { type Colours, css } from "./colours.js";
import type { Mark } from "./marks.js";
import { type Budget, seenFrom } from "./pyramid.js";
import type { ScoreWords } from "./words.js";

const HEIGHT = 22;

interface OverviewProps {
  data: ScoreData;
  view: View;
  colours: Colours;
  words: ScoreWords;
  selected: View | null;
  look: (view: View) => void;
}

/** The whole sequence in one strip, and the part of it that is seen: drag it, or press elsewhere to go there. */
export function Overview(props: OverviewProps) {
  const { data, view, words, look } = props;
  const length = data.steps.length;
  const middle = (view.from + view.to) / 2;
  const buttons: [string, string, () => void][] = [
    ["−", words.zoomOut, () => look(zoomed(view, middle, 1 / 1.6, length))],
    ["+", words.zoomIn, () => look(zoomed(view, middle, 1.6, length))],
    ["⤢", words.zoomAll, () => look({ from: 0, to: length })],
  ];
  return (
    <div class="overview">
      <Strip {...props} />
      {buttons.map(([sign, name, act]) => (
        <button key={sign} type="button" title={name} aria-label={name} onClick={act}>
          <span aria-hidden="true">{sign}</span>
        </button>
      ))}
    </div>
  );
}

function Strip({ data, view, colours, selected, look }: OverviewProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const grip = useRef<number | null>(null);
  const length = data.steps.length;
  useLayoutEffect(() => {
    const element = ref.current!;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  const whole = { from: 0, to: Math.max(1, length) };
  const [from, to] = [xOf(whole, view.from, width), xOf(whole, view.to, width)];
  const span = view.to - view.from;
  const stepOf = (event: PointerEvent) =>
    ((event.clientX - ref.current!.getBoundingClientRect().left) / width) * length;
  const go = (start: number) => look(within({ from: start, to: start + span }, length));
  const drag = {
    onPointerDown: (event: PointerEvent) => {
      const step = stepOf(event);
      grip.current = step >= view.from && step <= view.to ? step - view.from : span / 2;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      go(step - grip.current);
    },
    onPointerMove: (event: PointerEvent) => grip.current !== null && go(stepOf(event) - grip.current),
    onPointerUp: () => {
      grip.current = null;
    },
  };
  return (
    <div ref={ref} class="strip" aria-hidden="true" style={{ height: `${HEIGHT}px` }} {...drag}>
      <Canvas
        width={width}
        height={HEIGHT}
        marks={(budget) => strip(data, { width, colours, selected, budget })}
        redraw={[data, colours, selected]}
      />
      <div class="window" style={{ left: `${from}px`, width: `${Math.max(4, to - from)}px` }} />
    </div>
  );
}

interface StripLook extends Pick<OverviewProps, "colours" | "selected"> {
  width: number;
  budget: Budget;
}

/** How the first track of numbers goes, from beginning to end. */
function strip({ tracks, steps }: ScoreData, { width, colours, selected, budget }: StripLook): Mark[] {
  const whole = { from: 0, to: Math.max(1, steps.length) };
  const marks: Mark[] = [];
  const track = tracks.find(({ kind }) => kind === "bars");
  if (track?.kind === "bars") {
    const found = seenFrom(track.values, 1, width / steps.length, budget);
    const { mean, columns } = found?.own ?? { mean: track.values, columns: 0 };
    const each = found?.each ?? 1;
    for (let k = 0; k < columns; k++) {
      const share = Math.min(1, (mean[k]! || 0) / (1.6 * track.high || 1));
      const x = xOf(whole, k * each, width);
      marks.push({ kind: "rect", x, y: 0, width: (each * width) / steps.length + 0.5, height: HEIGHT, colour: css(colours.sizes[128 + Math.round(90 * share)]!) }); // biome-ignore format: one mark
    }
  }
  if (selected !== null) {
    const [a, b] = [xOf(whole, selected.from, width), xOf(whole, selected.to, width)];
    marks.push({ kind: "rect", x: a, y: HEIGHT - 3, width: Math.max(2, b - a), height: 3, colour: colours.hot });
  }
  return marks;
}
