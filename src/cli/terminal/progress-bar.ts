import type { Report } from "../../base/report.js";
import { textWidth } from "../../base/width.js";
import { durationText } from "./format.js";
import type { OutputStream } from "./output.js";
import { LiveLine } from "./print.js";

/** A pass that is over by then is not worth a bar. */
const QUIET_MS = 1000;
const BETWEEN_MS = 100;
const BAR_WIDTH = 24;

export interface ProgressBarOptions {
  /** Whether to show nothing, whatever the stream is. */
  silent?: boolean;
  /** Called before a bar is drawn where none was: takes away what stands in its line. */
  clear?: () => void;
  /** Milliseconds. Default: the clock. */
  now?: () => number;
}

/** How far a pass over data is, in one line of a terminal: from a second after it began until it ends. */
export class ProgressBar {
  readonly #out: OutputStream;
  readonly #line: LiveLine;
  readonly #options: ProgressBarOptions;
  readonly #now: () => number;
  #pass: string | null = null;
  #done = 0;
  #begun = 0;
  #drawn: number | null = null;

  constructor(out: OutputStream, options: ProgressBarOptions = {}) {
    this.#out = out;
    this.#options = options;
    this.#line = new LiveLine(out);
    this.#now = options.now ?? (() => performance.now());
  }

  /** A pass begins with a new name, or where it is less far than it was. */
  readonly report: Report = (pass, done, total) => {
    if (this.#options.silent || !this.#out.live) return;
    const now = this.#now();
    if (pass !== this.#pass || done < this.#done) {
      this.end();
      [this.#pass, this.#begun] = [pass, now];
    }
    this.#done = done;
    if (done >= total) return this.end();
    if (now - this.#begun < QUIET_MS || now - (this.#drawn ?? Number.NEGATIVE_INFINITY) < BETWEEN_MS) return;
    if (this.#drawn === null) this.#options.clear?.();
    this.#drawn = now;
    const left = done === 0 ? Number.NaN : ((now - this.#begun) / 1000 / done) * (total - done);
    this.#line.draw(barText(pass, done / total, left, this.#out.columns - 1));
  };

  /** Leaves nothing behind. */
  end(): void {
    if (this.#drawn !== null) this.#line.end();
    [this.#pass, this.#done, this.#drawn] = [null, 0, null];
  }
}

/** As much as the width has room for: the time that is left stays longest. */
export function barText(pass: string, share: number, left: number, width: number): string {
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const [percent, time] = [`${Math.floor(100 * share)}%`, `${durationText(left)} left`];
  const texts = [`${pass}  ${bar}  ${percent}  ${time}`, `${pass}  ${percent}  ${time}`, `${percent}  ${time}`, time];
  return texts.find((text) => textWidth(text) <= width) ?? time;
}
