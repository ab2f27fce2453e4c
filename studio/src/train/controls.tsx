import type { ComponentChildren } from "preact";
import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { useKeys } from "../ui/keys.js";
import { numberText, shortNumber } from "../ui/text.js";
import { ExportMenu } from "./export-menu.js";
import { taskOf } from "./live.js";

/** One line that starts and stops training and tells how it goes; it stays in sight. */
export function Controls() {
  const { trainer, strings } = useApp();
  const { controls } = strings;
  const phase = useLive((live) => live.phase);
  // Also while a change is read: who presses Start right after it means what is asked for now, and the trainer waits for it.
  const canRun = useLive((live) => live.about !== null && live.phase !== "ended");
  const isRunning = phase === "running";
  useKeys(
    { " ": () => void (isRunning ? trainer.pause() : trainer.start()), ".": () => void trainer.start(1) },
    canRun,
  );
  const label = isRunning ? controls.pause : phase === null ? controls.start : controls.go;
  return (
    <section class="controls" aria-label={controls.title}>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={!canRun}
          aria-keyshortcuts="Space"
          title={controls.space}
          onClick={() => void (isRunning ? trainer.pause() : trainer.start())}
        >
          <span aria-hidden="true">{isRunning ? "▮▮" : "▶"}</span> {label}
        </button>
        <button
          type="button"
          disabled={!canRun || isRunning}
          aria-keyshortcuts="."
          title={controls.dot}
          onClick={() => void trainer.start(1)}
        >
          {controls.step}
        </button>
        <Rate />
        <ExportMenu />
      </div>
      <Figures />
      <ProgressLine />
    </section>
  );
}

/** The learning rate, which may change at any time. */
function Rate() {
  const { trainer, strings } = useApp();
  const asked = useStudio((state) => state.settings["lr"]);
  const fitting = useLive((live) => live.about?.config["lr"]);
  const rate = typeof asked === "number" ? asked : typeof fitting === "number" ? fitting : null;
  const set = (factor: number) => {
    if (rate !== null) void trainer.change("lr", Number((rate * factor).toPrecision(3)));
  };
  return (
    <span class="rate">
      <span>{strings.controls.rate}</span>
      <button type="button" aria-label={strings.controls.halve} disabled={rate === null} onClick={() => set(0.5)}>
        ½
      </button>
      <output>{rate === null ? "–" : String(rate)}</output>
      <button type="button" aria-label={strings.controls.double} disabled={rate === null} onClick={() => set(2)}>
        2×
      </button>
    </span>
  );
}

function Figures() {
  const { strings } = useApp();
  const { figures } = strings;
  const loss = useLive((live) => live.loss);
  const gradNorm = useLive((live) => live.gradNorm);
  const validated = useLive((live) => live.validated);
  const perSecond = useLive((live) => live.perSecond);
  const isRunning = useLive((live) => live.phase === "running");
  const unit = useLive((live) => taskOf(live)?.unit) ?? "";
  const first = useLive((live) => live.about?.metrics.find(({ name }) => name !== "loss")?.name ?? null);
  const left = useLive(secondsLeft);
  const metric = validated?.figures.find(({ name }) => name === first);
  return (
    <dl class="figures">
      <Figure name={figures.loss}>{loss === null ? "–" : loss.toFixed(4)}</Figure>
      <Figure name={first ?? figures.metric}>{metric?.text ?? "–"}</Figure>
      <Figure name={figures.gradNorm}>{gradNorm === null ? "–" : numberText(gradNorm)}</Figure>
      <Figure name={figures.perSecond(unit)}>{perSecond === null ? "–" : shortNumber(perSecond)}</Figure>
      <Figure name={figures.left}>{left === null || !isRunning ? "–" : figures.time(left)}</Figure>
    </dl>
  );
}

/** Rounded, so that it is told anew only when it is another. */
function secondsLeft({
  stepsPerSecond,
  totalSteps,
  step,
}: {
  stepsPerSecond: number | null;
  totalSteps: number;
  step: number;
}) {
  return stepsPerSecond === null || stepsPerSecond === 0 ? null : Math.ceil((totalSteps - step) / stepsPerSecond);
}

function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt title={name}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ProgressLine() {
  const { strings } = useApp();
  const step = useLive((live) => live.step);
  const total = useLive((live) => live.totalSteps);
  const phase = useLive((live) => live.phase);
  const epoch = useLive((live) => live.epoch);
  return (
    <div class="progress-line">
      <progress value={step} max={Math.max(total, 1)} aria-label={strings.controls.progress} />
      <p class="phase" aria-live="polite">
        {strings.controls.phase(phase)}
      </p>
      <p class="where">{strings.controls.where(step, total, epoch)}</p>
    </div>
  );
}
