import type { ScoreData } from "../../../src/tasks/score/score-data.js";
import type { ScoreWords } from "./words.js";

interface AddTrackProps {
  data: ScoreData;
  shown: readonly string[];
  words: ScoreWords;
  add: (id: string) => void;
}

/** Those tracks that are not shown. */
export function AddTrack({ data, shown, words, add }: AddTrackProps) {
  const others = data.tracks.filter(({ id }) => !shown.includes(id));
  if (others.length === 0) return null;
  return (
    <select
      aria-label={words.addTrack}
      value=""
      onChange={(event) => {
        const { value } = event.currentTarget;
        event.currentTarget.value = "";
        if (value !== "") add(value);
      }}
    >
      <option value="">+ {words.addTrack}</option>
      {others.map(({ id, title }) => (
        <option key={id} value={id}>
          {words.named(title)}
        </option>
      ))}
    </select>
  );
}
