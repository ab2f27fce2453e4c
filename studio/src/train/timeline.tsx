import type { TargetedPointerEvent } from "preact";
import { useApp, useLive, useStudio } from "../ui/app-context.js";

/** The time of training: its checkpoints are dots, and everything can be looked at as it was at one. */
export function Timeline() {
  const { store, trainer, strings } = useApp();
  const checkpoints = useLive((live) => live.checkpoints);
  const total = useLive((live) => Math.max(live.totalSteps, 1));
  const now = useLive((live) => live.step);
  const chosen = useStudio((state) => state.step);
  const at = chosen ?? checkpoints.at(-1) ?? 0;
  const index = Math.max(
    0,
    checkpoints.findLastIndex((step) => step <= at),
  );
  const shown = checkpoints[index] ?? 0;
  const goTo = (i: number) => {
    const step = checkpoints[Math.min(Math.max(i, 0), checkpoints.length - 1)];
    store.dispatch("goTo", step === checkpoints.at(-1) ? null : step);
  };
  return (
    <section class="timeline" aria-label={strings.timeline.title}>
      <span class="timeline-name">{strings.timeline.title}</span>
      <div class="time-track">
        <div class="time-line" aria-hidden="true">
          <div class="time-done" style={{ width: `${(100 * now) / total}%` }} />
          {checkpoints.map((step) => (
            <span
              key={step}
              class={step === shown ? "time-dot shown" : "time-dot"}
              style={{ left: `${(100 * step) / total}%` }}
            />
          ))}
        </div>
        <input
          type="range"
          min={0}
          max={Math.max(checkpoints.length - 1, 0)}
          value={index}
          disabled={checkpoints.length < 2}
          aria-label={strings.timeline.title}
          aria-valuetext={strings.timeline.at(shown)}
          onKeyDown={(event) => {
            const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
            if (by === undefined) return;
            event.preventDefault();
            goTo(index + by);
          }}
          onInput={(event) => goTo(Number(event.currentTarget.value))}
          onPointerDown={(event) => goTo(nearest(event, checkpoints, total))}
        />
      </div>
      <button type="button" disabled={chosen === null} onClick={() => void trainer.back(shown)}>
        <span aria-hidden="true">⟲</span> {strings.controls.back(shown)}
      </button>
    </section>
  );
}

/** Dots stand where their steps are, not one beside the other. @returns which of them is nearest */
function nearest(event: TargetedPointerEvent<HTMLInputElement>, checkpoints: readonly number[], total: number): number {
  event.preventDefault();
  const { left, width } = event.currentTarget.getBoundingClientRect();
  const step = (total * (event.clientX - left)) / width;
  const away = checkpoints.map((one) => Math.abs(one - step));
  event.currentTarget.focus();
  return away.indexOf(Math.min(...away));
}
