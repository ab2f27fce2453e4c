import { bits, type FitResult, perplexity, type SaveFailedEvent, type TrainEvent } from "../train/index.js";
import { durationText, numberText, oneLine, rateText } from "./format.js";
import type { OutputStream, Terminal } from "./output.js";

/** What is said before training starts. */
export interface RunSummary {
  out: string;
  file: string;
  resumedFrom: number | null;
  tokens: string;
  vocabularySize: number;
  trainTokens: number;
  validationTokens: number;
  parameters: number;
  engine: string;
  threads: number;
}

/** How training is told. */
export interface Reporter {
  start(summary: RunSummary): void;
  event(event: TrainEvent): void;
  sample(text: string, step: number): void;
  warn(message: string): void;
  end(result: FitResult, summary: RunSummary): void;
}

export function createReporter(terminal: Terminal, json: boolean): Reporter {
  if (json) return new JsonReporter(terminal);
  return terminal.stdout.isTTY ? new LiveReporter(terminal) : new PlainReporter(terminal);
}

/** An event as a line of `metrics.jsonl` and of `--json`; null for those that are not kept. */
export function metricsLine(event: TrainEvent): object | null {
  if (event.type === "step") return null;
  if (event.type === "save-failed") {
    const { error, ...rest } = event;
    return { ...rest, error: error.message };
  }
  if (event.type !== "report" && event.type !== "validation") return event;
  return { ...event, perplexity: perplexity(event.loss), bits: bits(event.loss) };
}

export function saveFailedText({ kinds, error }: SaveFailedEvent): string {
  const files = kinds.map((kind) => `${kind}.safetensors`).join(" and ");
  return `warning: ${files} could not be written (${error.value}). Training goes on; the next save tries again.`;
}

class JsonReporter implements Reporter {
  readonly #terminal: Terminal;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(summary: RunSummary): void {
    this.#line({ type: "start", ...summary });
  }
  event(event: TrainEvent): void {
    const line = metricsLine(event);
    if (line !== null) this.#line(line);
  }
  sample(text: string, step: number): void {
    this.#line({ type: "sample", step, text });
  }
  warn(message: string): void {
    this.#line({ type: "warning", message });
  }
  end(): void {}

  #line(value: object): void {
    this.#terminal.stdout.write(`${JSON.stringify(value)}\n`);
  }
}

/** Whole lines: for files and pipes. */
class PlainReporter implements Reporter {
  readonly #terminal: Terminal;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(summary: RunSummary): void {
    for (const line of summaryLines(summary)) this.#line(line);
  }
  event(event: TrainEvent): void {
    if (event.type === "report") {
      const { loss, lr, gradNorm, perSecond } = event;
      this.#line(
        `${placeText(event)}  loss ${numberText(loss)}  perplexity ${numberText(perplexity(loss))}  lr ${rateOf(lr)}  gradient ${numberText(gradNorm)}  ${rateText(perSecond)} tokens/s`,
      );
    } else if (event.type === "validation") {
      this.#line(validationText(event));
    } else if (event.type === "save-failed") {
      this.warn(saveFailedText(event));
    }
  }
  sample(text: string, step: number): void {
    this.#line(`  ${sampleText(text, step, 160)}`);
  }
  warn(message: string): void {
    this.#terminal.stderr.write(`${message}\n`);
  }
  end(result: FitResult, summary: RunSummary): void {
    for (const line of endLines(result, summary)) this.#line(line);
  }

  #line(text: string): void {
    this.#terminal.stdout.write(`${text}\n`);
  }
}

/** One line that changes, for a person who watches; what stays is written above it. */
class LiveReporter implements Reporter {
  readonly #out: OutputStream;
  #line = "";
  #drawnAt = 0;
  #started = 0;
  #startStep = 0;
  /** Averages over about the last hundred steps. */
  #loss = Number.NaN;
  #rate = Number.NaN;
  #lastStepAt = 0;

  constructor(terminal: Terminal) {
    this.#out = terminal.stdout;
  }

  start(summary: RunSummary): void {
    for (const line of summaryLines(summary)) this.#keep(line);
    this.#started = this.#lastStepAt = performance.now();
    this.#startStep = summary.resumedFrom ?? 0;
  }

