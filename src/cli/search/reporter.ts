import type { MetricInfo } from "../../metrics/index.js";
import type { Conducted, Job, Outcome } from "../../search/job.js";
import type { Settings } from "../../search/space.js";
import type { TrainEvent } from "../../train/index.js";
import { durationText } from "../terminal/format.js";
import type { OutputStream, Terminal } from "../terminal/output.js";
import { LiveLine, printFields, printLine } from "../terminal/print.js";
import { metricsLine, saveFailedText } from "../train/reporters.js";

/** What is said before the first training. */
export interface SearchSummary {
  out: string;
  file: string | readonly string[];
  task: string;
  /** For a person: what was read. */
  data: string;
  kind: string | null;
  search: Conducted;
  metrics: readonly MetricInfo[];
  /** Trainings that ended before, of a search that goes on. */
  known: number;
}

/** What became of a training. */
export interface TrialTold {
  job: Pick<Job, "trial" | "rung" | "fold" | "settings">;
  outcome: Outcome;
  run: string;
  /** Of all so far. */
  isBest: boolean;
}

/** How many trainings are told. */
export interface SearchReporter {
  readonly isForPrograms: boolean;
  note(message: string): void;
  warn(message: string): void;
  start(summary: SearchSummary): void;
  event(event: TrainEvent, job: Job): void;
  trial(told: TrialTold): void;
  /** Lines of the end, or what a program gets of them. */
  end(lines: readonly string[], value: object): void;
}

export function createSearchReporter(terminal: Terminal, json: boolean): SearchReporter {
  return json ? new JsonSearchReporter(terminal) : new PlainSearchReporter(terminal);
}

class JsonSearchReporter implements SearchReporter {
  readonly isForPrograms = true;
  readonly #terminal: Terminal;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }
  note(message: string): void {
    this.#line({ type: "note", message });
  }
  warn(message: string): void {
    this.#line({ type: "warning", message });
  }
  start({ out, file, task, kind, search, known }: SearchSummary): void {
    const { trials, folds, rungs } = search;
    this.#line({ type: "search-start", out, file, task, kind, trials: trials.length, folds, rungs, known });
  }
  event(event: TrainEvent, { trial, rung, fold }: Job): void {
    const line = metricsLine(event);
    if (line !== null) this.#line({ ...line, trial, rung, fold });
  }
  trial({ job: { settings }, outcome, run, isBest }: TrialTold): void {
    this.#line({ type: "trial", run, settings, best: isBest, ...outcome });
  }
  end(_: readonly string[], value: object): void {
    this.#line(value);
  }
  #line(value: object): void {
    printLine(this.#terminal.stdout, JSON.stringify(value));
  }
}

/** A line a training; on a terminal that can, one more that changes while it runs. */
class PlainSearchReporter implements SearchReporter {
  readonly isForPrograms = false;
  readonly #terminal: Terminal;
  readonly #line: LiveLine | null;
  #drawnAt = 0;
  #summary: SearchSummary | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#line = terminal.stdout.live ? new LiveLine(terminal.stdout) : null;
  }

  note(message: string): void {
    this.#above((out) => printLine(out, message));
  }
  warn(message: string): void {
    const { stderr } = this.#terminal;
    if (this.#line === null) printLine(stderr, message);
    else this.#line.above(() => printLine(stderr, message));
  }
  start(summary: SearchSummary): void {
    this.#summary = summary;
    const { out, file, data, kind, search, known } = summary;
    const { trials, folds, rungs } = search;
    const { stdout } = this.#terminal;
    printLine(stdout, `Training on ${[file].flat().join(", ")}: ${data}`);
    const parts = [
      ...(kind === null ? [] : [`${trials.length} ${trials.length === 1 ? "trial" : "trials"} (${kind})`]),
      ...(folds === null ? [] : [`${folds} folds${kind === null ? "" : " each"}`]),
      ...(rungs === null
        ? []
        : [`the better half goes on after ${rungs.slice(0, -1).join(", ")} of ${rungs.at(-1)} epochs`]),
    ];
    printLine(stdout, `${parts.join(", ")}; the runs go to ${out}`);
    if (known > 0) printLine(stdout, `${known} ${known === 1 ? "training is" : "trainings are"} done already`);
  }
  event(event: TrainEvent, job: Job): void {
    if (event.type === "save-failed") this.warn(saveFailedText(event));
    if (event.type !== "step" || this.#line === null) return;
    const now = performance.now();
    if (now - this.#drawnAt < 100) return;
    this.#drawnAt = now;
    const { step, totalSteps, epoch, loss } = event;
    const percent = Math.floor((100 * step) / totalSteps);
    this.#line.draw(
      `${this.#place(job)}  epoch ${epoch}  ${percent}%  loss ${loss.toPrecision(3)}  ${settingsText(job.settings)}`,
    );
  }
  trial({ job, outcome, isBest }: TrialTold): void {
    const fields = [this.#place(job), ...settingFields(job.settings)];
    this.#above((out) => {
      const { failure, figures, seconds } = outcome;
      if (failure !== null) printFields(out, [...fields, `failed: ${failure.reason}`]);
      else {
        const [first] = this.#summary!.metrics;
        const value = figures?.[first.name] ?? null;
        const figure = value === null ? [] : [`${first.name} ${first.format(value)} ${first.unit}`.trimEnd()];
        printFields(out, [...fields, ...figure, durationText(seconds), ...(isBest ? ["best so far"] : [])]);
      }
    });
  }
  end(lines: readonly string[]): void {
    this.#line?.end();
    for (const line of lines) printLine(this.#terminal.stdout, line);
  }

  #place({ trial, rung, fold }: Pick<Job, "trial" | "rung" | "fold">): string {
    const { trials, folds, rungs } = this.#summary!.search;
    const parts = [
      ...(trials.length > 1 ? [`trial ${trial}/${trials.length}`] : []),
      ...(rungs === null || rungs.length === 1 ? [] : [`rung ${rung + 1}/${rungs.length}`]),
      ...(fold === null ? [] : [`fold ${fold}/${folds}`]),
    ];
    return parts.length === 0 ? `trial ${trial}` : parts.join(" ");
  }
  #above(print: (out: OutputStream) => void): void {
    const { stdout } = this.#terminal;
    if (this.#line === null) print(stdout);
    else this.#line.above(() => print(stdout));
  }
}

/** `hidden 64, lr 0.01`. */
export function settingsText(settings: Settings): string {
  return settingFields(settings).join(", ");
}

function settingFields(settings: Settings): string[] {
  return Object.entries(settings).map(([key, value]) => `${key} ${value}`);
}
