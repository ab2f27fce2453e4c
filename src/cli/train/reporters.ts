import { numberText } from "../../base/number-text.js";
import { textWidth } from "../../base/width.js";
import type { LossOutput, Metric, MetricInfo } from "../../metrics/index.js";
import type { DataDetails } from "../../tasks/about-data/details.js";
import type { Figures, FitResult, Json, Progress, SaveFailedEvent, TrainEvent } from "../../train/index.js";
import { formatBytes } from "../../train/memory.js";
import { shellQuote } from "../errors/advice.js";
import { flagOf } from "../errors/cli-error.js";
import { STANDARD_INPUT, textName } from "../input/texts.js";
import { durationText, oneLine, rateText } from "../terminal/format.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { LiveLine, printCommand, printFields, printLine } from "../terminal/print.js";
import { dataLines } from "./data-screen.js";

/** What is said before training starts. */
export interface RunSummary {
  out: string;
  file: string | readonly string[];
  resumedFrom: number | null;
  /** What the data are, for a program. */
  counts: Readonly<Record<string, Json>>;
  /** Settings that the size of the text chose. */
  fitted: Readonly<Record<string, number>>;
  /** What these would be for much data, where that is known. */
  usual: Readonly<Record<string, number>>;
  parameters: number;
  /** About: of a training step at its fullest. Null where it is told later. */
  trainingBytes: number | null;
  /** Steps to take, and seconds that they take, about. */
  steps: number;
  seconds: number | null;
  engine: string;
  threads: number;
}

/** How a task is told of. */
export interface Telling {
  /** What was read, for a person: `1,155,233 tokens (60,802 to validate on)`. */
  data: string;
  /** What is to be known of the data before training. */
  details: DataDetails | undefined;
  /** What is odd about them. */
  beware: readonly string[];
  /** What the terms of its loss are: `tokens`. */
  unit: string;
  /** What it learns from: `text`. */
  input: string;
  heldOut: boolean;
  /** What a validation finds; the first one chooses the best checkpoint. */
  metrics: readonly MetricInfo[];
  /** Those that follow from the loss alone; the first one beside the loss stands wherever the loss does. */
  lossMetrics: readonly Metric<LossOutput>[];
  /** What to do with the model of a run folder that learned from a file: a command's words. */
  next(out: string, file: string): readonly string[];
}

/** How training is told. */
export interface Reporter {
  /** Whether all that it prints is JSON. */
  readonly isForPrograms: boolean;
  note(message: string): void;
  /** Takes away what stands in the last line, for something else to stand there. */
  clear(): void;
  start(summary: RunSummary, telling: Telling): void;
  event(event: TrainEvent): void;
  sample(text: string, step: number): void;
  warn(message: string): void;
  end(result: FitResult, summary: RunSummary, telling: Telling): void;
}

export function createReporter(terminal: Terminal, json: boolean): Reporter {
  if (json) return new JsonReporter(terminal);
  return terminal.stdout.live ? new LiveReporter(terminal) : new PlainReporter(terminal);
}

/** An event as a line of `metrics.jsonl` and of `--json`; null for those that are not kept. */
export function metricsLine(event: TrainEvent): object | null {
  if (event.type === "step") return null;
  if (event.type === "save-failed") {
    const { error, ...rest } = event;
    return { ...rest, error: error.message };
  }
  if (event.type !== "report" && event.type !== "validation") return event;
  const { metrics, ...rest } = event;
  return { ...rest, ...metrics };
}

export function saveFailedText({ kinds, error }: SaveFailedEvent): string {
  const files = kinds.map((kind) => `${kind}.safetensors`).join(" and ");
  return `warning: ${files} could not be written (${error.value}). Training goes on; the next save tries again.`;
}

