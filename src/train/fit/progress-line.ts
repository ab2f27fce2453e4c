import { environment } from "../../base/environment.js";
import { numberText } from "../../base/number-text.js";
import type { StepEvent } from "../events.js";

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const MILLISECONDS = 100;

/** One line on a terminal that says how far training is; nothing where there is none, or a dumb one. */
export class ProgressLine {
  readonly #screen: Screen | undefined;
  #told = Number.NEGATIVE_INFINITY;
  #begun = performance.now();
  #first: number | undefined;

  constructor(wanted: boolean) {
    const runtime = (globalThis as { process?: { stderr?: Screen } }).process;
    const isTerminal = runtime?.stderr?.isTTY === true && environment("TERM") !== "dumb";
    this.#screen = wanted && isTerminal ? runtime.stderr : undefined;
  }

  /** @param figures  of the last validation */
  step(event: StepEvent, loss: number, figures: Readonly<Record<string, number>>): void {
    const now = performance.now();
    if (this.#first === undefined) [this.#first, this.#begun] = [event.step, now];
    if (this.#screen === undefined || now - this.#told < MILLISECONDS) return;
    this.#told = now;
    const parts = [`epoch ${event.epoch}, step ${stepText(event)}`, `loss ${numberText(loss)}`, figuresText(figures)];
    const rate = (event.step - this.#first) / Math.max(now - this.#begun, 1e-9);
    const left = (event.totalSteps - event.step) / rate / 1000;
    if (Number.isFinite(left) && rate > 0) parts.push(`${timeText(left)} left`);
    this.#show(parts.filter(Boolean).join("  "));
  }

  /** A line that stays. */
  epoch(epoch: number, figures: Readonly<Record<string, number>>): void {
    if (this.#screen === undefined) return;
    this.#show(`epoch ${epoch}  ${figuresText(figures)}`);
    this.#screen.write("\n");
  }

  /** Leaves nothing half written. */
  end(): void {
    this.#screen?.write("\r\x1b[K");
  }

  #show(text: string): void {
    const width = Math.max(20, (this.#screen!.columns ?? 80) - 1);
    this.#screen!.write(`\r${text.length > width ? `${text.slice(0, width - 1)}…` : text}\x1b[K`);
  }
}

function stepText({ epochStep, epochSteps, totalSteps }: StepEvent): string {
  const of = Number.isFinite(epochSteps) ? epochSteps : totalSteps;
  return Number.isFinite(of) ? `${epochStep}/${of}` : String(epochStep);
}

function figuresText(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${numberText(value)}`)
    .join("  ");
}

function timeText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}
