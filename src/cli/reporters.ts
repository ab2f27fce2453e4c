import {
  bits,
  type FitResult,
  type Progress,
  perplexity,
  type SaveFailedEvent,
  type TrainEvent,
} from "../train/index.js";
import { type Program, shellQuote } from "./advice.js";
import { flagOf } from "./cli-error.js";
import { durationText, numberText, oneLine, rateText } from "./format.js";
import type { OutputStream, Terminal } from "./output.js";
import { LiveLine, printCommand, printFields, printLine } from "./print.js";
import { STANDARD_INPUT, textName } from "./texts.js";
import { textWidth } from "./width.js";

/** What is said before training starts. */
export interface RunSummary {
  out: string;
  file: string | readonly string[];
  resumedFrom: number | null;
  tokens: string;
  vocabularySize: number;
  trainTokens: number;
  validationTokens: number;
  /** Tokens of the text that are too rare for the vocabulary. */
  unknownTokens: number;
  /** Settings that the size of the text chose. */
  fitted: Readonly<Record<string, number>>;
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
    printLine(this.#terminal.stdout, JSON.stringify(value));
  }
}

/** Whole lines: for files, pipes, and terminals that cannot go back. */
class PlainReporter implements Reporter {
  readonly #terminal: Terminal;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(summary: RunSummary): void {
    for (const line of summaryLines(summary)) printLine(this.#terminal.stdout, line);
  }
  event(event: TrainEvent): void {
    const { stdout } = this.#terminal;
    if (event.type === "report") {
      const { loss, lr, gradNorm, perSecond } = event;
      const progress = [placeText(event), ...lossFields("loss", loss), `lr ${rateOf(lr)}`];
      printFields(stdout, [...progress, `gradient ${numberText(gradNorm)}`, `${rateText(perSecond)} tokens/s`]);
    } else if (event.type === "validation") {
      printFields(stdout, validationFields(event));
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
  end(result: FitResult, summary: RunSummary): void {
    printEnd(this.#terminal.stdout, result, summary, this.#terminal.program);
  }
}

/** One line that changes, for a person who watches; what stays is written above it. */
class LiveReporter implements Reporter {
  readonly #out: OutputStream;
  readonly #line: LiveLine;
  readonly #program: Program;
  #drawnAt = 0;
  #started = 0;
  #startStep = 0;
  /** Averages over about the last hundred steps. */
  #loss = Number.NaN;
  #rate = Number.NaN;
  #lastStepAt = 0;

  constructor({ stdout, program }: Terminal) {
    this.#out = stdout;
    this.#line = new LiveLine(stdout);
    this.#program = program;
  }

  start(summary: RunSummary): void {
    for (const line of summaryLines(summary)) printLine(this.#out, line);
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
        this.#line.draw(liveText(event, { rate: this.#rate, loss: this.#loss, left }, this.#out.columns - 1));
        return;
      }
      case "validation":
        this.#line.above(() => printFields(this.#out, validationFields(event)));
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
  end(result: FitResult, summary: RunSummary): void {
    this.#line.end();
    printEnd(this.#out, result, summary, this.#program);
  }
}

type StepProgress = Extract<TrainEvent, { type: "step" }>;

/** As much as the width has room for: where the run is, its loss and the time that is left stay longest. */
export function liveText(
  event: StepProgress,
  { rate, loss, left }: { rate: number; loss: number; left: number },
  width: number,
): string {
  const [lossText, perplexityText] = lossFields("loss", loss);
  const short = `${Math.floor((100 * event.step) / event.totalSteps)}%`;
  // With the rank at which each is given up: the highest first.
  const fields: [text: string, rank: number][] = [
    [placeText(event), 2],
    [`${rateText(rate)} tokens/s`, 4],
    [lossText!, 1],
    [perplexityText!, 3],
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

function lossFields(name: string, loss: number): string[] {
  return [`${name} ${numberText(loss)}`, `perplexity ${numberText(perplexity(loss))}`];
}

function validationFields(event: Extract<TrainEvent, { type: "validation" }>): string[] {
  const { loss, best, stale, trainLoss, heldOut } = event;
  const note = best ? "best so far" : `no better for ${stale}`;
  const figures = [
    ...lossFields(heldOut ? "validation loss" : "training loss", loss),
    `bits ${numberText(bits(loss))}`,
  ];
  return [placeText(event), ...figures, ...(heldOut ? [`(training ${numberText(trainLoss)})`] : []), note];
}

const count = (n: number): string => n.toLocaleString("en");

function summaryLines(summary: RunSummary): string[] {
  const { vocabularySize, trainTokens, validationTokens, unknownTokens, parameters, engine, threads, out } = summary;
  const { resumedFrom, fitted } = summary;
  const file = textName([summary.file].flat());
  const threadsText = threads === 1 ? "1 thread" : `${threads} threads`;
  const held = validationTokens === 0 ? "none to validate on" : `${count(validationTokens)} to validate on`;
  const share = (100 * unknownTokens) / (trainTokens + validationTokens);
  const unknown = unknownTokens === 0 ? "" : `; ${share.toPrecision(2)} % of the tokens are not among them`;
  const lines = [
    `${resumedFrom === null ? "Training on" : `Going on after step ${resumedFrom} with`} ${file}: ${count(trainTokens)} tokens (${held}), ${count(vocabularySize)} in the vocabulary${unknown}`,
    `${count(parameters)} parameters, ${engine}, ${threadsText}; the run goes to ${out}`,
  ];
  const flags = Object.entries(fitted).map(([key, value]) => `${flagOf(key)} ${value}`);
  if (flags.length > 0) lines.push(`chosen for a text of this size: ${flags.join(", ")}`);
  return lines;
}

const REASONS: Readonly<Record<FitResult["reason"], string>> = {
  epochs: "Done",
  steps: "Done",
  patience: "Stopped early: validation no longer improves",
  interrupted: "Interrupted",
};

function printEnd(stream: OutputStream, result: FitResult, summary: RunSummary, program: Program): void {
  const { reason, step, bestLoss, bestStep } = result;
  const { out, validationTokens } = summary;
  const name = validationTokens === 0 ? "training loss" : "loss";
  const best =
    bestLoss === null
      ? ""
      : `; best ${name} ${numberText(bestLoss)} (perplexity ${numberText(perplexity(bestLoss))}) at step ${bestStep}`;
  printLine(stream, `${REASONS[reason]} after ${step} steps${best}`);
  // What could not be saved ends as an error, which says how to go on.
  if (result.unsaved !== null) return;
  const command = (...words: string[]): string[] => [...program, ...words].map(shellQuote);
  if (reason !== "interrupted") {
    printCommand(stream, "Next:", command("sample", out, "--temperature", "0.8"));
    return;
  }
  const piped = [summary.file].flat().includes(STANDARD_INPUT);
  const before = `Saved. Go on with${piped ? " (and the same text on standard input)" : ""}:`;
  printCommand(stream, before, command("train", ...(piped ? [STANDARD_INPUT] : []), "--resume", "--out", out));
}
