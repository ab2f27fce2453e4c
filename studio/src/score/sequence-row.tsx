import { grouped } from "../../../src/base/grouped.js";
import type { ScoreData } from "../../../src/tasks/score/score-data.js";
import type { View } from "./axis.js";
import { Canvas } from "./canvas.js";
import type { Colours } from "./colours.js";
import { SEQUENCE_HEIGHT, sequence } from "./sequence.js";
import type { ScoreWords } from "./words.js";

interface SequenceRowProps {
  data: ScoreData;
  view: View;
  width: number;
  colours: Colours;
  words: ScoreWords;
  cursor: number | null;
  /** All that stands at the cursor, read aloud. */
  told: string;
  keys: { onKeyDown: (event: KeyboardEvent) => void };
}

/** The axis: the sequence itself, which is also the handle of the time cursor. */
export function SequenceRow({ data, view, width, colours, words, cursor, told, keys }: SequenceRowProps) {
  const cell = width / (view.to - view.from);
  const length = data.steps.length;
  return (
    <div class="track sequence">
      <div class="gutter">
        <div class="track-head">
          <span class="track-title is-plain" title={data.title}>
            {words.named(data.title)}
          </span>
        </div>
        <div class="told">
          {cursor === null ? "" : (data.steps[cursor]?.about ?? `${words.step} ${grouped(cursor)}`)}
        </div>
      </div>
      <div
        {...keys}
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${words.cursor}. ${words.keys}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, length - 1)}
        aria-valuenow={cursor ?? 0}
        aria-valuetext={told}
        style={{ height: `${SEQUENCE_HEIGHT}px` }}
      >
        <Canvas
          width={width}
          height={SEQUENCE_HEIGHT}
          marks={() => sequence(data, { view, width, cell, colours })}
          redraw={[data, view.from, view.to, colours]}
        />
      </div>
    </div>
  );
}
