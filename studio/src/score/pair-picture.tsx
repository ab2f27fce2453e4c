import { useRef, useState } from "preact/hooks";
import type { PairData, ScoreData } from "../../../src/tasks/score/score-data.js";
import { Canvas } from "./canvas.js";
import type { Colours } from "./colours.js";
import { cellMarks, cellOf, frameMarks, layoutOf, type PairPlace, pairRows, placeAt } from "./pair.js";
import { copyItems, TrackMenu } from "./track-menu.js";
import { said } from "./tracks/track-kind.js";
import type { ScoreWords } from "./words.js";

interface PairPictureProps {
  data: ScoreData & { pair: PairData };
  /** `A`, `B`; empty where nothing is compared. */
  whose: string;
  /** In pixels: more than this one scrolls. */
  room: number;
  colours: Colours;
  words: ScoreWords;
  /** The step of the score that is pointed at, here or there. */
  cursor: number | null;
  point: (step: number) => void;
}

/** Two sequences: one across, one down, and between them what each step has to do with each. */
export function PairPicture({ data, whose, room, colours, words, cursor, point }: PairPictureProps) {
  const { maps } = data.pair;
  const [chosen, setChosen] = useState(maps[0]!.id);
  const [column, setColumn] = useState<number | null>(null);
  const plot = useRef<HTMLDivElement>(null);
  const map = maps.find(({ id }) => id === chosen) ?? maps[0]!;
  const layout = layoutOf(data, data.pair, map, room);
  const row = cursor !== null && cursor < layout.rows ? cursor : null;
  const at = { row, column: column !== null && column < layout.columns ? column : null };
  const told = tell(data, map, layout.columns, at, words);
  const cells = () => cellMarks(map, layout, colours);
  const frame = () => frameMarks(data, map, layout, colours, at);
  const { width, height } = layout;
  const picture = () => ({ marks: [...cells(), ...frame()], width, height, background: colours.sheet });
  const go = (place: PairPlace) => {
    setColumn(Math.min(Math.max(place.column, 0), layout.columns - 1));
    point(Math.min(Math.max(place.row, 0), layout.rows - 1));
  };
  const onPointer = (event: PointerEvent) => {
    const { left, top } = plot.current!.getBoundingClientRect();
    const place = placeAt(layout, event.clientX - left, event.clientY - top);
    if (place !== null) go(place);
  };
  const onKeyDown = (event: KeyboardEvent) => stepped(event, at, go);
  const label = `${words.pair}: ${map.about} ${words.pairKeys}`;
  return (
    <div class="pair">
      <div class="pair-head">
        <Maps {...{ maps, whose }} chosen={map.id} choose={setChosen} />
        <span class="told">{told}</span>
        <TrackMenu
          name={`${words.menu}: ${words.pair}`}
          items={() => copyItems(words, picture, () => pairRows(data, map))}
        />
      </div>
      <div class="pair-scroll">
        <div
          ref={plot}
          class="pair-plot"
          role="slider"
          tabIndex={0}
          aria-orientation="vertical"
          aria-label={label}
          aria-valuetext={told}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, layout.rows - 1)}
          aria-valuenow={row ?? 0}
          style={{ width: `${width}px`, height: `${height}px` }}
          onPointerMove={onPointer}
          onPointerDown={onPointer}
          onKeyDown={onKeyDown}
        >
          <Canvas {...{ width, height }} marks={cells} redraw={[data, map, colours]} />
          <Canvas {...{ width, height }} marks={frame} redraw={[data, map, colours, at.row, at.column]} />
        </div>
      </div>
    </div>
  );
}

interface MapsProps {
  maps: PairData["maps"];
  whose: string;
  chosen: string;
  choose: (id: string) => void;
}

/** What the cells can be. */
function Maps({ maps, whose, chosen, choose }: MapsProps) {
  return (
    <>
      {maps.map(({ id, title, about }) => (
        <button
          key={id}
          class="pair-map"
          type="button"
          title={about}
          aria-pressed={id === chosen}
          onClick={() => choose(id)}
        >
          {title}
        </button>
      ))}
      {whose !== "" && <em class={`whose ${whose === "B" ? "is-b" : ""}`}>{whose}</em>}
    </>
  );
}

const STEPS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A cell further by an arrow key. */
function stepped(
  event: KeyboardEvent,
  { row, column }: { row: number | null; column: number | null },
  go: (place: PairPlace) => void,
): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  event.preventDefault();
  go({ row: (row ?? 0) + step[0], column: (column ?? 0) + step[1] });
}

/** What is pointed at in words: a cell, or of a whole row what is most. */
function tell(
  data: PairPictureProps["data"],
  map: PairData["maps"][number],
  columns: number,
  { row, column }: { row: number | null; column: number | null },
  words: ScoreWords,
): string {
  if (row === null) return words.pairEmpty;
  const across = [...data.pair.steps, ...(map.across === "both" ? data.steps : [])];
  const own = Array.from({ length: columns }, (_, k) => cellOf(map, columns, { row, column: k }) ?? 0);
  const most = own.indexOf(Math.max(...own));
  const name = (k: number): string => `${across[k]!.label} ${said(own[k]!)}`;
  const cell = column === null || column === most ? "" : `${name(column)}  `;
  return `${data.steps[row]!.label} ← ${cell}${words.strongest} ${name(most)}`;
}
