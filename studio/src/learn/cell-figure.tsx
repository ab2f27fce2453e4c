import { PLACES } from "./cells.js";
import type { Cell, Run } from "./graph.js";
import { isBackward, isForward, short, widthOf } from "./play.js";

export interface FigureProps {
  cell: Cell;
  run: Run;
  position: number;
  length: number;
  cut: number;
}

interface CellFigureProps extends FigureProps {
  step: number;
  chosen: string;
  onChoose: (node: string) => void;
  label: string;
}

const RADIUS = 24;
/** Beside the last node, and below it for its gradient. */
const MARGIN = 60;
type Point = readonly [x: number, y: number];

/** A line from rim to rim, bent so that two of them can be told apart, and where its number stands. */
function way([ax, ay]: Point, [bx, by]: Point, share: number): { path: string; label: Point } {
  const size = Math.hypot(bx - ax, by - ay);
  const [ux, uy] = [(bx - ax) / size, (by - ay) / size];
  const [sx, sy, ex, ey] = [ax + RADIUS * ux, ay + RADIUS * uy, bx - (RADIUS + 7) * ux, by - (RADIUS + 7) * uy];
  const reach = Math.abs(ex - sx) / 2.4;
  const [px, qx] = [sx + reach, ex - reach];
  // Of the cubic curve through these four points.
  const at = (a: number, b: number, c: number, d: number): number =>
    (1 - share) ** 3 * a + 3 * (1 - share) ** 2 * share * b + 3 * (1 - share) * share ** 2 * c + share ** 3 * d;
  return { path: `M${sx} ${sy}C${px} ${sy} ${qx} ${ey} ${ex} ${ey}`, label: [at(sx, px, qx, ex), at(sy, sy, ey, ey)] };
}

/** What comes of one source is told apart where it arrives, each source at a place of its own; what comes of many where it begins. */
const SHARES: Readonly<Record<string, number>> = { x: 0.87, "h'": 0.6, "c'": 0.8 };
const GATE_SHARE = 0.28;

/** One step of the cell: its numbers in the nodes, on the edges what flows along them, there in ink and back in colour. */
export function CellFigure(props: CellFigureProps) {
  const { cell, label } = props;
  const places = Object.values(PLACES[cell.name]);
  const [width, height] = [0, 1].map((axis) => MARGIN + Math.max(...places.map((place) => place[axis])));
  // No smaller than can be read, and a small cell no larger than the others.
  const size = { minWidth: `${0.75 * width}px`, maxWidth: `${1.2 * width}px` };
  return (
    <svg class="cell-figure" viewBox={`0 0 ${width} ${height}`} style={size} role="img" aria-label={label}>
      <defs>
        <marker
          id="head"
          viewBox="0 0 8 8"
          refX="6"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0L8 4L0 8z" fill="var(--faint)" />
        </marker>
      </defs>
      <Edges {...props} />
      {Object.keys(PLACES[cell.name]).map((name) => (
        <NodeFigure key={name} {...props} name={name} />
      ))}
    </svg>
  );
}

function Edges({ cell, run, position, length, step }: CellFigureProps) {
  const places = PLACES[cell.name];
  const { values, edges } = run.steps[step];
  const [there, back] = [isForward(position, step), isBackward(position, step, length)];
  const most = Math.max(1e-30, ...run.steps.flatMap((one) => Object.values(one.edges).map(Math.abs)));
  const edgeOf = (node: Cell["nodes"][number], input: string) => {
    const isInput = !cell.nodes.some(({ name }) => name === input);
    const { path, label } = way(places[input], places[node.name], SHARES[input] ?? GATE_SHARE);
    // Of two that arrive together, one number above its line and the other below.
    const beside = isInput && places[input][1] > places[node.name][1] ? 14 : -5;
    const gradient = edges[`${input}>${node.name}`] ?? 0;
    const sign = gradient < 0 ? "against" : "for";
    const weight = node.weights.length > 0 && input !== "r" ? (input === "x" ? "wx" : "wh") : "";
    const flow = there ? [short(values[input]), weight].filter(Boolean).join("·") : weight;
    return (
      <g key={`${input}>${node.name}`} class="edge">
        {back && gradient !== 0 && <path d={path} fill="none" class={sign} stroke-width={widthOf(gradient, most)} />}
        <path d={path} fill="none" class="wire" marker-end="url(#head)" />
        <text x={label[0]} y={label[1] + beside} class={back ? sign : "flow"}>
          {back ? short(gradient) : flow}
        </text>
      </g>
    );
  };
  return <g>{cell.nodes.flatMap((node) => node.inputs.map((input) => edgeOf(node, input)))}</g>;
}

function NodeFigure({ cell, run, position, length, step, chosen, onChoose, name }: CellFigureProps & { name: string }) {
  const [x, y] = PLACES[cell.name][name];
  const { values, grads } = run.steps[step];
  const isGate = cell.nodes.some((node) => node.name === name);
  const isFromBefore = name.endsWith("'") && isForward(position, step - 1);
  const isKnown = isForward(position, step) || isFromBefore || (name === "x" && position > 0);
  const look = [
    "node",
    !isGate && "is-input",
    name === chosen && "is-chosen",
    cell.states.includes(name) && "is-state",
  ];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the equations are buttons for it
    <g class={look.filter(Boolean).join(" ")} onClick={() => isGate && onChoose(name)}>
      <circle cx={x} cy={y} r={RADIUS} />
      <text x={x} y={y - 4} class="name">
        {symbol(name, step)}
      </text>
      <text x={x} y={y + 12} class="value">
        {isKnown ? short(values[name]) : "?"}
      </text>
      {isBackward(position, step, length) && <Gradient x={x} y={y} value={grads[name] ?? 0} />}
    </g>
  );
}

function Gradient({ x, y, value }: { x: number; y: number; value: number }) {
  return (
    <text x={x} y={y + RADIUS + 14} class={`gradient ${value < 0 ? "against" : "for"}`}>
      {short(value)}
    </text>
  );
}

/** `h'` of step 3 is h₂. */
export function symbol(name: string, step: number): string {
  const at = name.endsWith("'") ? step : step + 1;
  return `${name.replace("'", "")}${String(at).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)])}`;
}
