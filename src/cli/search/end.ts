import type { MetricInfo } from "../../metrics/index.js";
import type { SearchFolder } from "../../runs/search-folder-node.js";
import type { Conducted, Outcome } from "../../search/job.js";
import { type Row, ranked } from "../../search/rows.js";
import { commandText } from "../errors/advice.js";
import { flagOf } from "../errors/cli-error.js";
import type { Terminal } from "../terminal/output.js";
import { nextCommand } from "../train/summary.js";
import type { SearchCommandPlan } from "./plan.js";
import { csvOf, foldSpread, foldTable, trialTable } from "./table.js";
import { runNameFor } from "./trial-folder.js";

/** How a search is told of at its end, and by now. */
export interface SearchEnd {
  /** The rows of results.jsonl, and results.csv. */
  files: [rows: readonly object[], table: string];
  /** For a person. */
  lines: readonly string[];
  /** Where a signal ended it. */
  interrupted: readonly string[];
  /** For a program. */
  value: object;
  /** The reason of the first one, where all failed. */
  failed: Outcome["failure"];
}

type Search = Conducted & { metrics: readonly MetricInfo[] };

export function searchEnd(
  plan: SearchCommandPlan,
  search: Search,
  folder: SearchFolder,
  outcomes: readonly Outcome[],
  { stdout, program }: Terminal,
): SearchEnd {
  const width = stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
  const command = (words: readonly string[]) => commandText([...program, ...words]);
  const failed = outcomes.length > 0 && outcomes.every(({ failure }) => failure !== null) ? outcomes[0].failure : null;
  const interrupted = [`Saved. Go on with: ${command(["train", "--resume", "--out", folder.path])}`];
  const runOf = (trial: number, fold: number | null) =>
    folder.run(runNameFor({ trial, fold }, plan.kind !== null)).path;
  if (plan.kind === null) {
    const { mean, deviation } = foldSpread(outcomes);
    const rows = outcomes.map(({ trial, rung, ...one }) => ({ ...one, run: runOf(trial, one.fold) }));
    const more = [
      { fold: "mean", figures: mean },
      { fold: "deviation", figures: deviation },
    ];
    const failures = outcomes.flatMap(({ fold, failure }) =>
      failure === null ? [] : [`fold ${fold} failed: ${failure.reason}`],
    );
    const lines = [...foldTable(outcomes, search.metrics, width), ...failures];
    const value = { type: "folds-end", out: folder.path, mean, deviation };
    return { files: [rows, csvOf([...rows, ...more])], lines, interrupted, value, failed };
  }
  const rows = ranked(search, outcomes);
  const told = rows.map((row) => {
    const { folds } = search;
    const runs = folds === null ? [null] : Array.from({ length: folds }, (_, i) => i + 1);
    return { ...row, run: runs.map((fold) => runOf(row.trial, fold)).join(" ") };
  });
  const failures = rows.flatMap(({ trial, failure }) =>
    failure === null ? [] : [`trial ${trial} failed: ${failure.reason}`],
  );
  const [best] = rows;
  const next = best?.figures == null ? [] : [`Next: ${command(nextWords(plan, best, runOf(best.trial, null)))}`];
  const lines = [...trialTable(rows, search.metrics, width), ...failures, ...next];
  const value = { type: "search-end", out: folder.path, best: told[0] ?? null };
  return { files: [told, csvOf(told)], lines, interrupted, value, failed };
}

/** What to do with the best trial: use its model; of folds, train one on all of the data. */
function nextWords(
  { task, files, described, folds }: SearchCommandPlan,
  { settings }: Row,
  run: string,
): readonly string[] {
  if (folds === null) return nextCommand(task, run, files[0]);
  const said = Object.entries({ ...described.settings, ...settings });
  const flags = said.flatMap(([key, value]) => {
    if (typeof value !== "boolean") return [flagOf(key), String(value)];
    return [value ? flagOf(key) : `--no-${flagOf(key).slice(2)}`];
  });
  return ["train", ...files, "--task", task.name, ...flags];
}
