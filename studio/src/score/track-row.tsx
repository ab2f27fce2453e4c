import { useMemo, useState } from "preact/hooks";
import type { GradientRow, Track } from "../../../src/tasks/score/score-data.js";
import type { View } from "./axis.js";
import { Canvas } from "./canvas.js";
import type { Colours } from "./colours.js";
import type { Picture } from "./copy.js";
import type { By } from "./pyramid.js";
import type { OnUnit, Row } from "./rows.js";
import { copyItems, type MenuItem, TrackMenu } from "./track-menu.js";
import { groups, rowHeight, strongest } from "./tracks/heat.js";
import { draw, type Frame, heightOf, read, rowsOf } from "./tracks/index.js";
import type { ScoreWords } from "./words.js";

export interface TrackRowProps {
  row: Row;
  view: View;
  width: number;
  colours: Colours;
  words: ScoreWords;
  cursor: number | null;
  gradient: GradientRow | null;
  /** The row of a map that one points at. */
  pointed: number | null;
  pinned: boolean;
  onMove: (by: 1 | -1) => void;
  onPin: () => void;
  onRemove: () => void;
  onUnit: OnUnit | undefined;
}

/** One track: its name and what it says at the cursor, and the track itself. */
export function TrackRow(props: TrackRowProps) {
  const { row, view, width, colours, words, cursor, gradient, pointed } = props;
  const [tall, setTall] = useState(false);
  const [by, setBy] = useState<By>("extreme");
  const { track, data } = row;
  const cell = width / (view.to - view.from);
  const own = track.kind === "gradient" && row.whose !== "B" ? gradient : null;
  const frame: Frame = { data, view, width, cell, colours, words, cursor, gradient: own, by, tall };
  const height = heightOf(track, tall);
  const told = cursor === null || cursor >= data.steps.length ? "" : read(track, cursor, frame, pointed);
  const picture = () => ({ marks: draw(track, frame), width, height, background: colours.sheet });
  return (
    <div class={`track ${namesRows(track) ? "is-named" : ""}`} data-track={row.key}>
      <div class="gutter">
        <div class="track-head">
          <span class="track-title" title={`${words.named(track.title)}: ${track.about}`}>
            {words.named(track.title)}
            {row.whose !== "" && <em class={`whose ${row.whose === "B" ? "is-b" : ""}`}>{row.whose}</em>}
          </span>
          <RowMenu
            {...props}
            tall={tall}
            by={by}
            onTall={() => setTall(!tall)}
            onBy={() => setBy(by === "mean" ? "extreme" : "mean")}
            picture={picture}
          />
        </div>
        {track.kind === "lines" ? (
          <Legend row={row} colours={colours} cursor={cursor} words={words} />
        ) : (
          <div class="told">{told}</div>
        )}
        {track.kind === "heat" && <GroupNames row={row} tall={tall} words={words} />}
      </div>
      <div class="plot" style={{ height: `${height}px` }}>
        <Canvas
          width={width}
          height={height}
          marks={(budget) => draw(track, { ...frame, budget })}
          redraw={[track, view, colours, own, by, tall, words]}
        />
      </div>
    </div>
  );
}

/** A map whose rows all have a name beside them. */
function namesRows(track: Track): boolean {
  return track.kind === "heat" && !track.ofUnits && track.rows.length <= 24;
}

/** Names of curves in their colours, with their values. */
interface LegendProps {
  row: Row;
  colours: Colours;
  cursor: number | null;
  words: ScoreWords;
}

function Legend({ row: { track }, colours, cursor, words }: LegendProps) {
  if (track.kind !== "lines") return null;
  return (
    <div class="told legend">
      {track.series.map(({ name, values }, k) => (
        <span key={name} style={{ color: colours.curves[k % colours.curves.length] }}>
          {words.named(name)}{" "}
          <b>
            {cursor === null || Number.isNaN(values[cursor] ?? Number.NaN)
              ? ""
              : values[cursor]!.toFixed(2).replace("-", "−")}
          </b>
        </span>
      ))}
    </div>
  );
}

/** What neighbouring rows follow, beside them, where there is room for it. */
function GroupNames({ row: { track }, tall, words }: { row: Row; tall: boolean; words: ScoreWords }) {
  if (track.kind !== "heat") return null;
  const each = rowHeight(track, tall);
  const top = 44;
  const names = useMemo(() => {
    const found = track.ofUnits ? groups(track) : namesRows(track) ? track.rows.map(({ name }, first) => ({ name, first, count: 1 })) : []; // biome-ignore format: one line
    let free = track.ofUnits ? top : -2;
    return found.flatMap(({ first, count, name }) => {
      const at = Math.max(first * each, free);
      const end = (first + count) * each;
      if (at + 13 > Math.max(end + 6, first * each + 13)) return [];
      free = at + 13;
      return [{ name, at: track.ofUnits ? at : first * each + each / 2 - 7, from: first * each, to: end }];
    });
  }, [track, each]);
  return (
    <div class="groups" aria-hidden="true">
      {names.map(({ name, at, from, to }) => (
        <span key={`${name}${from}`} style={{ top: `${at}px` }}>
          {track.ofUnits ? words.named(name) : name}
          {track.ofUnits && <i style={{ top: `${from - at}px`, height: `${Math.max(2, to - from - 1)}px` }} />}
        </span>
      ))}
    </div>
  );
}

/** What a click on a unit asks, without a pointer. */
function unitItem({ row: { track, data, whose }, words, cursor, onUnit }: TrackRowProps): MenuItem[] {
  if (track.kind !== "heat" || !track.ofUnits || cursor === null || onUnit === undefined) return [];
  return [[words.unit, () => onUnit(track, strongest(track.values, data.steps.length, cursor), whose)]];
}

interface MenuProps extends TrackRowProps {
  tall: boolean;
  by: By;
  onTall: () => void;
  onBy: () => void;
  picture: () => Picture;
}

function RowMenu(props: MenuProps) {
  const { row, words, pinned, tall, by, onTall, onBy, onMove, onPin, onRemove, picture } = props;
  const items = (): MenuItem[] => [
    [words.up, () => onMove(-1)],
    [words.down, () => onMove(1)],
    [pinned ? words.unpin : words.pin, onPin],
    [tall ? words.small : words.tall, onTall],
    [by === "mean" ? words.mean : words.extreme, onBy],
    ...unitItem(props),
    ...copyItems(words, picture, () => rowsOf(row.track, row.data)),
    [words.remove, onRemove],
  ];
  return <TrackMenu name={`${words.menu}: ${words.named(row.track.title)}`} items={items} />;
}
