import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runsIn } from "../commands/runs.js";
import { CliError, EXIT } from "../errors/cli-error.js";
import { asNumber } from "../field-options.js";
import { packageFile } from "../own-files.js";
import { SIGNAL_EXIT, type Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";
import { type StudioServer, serveStudio } from "./server.js";

/** Always the same, for a page's own files belong to its port as well. */
const PORT = 8642;

const SITE = fileURLToPath(packageFile("dist/studio/"));

/** `unrolled studio [RUN...]`: shows the studio, and in it these runs, until it is told to end. */
export async function studioCommand(
  folders: readonly string[],
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<number> {
  const port = portOf(options["port"]);
  // Nothing asked for: what lies in runs/ is shown where there is any.
  const runs = folders.length > 0 ? folders.flatMap(runsIn) : existsSync("runs") ? foundIn("runs") : [];
  if (!existsSync(`${SITE}index.html`)) {
    throw new CliError({
      exitCode: EXIT.files,
      where: SITE,
      found: "found no studio",
      expected: "npm run studio:build makes one, and the package holds it",
    });
  }
  const server = await listening(runs, port);
  const shown = runs.length === 1 ? "1 run" : `${runs.length} runs`;
  printLine(terminal.stdout, `The studio, with ${shown}: ${server.url}`);
  printLine(terminal.stdout, "Ctrl-C ends it.");
  const signal = await new Promise<keyof typeof SIGNAL_EXIT>((resolve) => {
    const silence = terminal.onSignal((received) => {
      silence();
      resolve(received);
    });
  });
  await server.close();
  // Ctrl-C is how it ends.
  return signal === "SIGINT" ? EXIT.done : SIGNAL_EXIT[signal];
}

/** Without a word where there is none: nobody asked for this folder. */
function foundIn(folder: string): string[] {
  try {
    return runsIn(folder);
  } catch {
    return [];
  }
}

async function listening(runs: readonly string[], port: number): Promise<StudioServer> {
  try {
    return await serveStudio(SITE, runs, port);
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw new CliError(
      {
        exitCode: EXIT.files,
        where: "--port",
        found: isTaken ? `found ${port} in use` : `found that ${port} cannot be had (${(cause as Error).message})`,
        expected: "it must be a port of this machine that is free",
        untouched: "Nothing was written.",
        fix: { edit: { set: ["--port", "0"] } },
      },
      { cause },
    );
  }
}

function portOf(given: unknown): number {
  if (given === undefined) return PORT;
  const port = asNumber(given as string);
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) < 65_536) return port as number;
  throw new CliError({
    exitCode: EXIT.usage,
    where: "--port",
    found: `found ${given}`,
    expected: "it must be a port, 0 to 65535, 0 being any that is free",
    untouched: "Nothing was written.",
    fix: { edit: { set: ["--port", String(PORT)] } },
  });
}
