import { useRef } from "preact/hooks";
import type { LearnWords } from "../strings/learn-words.js";
import type { FigureProps } from "./cell-figure.js";
import { symbol } from "./cell-figure.js";
import { isBackward, isForward, short, widthOf } from "./play.js";

interface RowProps extends FigureProps {
  targets: readonly (number | null)[];
  /** The step that is drawn large. */
  step: number;
  onStep: (step: number) => void;
  onCut: (cut: number) => void;
  words: LearnWords;
}

const [EACH, BOX, TOP] = [96, 46, 64];

const xOf = (t: number): number => 40 + EACH * t;

/** What carries the gradient from step to step: the cell's own state where it has one. */
const carrierOf = ({ states }: RowProps["cell"]): string => states.at(-1)!;

/** All steps in a row: the same cell again and again, states and losses there, gradients back until they are cut or gone. */
export function UnrolledRow(props: RowProps) {
  const { cell, run, length, cut, words } = props;
  const width = EACH * length + 60;
  const carrier = carrierOf(cell);
  const most = Math.max(1e-30, ...run.steps.map(({ grads }) => Math.abs(grads[carrier] ?? 0)));
  const least = { minWidth: `${Math.min(width, 62 * length + 60)}px` };
  return (
    <div class="unrolled">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is no picture */}
      <svg viewBox={`0 0 ${width} 216`} style={least} role="group" aria-label={words.row}>
        {run.steps.map((_, t) => (
          <Copy key={xOf(t)} {...props} t={t} most={most} />
        ))}
        <text class="axis" x={2} y={205}>
          ∂L/∂{carrier}
        </text>
        <Scissors {...props} x={cut === 0 ? 18 : xOf(cut) - (EACH - BOX) / 2} />
      </svg>
    </div>
  );
}

/** One of the copies, with what comes into it and goes back from it. */
function Copy({
  cell,
  run,
  position,
  length,
  cut,
  targets,
  step,
  onStep,
  t,
  most,
}: RowProps & { t: number; most: number }) {
  const [x, one, carrier] = [xOf(t), run.steps[t], carrierOf(cell)];
  const [there, wasBack] = [isForward(position, t), isBackward(position, t, length)];
  const gradient = t > 0 && cut !== t && wasBack ? (one.grads[`${carrier}'`] ?? 0) : 0;
  const sign = gradient < 0 ? "against" : "for";
  const before = xOf(t - 1) + BOX;
  return (
    <g>
      {t > 0 && <line class="wire" x1={before} x2={x - 2} y1={TOP + 23} y2={TOP + 23} />}
      {gradient !== 0 && (
        <line class={sign} x1={before} x2={x} y1={TOP + 38} y2={TOP + 38} stroke-width={widthOf(gradient, most)} />
      )}
      <line class="wire" x1={x + BOX / 2} x2={x + BOX / 2} y1={TOP + BOX} y2={TOP + BOX + 18} />
      <text class="input" x={x + BOX / 2} y={TOP + BOX + 32}>
        {symbol("x", t)} {short(one.values["x"])}
      </text>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Next and Back go there too */}
      <g class={`box ${t === step ? "is-step" : ""} ${there ? "is-there" : ""}`} onClick={() => onStep(t)}>
        <rect x={x} y={TOP} width={BOX} height={BOX} rx={6} />
        <text x={x + BOX / 2} y={TOP + 19} class="name">
          {symbol(cell.states[0], t)}
        </text>
        <text x={x + BOX / 2} y={TOP + 36} class="value">
          {there ? short(one.values[cell.states[0]]) : "?"}
        </text>
      </g>
      {targets[t] !== null && <Loss x={x + BOX / 2} loss={position > length ? one.loss : null} target={targets[t]} />}
      {wasBack && <Reach x={x + BOX / 2} value={one.grads[carrier] ?? 0} most={most} />}
    </g>
  );
}

/** What is asked for at a step, and how far it was missed. */
function Loss({ x, loss, target }: { x: number; loss: number | null; target: number | null }) {
  return (
    <g class="loss">
      <line class="wire" x1={x} x2={x} y1={TOP} y2={TOP - 16} />
      <text x={x} y={TOP - 36}>
        y {short(target ?? 0)}
      </text>
      <text x={x} y={TOP - 21} class="amount">
        L {loss === null ? "?" : short(loss)}
      </text>
    </g>
  );
}

/** How much of the gradient is there at a step: by powers of ten, each a fourth of the height. */
function Reach({ x, value, most }: { x: number; value: number; most: number }) {
  const height = Math.max(1, Math.max(0, 1 + Math.log10(Math.abs(value) / most || 1e-30) / 4) * 34);
  return (
    <g class="reach">
      <rect class={value < 0 ? "against" : "for"} x={x - 14} y={194 - height} width={28} height={height} />
      <text x={x} y={207}>
        {short(value)}
      </text>
    </g>
  );
}

/** Drag them to where the gradient shall be cut; far left they cut nothing. */
function Scissors({ x, length, cut, onCut, words }: RowProps & { x: number }) {
  const held = useRef(false);
  const at = (event: PointerEvent): number => {
    const svg = (event.currentTarget as SVGElement).ownerSVGElement!;
    const { left, width } = svg.getBoundingClientRect();
    const place = ((event.clientX - left) / width) * svg.viewBox.baseVal.width;
    return Math.min(length - 1, Math.max(0, Math.round((place - xOf(0) + (EACH - BOX) / 2) / EACH)));
  };
  return (
    <g
      class={`scissors ${cut === 0 ? "is-idle" : ""}`}
      role="slider"
      // In SVG names are taken as they are written.
      tabindex={0}
      aria-label={words.truncation}
      aria-valuemin={0}
      aria-valuemax={length - 1}
      aria-valuenow={cut}
      aria-valuetext={cut === 0 ? words.noCut : words.cutAfter(cut)}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        onCut(Math.min(length - 1, Math.max(0, cut + by)));
      }}
      onPointerDown={(event: PointerEvent) => {
        held.current = true;
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event: PointerEvent) => held.current && onCut(at(event))}
      onPointerUp={() => {
        held.current = false;
      }}
    >
      <rect x={x - 16} y={TOP - 12} width={32} height={150} fill="transparent" />
      <line x1={x} x2={x} y1={TOP - 6} y2={TOP + 124} />
      <text x={x} y={TOP + 4}>
        ✂
      </text>
    </g>
  );
}
