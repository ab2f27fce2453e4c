// Child processes, and the one line that each step prints.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A step that failed for a reason which the message explains in full: printed without a stack trace. */
export class StepError extends Error {}

/**
 * Runs a program to its end and returns its exit status, 128 + n after signal n.
 * We outlive SIGINT and SIGTERM, so that a training run can save and choose its own exit status.
 */
export function run(command, args, { env = {}, stdin = "ignore", onOutput } = {}) {
  const output = onOutput ? "pipe" : "inherit";
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: [stdin, output, output],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", onOutput);
  // A terminal sends SIGINT to the whole process group: forwarded as well, it would arrive twice.
  const onInterrupt = () => process.stdin.isTTY || child.kill("SIGINT");
  const onTerminate = () => child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new StepError(`cannot start ${command}: ${error.message}`)));
    child.on("close", (code, signal) => {
      process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Runs a program silently; when it fails, throws with all that it printed. */
export async function runQuietly(what, command, args, explain = () => "") {
  let printed = "";
  const code = await run(command, args, {
    onOutput: (text) => {
      printed += text;
    },
  });
  if (code !== 0) {
    const hint = explain(printed);
    throw new StepError(
      `${what} failed with exit status ${code}.\n${withoutUsage(printed).trimEnd()}${hint ? `\n${hint}` : ""}`,
    );
  }
}

/** npm follows some errors with all of its options: page after page below what matters. */
const withoutUsage = (printed) =>
  printed.replace(/^npm (error|ERR!) *\n(npm (error|ERR!) Clean install a project\n)[\s\S]*/m, "");

/** Prints `what ... 1.2 s` on stderr around an action: stdout belongs to the command itself. */
export async function step(what, action) {
  const start = performance.now();
  process.stderr.write(`${what} ... `);
  try {
    await action();
  } catch (error) {
    process.stderr.write("failed\n");
    throw error;
  }
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}
