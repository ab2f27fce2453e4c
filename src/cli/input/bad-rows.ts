import type { UnrolledError } from "../../base/errors.js";
import type { OutputStream } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";

const SHOWN = 5;

/** Rows that were left out, to be told at the end. */
export class BadRows {
  #count = 0;
  readonly #first: string[] = [];

  add({ argument, must, value }: UnrolledError): void {
    this.#count++;
    if (this.#first.length < SHOWN) this.#first.push(`${argument}: found ${value}; it must ${must}`);
  }

  /** @param all  rows there were, these among them, where it is known */
  tell(out: OutputStream, all?: number): void {
    if (this.#count === 0) return;
    const count = (number: number) => number.toLocaleString("en");
    const of = all === undefined ? "" : ` of ${count(all)}`;
    printLine(
      out,
      `warning: ${count(this.#count)}${of} ${this.#count === 1 && of === "" ? "row" : "rows"} could not be read`,
    );
    for (const line of this.#first) printLine(out, `  ${line}`);
    if (this.#count > SHOWN) printLine(out, `  and ${count(this.#count - SHOWN)} more`);
  }
}
