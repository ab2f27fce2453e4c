/** The parent's end of a peer's process: see peers/host.mjs for what is said. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";

export class PeerError extends Error {}

/** A parent that ends takes its peers along, in the middle of a step too. */
const alive = new Set();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

const MOST_STDERR = 4000;

export class PeerProcess {
  #child;
  #stderr = "";
  #waiting = null;
  #ended = false;

  /** @param problem  a file that it is given open, as descriptor 4: where it runs, the path may lead elsewhere */
  constructor({ command, args, env }, problem) {
    const file = problem === undefined ? [] : [openSync(problem)];
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "ignore", "pipe", "pipe", ...file],
    });
    file.forEach(closeSync);
    alive.add(this.#child);
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_STDERR);
    });
    this.#child.stdin.on("error", () => {}); // It ended: the "close" below says so.
    this.#child.on("error", (error) => this.#end(`cannot start: ${error.message}`));
    this.#child.on("close", (code, signal) => this.#end(`ended with ${signal ?? `exit status ${code}`}${this.#why()}`));
    createInterface({ input: this.#child.stdio[3] }).on("line", (line) => this.#answer(JSON.parse(line)));
  }

  /** @throws PeerError when the peer reports one, ends, or takes longer than `seconds`; then it is ended. */
  request(message, seconds) {
    if (this.#ended) throw new PeerError("has ended");
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.stop();
        this.#answer({ error: `no answer in ${Math.round(seconds)} s`, timedOut: true });
      }, seconds * 1000);
      this.#waiting = ({ error, timedOut, ...answer }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(answer);
        else reject(Object.assign(new PeerError(error), { timedOut }));
      };
      this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    });
  }

  stop() {
    if (!this.#ended) this.#child.kill("SIGKILL");
  }

  #answer(message) {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(message);
  }

  #end(error) {
    this.#ended = true;
    alive.delete(this.#child);
    this.#answer({ error });
  }

  /** The last line that looks like an error's. */
  #why() {
    const lines = this.#stderr.split("\n").filter((line) => line.trim() !== "");
    const line = lines.findLast((text) => /error/i.test(text)) ?? lines.at(-1);
    return line === undefined ? "" : `: ${line.trim().slice(0, 200)}`;
  }
}
