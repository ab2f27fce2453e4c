import { useEffect, useMemo, useState } from "preact/hooks";
import type { GradientRow, ScoreData } from "../../../src/tasks/score/score-data.js";
import { opening, showing, type View, within } from "./axis.js";
import { coloursOf } from "./colours.js";
import { type Row, rowsFor, shifted, usualTracks } from "./rows.js";
import type { ScoreProps } from "./score.js";
import { cellFor, isText } from "./sequence.js";
import { read } from "./tracks/index.js";
import { useDark } from "./use-dark.js";
import { useGradient } from "./use-gradient.js";
import type { ScoreWords } from "./words.js";

type Range = { from: number; to: number };

/** What a score shows, and all that changes it. */
export function useScore(props: ScoreProps, width: number) {
  const { data, words, other = null, mode = "twice", onChange } = props;
  const length = data.steps.length;
  const [chosen, setChosen] = useState<readonly string[] | null>(props.tracks ?? null);
  const [pinned, setPinned] = useState<readonly string[]>([]);
  const [given, setView] = useState<View | null>(props.range ?? null);
  const [cursor, setCursor] = useState<number | null>(props.cursor ?? null);
  const [selected, setSelected] = useState<Range | null>(null);
  const [pointed, setPointed] = useState<{ key: string; row: number } | null>(null);
  const colours = coloursOf(useDark());
  const shown = chosen ?? usualTracks(data);
  const rows = useMemo(() => rowsFor(data, shown, other, mode), [data, shown.join("\n"), other, mode]);
  const gradient = useGradient(props.gradientOf ?? null, cursor, data);
  const view = useMemo(
    () => within(given ?? opening(length, width || 800, cellFor(data), isText(data) ? cellFor(data) : 4), length),
    [given, length, width, data],
  );
  useEffect(() => {
    if (onChange === undefined) return;
    const range = given === null ? null : { from: Math.floor(given.from), to: Math.ceil(given.to) };
    const timer = setTimeout(() => onChange({ tracks: chosen, range, cursor }), 250);
    return () => clearTimeout(timer);
  }, [chosen, given, cursor]);
  const at = cursor === null || cursor >= length ? null : cursor;
  return {
    ...{ view, rows, shown, pinned, selected, setSelected, pointed, setPointed, gradient, colours, setCursor },
    cursor: at,
    look: (next: View) => setView(within(next, length)),
    move: (step: number) => {
      const to = Math.min(Math.max(step, 0), length - 1);
      setCursor(to);
      setView(showing(view, to, length));
    },
    add: (id: string) => setChosen([...shown, id]),
    remove: (id: string) => setChosen(shown.filter((one) => one !== id)),
    shift: (id: string, by: 1 | -1) => setChosen(shifted(shown, id, by)),
    pin: (id: string) => setPinned(pinned.includes(id) ? pinned.filter((one) => one !== id) : [...pinned, id]),
    told: at === null ? "" : tellAll(rows, at, nameOf(data.steps[at]), { gradient, words }),
  };
}

const nameOf = ({ label, about }: ScoreData["steps"][number]): string =>
  about === undefined ? label : `${label} ${about}`;

/** All that stands at a step, as a sentence. */
function tellAll(
  rows: readonly Row[],
  step: number,
  label: string,
  { gradient, words }: { gradient: GradientRow | null; words: ScoreWords },
): string {
  const parts = rows
    .filter(({ data }) => step < data.steps.length)
    .map(
      ({ track, whose, data }) =>
        `${track.title}${whose && ` ${whose}`}: ${read(track, step, { data, gradient, words })}`,
    );
  return [`${words.step} ${step}, ${label}`, ...parts].join("; ");
}