  event(event: TrainEvent): void {
    switch (event.type) {
      case "step": {
        const now = performance.now();
        const rate = (1000 * event.count) / Math.max(now - this.#lastStepAt, 1e-3);
        this.#lastStepAt = now;
        this.#loss = smooth(this.#loss, event.loss, 0.02);
        this.#rate = smooth(this.#rate, rate, 0.05);
        if (now - this.#drawnAt < 100) return;
        this.#drawnAt = now;
        const left = ((now - this.#started) / (event.step - this.#startStep) / 1000) * (event.totalSteps - event.step);
        this.#draw(
          `${placeText(event)}  ${rateText(this.#rate)} tokens/s  loss ${numberText(this.#loss)}  perplexity ${numberText(perplexity(this.#loss))}  lr ${rateOf(event.lr)}  gradient ${numberText(event.gradNorm)}  ${durationText(left)} left`,
        );
        return;
      }
      case "validation":
        this.#keep(validationText(event));
        this.#lastStepAt = performance.now();
        return;
      case "save-failed":
        this.warn(saveFailedText(event));
        return;
    }
  }
  sample(text: string, step: number): void {
    this.#keep(`  \x1b[2m${sampleText(text, step, Math.max(40, this.#out.columns - 4))}\x1b[0m`);
  }
  warn(message: string): void {
    this.#keep(message);
  }
  end(result: FitResult, summary: RunSummary): void {
    this.#draw("");
    for (const line of endLines(result, summary)) this.#keep(line);
  }

  #draw(line: string): void {
    this.#line = line.slice(0, this.#out.columns - 1);
    this.#out.write(`\r\x1b[K${this.#line}`);
  }
  #keep(text: string): void {
    this.#out.write(`\r\x1b[K${text}\n${this.#line}`);
  }
}

function smooth(average: number, value: number, share: number): number {
  return Number.isNaN(average) ? value : average + share * (value - average);
}

function placeText({
  epoch,
  epochStep,
  epochSteps,
  step,
}: {
  epoch: number;
  epochStep: number;
  epochSteps: number;
  step: number;
}): string {
  return `epoch ${epoch} (${Math.floor((100 * epochStep) / epochSteps)}%) step ${step}`;
}

function sampleText(text: string, step: number, most: number): string {
  const label = step === 0 ? "before training: " : "";
  return label + oneLine(text, most - label.length);
}

function rateOf(lr: number): string {
  return Number(lr.toPrecision(3)).toString();
}

function validationText(event: Extract<TrainEvent, { type: "validation" }>): string {
  const { loss, best, stale, trainLoss } = event;
  const note = best ? "best so far" : `no better for ${stale}`;
  return `${placeText(event)}  validation loss ${numberText(loss)}  perplexity ${numberText(perplexity(loss))}  bits ${numberText(bits(loss))}  (training ${numberText(trainLoss)})  ${note}`;
}

function summaryLines(summary: RunSummary): string[] {
  const { file, vocabularySize, trainTokens, validationTokens, parameters, engine, threads, out } = summary;
  const count = (n: number) => n.toLocaleString("en");
  const threadsText = threads === 1 ? "1 thread" : `${threads} threads`;
  return [
    `${summary.resumedFrom === null ? "Training on" : `Going on after step ${summary.resumedFrom} with`} ${file}: ${count(trainTokens)} tokens (${count(validationTokens)} to validate on), ${count(vocabularySize)} in the vocabulary`,
    `${count(parameters)} parameters, ${engine}, ${threadsText}; the run goes to ${out}`,
  ];
}

const REASONS: Readonly<Record<FitResult["reason"], string>> = {
  epochs: "Done",
  steps: "Done",
  patience: "Stopped early: validation no longer improves",
  interrupted: "Interrupted",
};

function endLines({ reason, step, bestLoss, bestStep, unsaved }: FitResult, { out }: RunSummary): string[] {
  const best =
    bestLoss === null
      ? ""
      : `; best loss ${numberText(bestLoss)} (perplexity ${numberText(perplexity(bestLoss))}) at step ${bestStep}`;
  // What could not be saved ends as an error, which says how to go on.
  if (unsaved !== null) return [`${REASONS[reason]} after ${step} steps${best}`];
  const next =
    reason === "interrupted"
      ? `Saved. Go on with: unrolled train --resume --out ${out}`
      : `Next: unrolled sample ${out} --temperature 0.8`;
  return [`${REASONS[reason]} after ${step} steps${best}`, next];
}