class JsonReporter implements Reporter {
  readonly isForPrograms = true;
  readonly #terminal: Terminal;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  clear(): void {}
  note(message: string): void {
    this.#line({ type: "note", message });
  }
  start({ out, file, resumedFrom, counts, ...others }: RunSummary, { details, beware }: Telling): void {
    const data = details && { data: { ...details, beware } };
    this.#line({ type: "start", out, file, resumedFrom, ...counts, ...others, ...data });
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
    printLine(this.#terminal.stdout, JSON.stringify(value));
  }
}

/** Whole lines: for files, pipes, and terminals that cannot go back. */
class PlainReporter implements Reporter {
  readonly isForPrograms = false;
  readonly #terminal: Terminal;
  #telling: Telling | undefined;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  clear(): void {}
  note(message: string): void {
    printLine(this.#terminal.stdout, message);
  }
  start(summary: RunSummary, telling: Telling): void {
    this.#telling = telling;
    const { stdout } = this.#terminal;
    for (const line of summaryLines(summary, telling, stdout)) printLine(stdout, line);
  }
  event(event: TrainEvent): void {
    const { stdout } = this.#terminal;
    const telling = this.#telling!;
    if (event.type === "report") {
      const { loss, lr, gradNorm, perSecond } = event;
      const progress = [placeText(event), ...lossFields("loss", loss, telling), `lr ${rateOf(lr)}`];
      const rate = `${rateText(perSecond)} ${telling.unit}/s`;
      printFields(stdout, [...progress, `gradient ${numberText(gradNorm)}`, rate]);
    } else if (event.type === "validation") {
      printFields(stdout, validationFields(event, telling));
    } else if (event.type === "save-failed") {
      this.warn(saveFailedText(event));
    }
  }
  sample(text: string, step: number): void {
    const { stdout } = this.#terminal;
    printLine(stdout, `  ${sampleText(text, step, stdout.isTTY ? stdout.columns - 2 : 160)}`);
  }
  warn(message: string): void {
    printLine(this.#terminal.stderr, message);
  }
  end(result: FitResult, summary: RunSummary, telling: Telling): void {
    printEnd(this.#terminal, result, summary, telling);
  }
}

/** One line that changes, for a person who watches; what stays is written above it. */
class LiveReporter implements Reporter {
  readonly isForPrograms = false;
  readonly #out: OutputStream;
  readonly #line: LiveLine;
  readonly #terminal: Terminal;
  #telling: Telling | undefined;
  #drawnAt = 0;
  #started = 0;
  #startStep = 0;
  /** Averages over about the last hundred steps. */
  #loss = Number.NaN;
  #rate = Number.NaN;
  #lastStepAt = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#out = terminal.stdout;
    this.#line = new LiveLine(terminal.stdout);
  }

  clear(): void {
    this.#line.end();
  }
  note(message: string): void {
    this.#line.above(() => printLine(this.#out, message));
  }

  start(summary: RunSummary, telling: Telling): void {
    this.#telling = telling;
    for (const line of summaryLines(summary, telling, this.#out)) printLine(this.#out, line);
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
        const figures = { rate: this.#rate, loss: this.#loss, left };
        this.#line.draw(liveText(event, figures, this.#telling!, this.#out.columns - 1));
        return;
      }
      case "validation":
        this.#line.above(() => printFields(this.#out, validationFields(event, this.#telling!)));
        this.#lastStepAt = performance.now();
        return;
      case "save-failed":
        this.warn(saveFailedText(event));
        return;
    }
  }
  sample(text: string, step: number): void {
    const line = `  ${sampleText(text, step, Math.max(20, this.#out.columns - 3))}`;
    this.#line.above(() => printLine(this.#out, { text: line, style: "dim" }));
  }
  warn(message: string): void {
    this.#line.above(() => printLine(this.#out, message));
  }
  end(result: FitResult, summary: RunSummary, telling: Telling): void {
    this.#line.end();
    printEnd(this.#terminal, result, summary, telling);
  }
}

type StepProgress = Extract<TrainEvent, { type: "step" }>;

/** As much as the width has room for: where the run is, its loss and the time that is left stay longest. */
export function liveText(
  event: StepProgress,
  { rate, loss, left }: { rate: number; loss: number; left: number },
  telling: Pick<Telling, "unit" | "lossMetrics">,
  width: number,
): string {
  const [lossText, figureText] = lossFields("loss", loss, telling);
  const short = `${Math.floor((100 * event.step) / event.totalSteps)}%`;
  // With the rank at which each is given up: the highest first.
  const fields: [text: string, rank: number][] = [
    [placeText(event), 2],
    [`${rateText(rate)} ${telling.unit}/s`, 4],
    [lossText!, 1],
    ...(figureText === undefined ? [] : [[figureText, 3] as [string, number]]),
    [`lr ${rateOf(event.lr)}`, 5],
    [`gradient ${numberText(event.gradNorm)}`, 6],
    [`${durationText(left)} left`, 0],
  ];
  for (let most = 6; most >= 0; most--) {
    const text = fields.flatMap(([field, rank]) => (rank <= most ? [field] : rank === 2 ? [short] : [])).join("  ");
    if (textWidth(text) <= width) return text;
  }
  return `${durationText(left)} left`;
}

function smooth(average: number, value: number, share: number): number {
  return Number.isNaN(average) ? value : average + share * (value - average);
}

function placeText({ epoch, epochStep, epochSteps, step }: Omit<Progress, "totalSteps">): string {
  return `epoch ${epoch} (${Math.floor((100 * epochStep) / epochSteps)}%) step ${step}`;
}

function sampleText(text: string, step: number, most: number): string {
  const label = step === 0 ? "before training: " : "";
  return label + oneLine(text, most - label.length);
}

function rateOf(lr: number): string {
  return Number(lr.toPrecision(3)).toString();
}

/** The loss, and what a person reads best beside it. */
function lossFields(name: string, loss: number, telling: Pick<Telling, "lossMetrics">): string[] {
  return [`${name} ${numberText(loss)}`, ...besideLoss(loss, telling).slice(0, 1)];
}

/** Figures that follow from a loss. */
function besideLoss(loss: number, { lossMetrics }: Pick<Telling, "lossMetrics">): string[] {
  return lossMetrics
    .filter(({ name }) => name !== LOSS)
    .map((metric) => {
      metric.reset();
      metric.add({ loss, count: 1 });
      return figureText(metric, metric.value);
    });
}

const LOSS = "loss";

/** `accuracy 93.0 %`. */
function figureText(metric: MetricInfo, value: number): string {
  return `${metric.name} ${metric.format(value)} ${metric.unit}`.trimEnd();
}

function figureTexts(figures: Figures, metrics: readonly MetricInfo[]): string[] {
  return metrics.flatMap((metric) => {
    const value = figures[metric.name];
    return value === undefined || metric.name === LOSS ? [] : [figureText(metric, value)];
  });
}

function validationFields(event: Extract<TrainEvent, { type: "validation" }>, { metrics }: Telling): string[] {
  const { loss, best, stale, trainLoss, heldOut } = event;
  const note = best ? "best so far" : `no better for ${stale}`;
  const figures = [
    `${heldOut ? "validation loss" : "training loss"} ${numberText(loss)}`,
    ...figureTexts(event.metrics, metrics),
  ];
  return [placeText(event), ...figures, ...(heldOut ? [`(training ${numberText(trainLoss)})`] : []), note];
}

const count = (n: number): string => n.toLocaleString("en");

function summaryLines(summary: RunSummary, telling: Telling, { isTTY, columns }: OutputStream): string[] {
  const { data, details, beware } = telling;
  const { parameters, engine, threads, out, resumedFrom, trainingBytes, steps, seconds } = summary;
  const file = textName([summary.file].flat());
  const threadsText = threads === 1 ? "1 thread" : `${threads} threads`;
  const lines = [
    `${resumedFrom === null ? "Training on" : `Going on after step ${resumedFrom} with`} ${file}: ${data}`,
    ...(details === undefined ? [] : dataLines(details, isTTY ? columns : undefined, beware)),
    ...fittedLines(summary, telling),
  ];
  const memory = trainingBytes === null ? [] : [`about ${formatBytes(trainingBytes)} of memory`];
  const many = `${count(steps)} ${steps === 1 ? "step" : "steps"}`;
  const time = seconds === null ? [] : [`about ${durationText(seconds)} for ${many}`];
  lines.push([`${count(parameters)} parameters`, ...memory, ...time].join(", "));
  lines.push(`${engine}, ${threadsText}; the run goes to ${out}`);
  return lines;
}

/** What the size of the data chose, in place of what, and why. */
function fittedLines({ fitted, usual }: RunSummary, { input, details }: Telling): string[] {
  let why = details === undefined ? "" : `: ${count(details.split.train)} ${details.split.unit} are few`;
  const flags = Object.entries(fitted).map(([key, value]) => {
    const chosen = `${flagOf(key)} ${value}`;
    if (usual[key] === undefined) return chosen;
    const text = `${chosen} (of ${usual[key]}${why})`;
    why = "";
    return text;
  });
  return flags.length === 0 ? [] : [`chosen for a ${input} of this size: ${flags.join(", ")}`];
}

const REASONS: Readonly<Record<FitResult["reason"], string>> = {
  epochs: "Done",
  steps: "Done",
  patience: "Stopped early: validation no longer improves",
  interrupted: "Interrupted",
};

/** The best validation: by its loss, or by the figure that chose it. */
function bestText({ best, bestLoss, bestStep }: FitResult, telling: Telling): string {
  if (bestLoss === null) return "";
  const [first] = telling.metrics;
  if (telling.heldOut && first !== undefined && first.name !== LOSS) {
    return `; best ${figureText(first, best!)} at step ${bestStep}`;
  }
  const [beside] = besideLoss(bestLoss, telling);
  const name = telling.heldOut ? "loss" : "training loss";
  return `; best ${name} ${numberText(bestLoss)}${beside === undefined ? "" : ` (${beside})`} at step ${bestStep}`;
}

function printEnd({ stdout, program }: Terminal, result: FitResult, { out, file }: RunSummary, telling: Telling): void {
  const { reason, step } = result;
  printLine(stdout, `${REASONS[reason]} after ${step} steps${bestText(result, telling)}`);
  // What could not be saved ends as an error, which says how to go on.
  if (result.unsaved !== null) return;
  const command = (words: readonly string[]): string[] => [...program, ...words].map(shellQuote);
  if (reason !== "interrupted") {
    printCommand(stdout, "Next:", command(telling.next(out, [file].flat()[0]!)));
    return;
  }
  const piped = [file].flat().includes(STANDARD_INPUT);
  const before = `Saved. Go on with${piped ? ` (and the same ${telling.input} on standard input)` : ""}:`;
  printCommand(stdout, before, command(["train", ...(piped ? [STANDARD_INPUT] : []), "--resume", "--out", out]));
}
