import { useEffect, useRef, useState } from "preact/hooks";
import type { GradientRow, ScoreData } from "../../../src/tasks/score/score-data.js";

type Asked = (step: number) => Promise<GradientRow | null>;

/** The gradient of the step under the cursor. One question is on its way at a time, and the last one asked is answered. */
export function useGradient(gradientOf: Asked | null, cursor: number | null, data: ScoreData): GradientRow | null {
  const [row, setRow] = useState<GradientRow | null>(null);
  const asking = useRef<{ busy: boolean; wanted: number | null; ask: Asked | null }>({
    busy: false,
    wanted: null,
    ask: null,
  });
  useEffect(() => {
    setRow(null);
  }, [data, gradientOf]);
  useEffect(() => {
    const state = asking.current;
    state.ask = gradientOf;
    state.wanted = cursor;
    const go = async () => {
      if (state.busy) return;
      state.busy = true;
      try {
        while (state.wanted !== null && state.ask !== null) {
          const step = state.wanted;
          const { ask } = state as { ask: Asked };
          state.wanted = null;
          const found = await ask(step);
          if (state.ask === ask) setRow(found);
        }
      } catch {
        // A model that was closed meanwhile: there is nothing to show.
        setRow(null);
      } finally {
        state.busy = false;
      }
    };
    void go();
  }, [cursor, gradientOf, data]);
  return row;
}
