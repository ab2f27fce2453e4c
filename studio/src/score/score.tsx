import { useRef } from "preact/hooks";
import type { GradientRow, ScoreData } from "../../../src/tasks/score/score-data.js";
import { AddTrack } from "./add-track.js";
import { type View, xOf } from "./axis.js";
import { Overview } from "./overview.js";
import { PairPicture } from "./pair-picture.js";
import type { CompareMode, OnUnit, Row } from "./rows.js";
import "./score.css";
import { SequenceRow } from "./sequence-row.js";
import { TrackRow } from "./track-row.js";
import { heightOf } from "./tracks/index.js";
import { useGradually } from "./use-gradually.js";
import { useKeys } from "./use-keys.js";
import { usePointer } from "./use-pointer.js";
import { useScore } from "./use-score.js";
import { useWheel } from "./use-wheel.js";
import { useWidth } from "./use-width.js";
import type { ScoreWords } from "./words.js";

/** What of the score is worth remembering: in the studio it is a part of the address. */
export interface ScoreChange {
  tracks?: readonly string[] | null;
  range?: View | null;
  cursor?: number | null;
}

export interface ScoreProps {
  data: ScoreData;
  words: ScoreWords;
  /** Another model's score of the same sequence. */
  other?: ScoreData | null;
  mode?: CompareMode;
  /** What it begins with. */
  tracks?: readonly string[] | null;
  range?: View | null;
  cursor?: number | null;
  gradientOf?: ((step: number) => Promise<GradientRow | null>) | null;
  onChange?: (change: ScoreChange) => void;
  onUnit?: OnUnit;
  onAlike?: (range: { from: number; to: number }) => void;
}

/** A sequence, and under it all that the network did, step by step; one cursor crosses it. */
export function Score(props: ScoreProps) {
  const { data, words, onUnit } = props;
  const length = data.steps.length;
  const body = useRef<HTMLDivElement>(null);
  const { width, left } = useWidth(body);
  const score = useScore(props, width);
  const { view, look, cursor, selected, rows, pinned, colours } = score;
  const keys = useKeys({ length, cursor, selected, view, move: score.move, look, select: score.setSelected });
  useWheel(body, { view, width, left, length, look });
  const pointer = usePointer({ ...score, width, left, length, body, onUnit });
  const place = (step: number): number => left + xOf(view, step, width);
  const edges = { left, right: left + width };
  const made = useGradually(rows.length);
  const rowOf = (row: Row) =>
    rows.indexOf(row) >= made ? (
      <div key={row.key} class="track" style={{ height: `${heightOf(row.track, false) + 8}px` }} />
    ) : (
      <TrackRow
        key={row.key}
        {...{ row, view, width, colours, words, cursor, gradient: score.gradient }}
        pointed={score.pointed?.key === row.key ? score.pointed.row : null}
        pinned={pinned.includes(row.id)}
        onUnit={onUnit}
        onMove={(by) => score.shift(row.id, by)}
        onPin={() => score.pin(row.id)}
        onRemove={() => score.remove(row.id)}
      />
    );
  return (
    <section class="score" aria-label={`${words.score}: ${words.named(data.title)}`}>
      <Overview {...{ data, view, colours, words, selected, look }} />
      {pairsOf(props).map(({ own, whose }) => (
        <PairPicture
          key={whose}
          data={own}
          {...{ whose, colours, words, cursor }}
          room={width + left}
          point={score.setCursor}
        />
      ))}
      <div class="score-body" ref={body} {...pointer}>
        <div class="score-top">
          <SequenceRow {...{ data, view, width, colours, words, cursor, keys }} told={score.told} />
          {rows.filter(({ id }) => pinned.includes(id)).map(rowOf)}
        </div>
        {rows.filter(({ id }) => !pinned.includes(id)).map(rowOf)}
        {selected !== null && <Band {...edges} from={place(selected.from)} to={place(selected.to)} name="selection" />}
        {cursor !== null && <Band {...edges} from={place(cursor)} to={place(cursor + 1)} name="cursor" />}
      </div>
      <footer class="score-foot">
        <AddTrack data={data} shown={score.shown} words={words} add={score.add} />
        {selected !== null && (
          <Selected {...props} selected={selected} look={look} clear={() => score.setSelected(null)} />
        )}
      </footer>
    </section>
  );
}

/** The pairs of what is shown and of what it is compared with. */
function pairsOf({ data, other = null }: ScoreProps) {
  const both = [data, ...(other === null ? [] : [other])];
  const names = other === null ? [""] : ["A", "B"];
  return both.flatMap(({ pair, ...own }, k) =>
    pair === undefined ? [] : [{ own: { ...own, pair }, whose: names[k]! }],
  );
}

interface SelectedProps extends ScoreProps {
  selected: { from: number; to: number };
  look: (view: View) => void;
  clear: () => void;
}

/** What can be done with what is selected. */
function Selected({ words, onAlike, selected, look, clear }: SelectedProps) {
  return (
    <span class="selected">
      {words.selected(selected.to - selected.from)}
      <button type="button" onClick={() => look(selected)}>
        {words.zoomTo}
      </button>
      {onAlike !== undefined && (
        <button type="button" onClick={() => onAlike(selected)}>
          {words.alike}
        </button>
      )}
      <button type="button" onClick={clear}>
        {words.clear}
      </button>
    </span>
  );
}

interface BandProps {
  from: number;
  to: number;
  left: number;
  right: number;
  name: string;
}

/** A part of the time, through all tracks; nothing of it outside of what is seen. */
function Band({ from, to, left, right, name }: BandProps) {
  const [start, end] = [Math.max(from, left), Math.min(Math.max(to, from + 1.5), right)];
  if (end <= start) return null;
  return <div class={name} style={{ left: `${start}px`, width: `${end - start}px` }} />;
}
