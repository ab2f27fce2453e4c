import { FileError } from "../../base/errors.js";
import { type ErrorContext, toCliError } from "./cli-error.js";

/** How the command line calls the ways out that the errors of run folders have. */
const CONTEXTS: Readonly<Record<string, ErrorContext>> = {
  "run-exists": {
    untouched: "That run is untouched.",
    fix: { text: "--out with another folder, or --resume to go on with that run" },
  },
  "search-exists": {
    untouched: "That search is untouched.",
    fix: { text: "--out with another folder, or --resume to go on with that search" },
  },
  locked: { untouched: "That run is untouched." },
  "holds-runs": { untouched: "Those runs are untouched.", fix: { text: "--out with another folder" } },
  "no-search": { untouched: "Nothing was written.", fix: { edit: { without: ["--resume"] } } },
  "no-run": { untouched: "Nothing was written.", fix: { edit: { without: ["--resume"] } } },
  "not-a-run": { untouched: "Nothing was written.", fix: { text: "--out with the folder of a run" } },
  ENOTDIR: { untouched: "The file is untouched.", fix: { text: "--out with another path" } },
};
const OTHERS: ErrorContext = {
  untouched: "Nothing was written.",
  fix: { text: "--out with another folder, or other permissions" },
};

/** Calls a run folder, whose errors come out in the form of the command line. */
export function onRunFolder<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof FileError) || error.op !== "run folder") throw error;
    throw toCliError(error, CONTEXTS[error.code] ?? OTHERS) ?? error;
  }
}
