import type { Conducted, Outcome, Ranked } from "./job.js";
import { goingOn } from "./plan.js";
import type { Settings } from "./space.js";

/** How a figure lies over folds. */
export interface Spread {
  mean: number;
  /** Of a sample: Σ(x - mean)² / (k - 1), as what is told is to hold for other folds. 0 of one. */
  deviation: number;
}

/** What became of a trial. */
export interface Row {
  trial: number;
  settings: Settings;
  /** `stopped`: others were better after as many epochs. `open`: not trained to its end yet. */
  status: "done" | "stopped" | "failed" | "open";
  /** Of its best validation, the mean over its folds. Null where there is none. */
  figures: Readonly<Record<string, number | null>> | null;
  /** How these differ from fold to fold; null without folds. */
  deviations: Readonly<Record<string, number>> | null;
  failure: Outcome["failure"];
  /** The most that a fold of its last rung had. */
  epochs: number;
  steps: number;
  parameters: number;
  /** Of all rungs and folds. */
  seconds: number;
}

type Searched = Pick<Conducted, "trials" | "folds" | "rungs" | "metrics">;

/** A row for each trial of which something is known, the best first and those that failed last. */
export function ranked(search: Searched, outcomes: readonly Outcome[]): Row[] {
  const rows = rowsBy(search, outcomes);
  const alive = aliveAfter(search, outcomes);
  for (const row of rows) if (row.status === "done" && !alive.has(row.trial)) row.status = "stopped";
  return rows;
}

/** Those of `left` that go on after a rung: the better half of them, without what failed. What is known of later rungs says nothing here. */
export function survivors(
  search: Searched,
  outcomes: readonly Outcome[],
  left: readonly number[],
  rung: number,
): number[] {
  const byNow = outcomes.filter((outcome) => outcome.rung <= rung);
  const rows = rowsBy(search, byNow).filter(({ trial, failure }) => left.includes(trial) && failure === null);
  const going = rows.slice(0, goingOn(left.length)).map(({ trial }) => trial);
  return going.sort((a, b) => a - b);
}

/** Whom no rung that all have ended in has stopped. */
function aliveAfter(search: Searched, outcomes: readonly Outcome[]): ReadonlySet<number> {
  let left = search.trials.map((_, i) => i + 1);
  const ended = (trial: number, rung: number) =>
    outcomes.filter((one) => one.trial === trial && one.rung === rung).length === (search.folds ?? 1);
  for (let rung = 0; rung + 1 < (search.rungs?.length ?? 0); rung++) {
    if (!left.every((trial) => ended(trial, rung))) break;
    left = survivors(search, outcomes, left, rung);
  }
  return new Set(left);
}

function rowsBy(search: Searched, outcomes: readonly Outcome[]): Row[] {
  const rows = search.trials.flatMap((settings, i) => {
    // Whatever ended first: what is told of a trial does not depend on it.
    const own = outcomes.filter(({ trial }) => trial === i + 1).sort((a, b) => a.rung - b.rung || a.fold! - b.fold!);
    return own.length === 0 ? [] : [rowOf(i + 1, settings, own, search)];
  });
  return rows.sort((a, b) => compare(a, b, search.metrics) || a.trial - b.trial);
}

type Of = Pick<Conducted, "folds" | "rungs">;

function rowOf(trial: number, settings: Settings, own: readonly Outcome[], { folds }: Of): Row {
  const rung = Math.max(...own.map((one) => one.rung));
  const now = own.filter((one) => one.rung === rung);
  const failed = own.find(({ failure }) => failure !== null);
  const failure = failed?.failure ?? null;
  const whole = failure === null && now.length === (folds ?? 1);
  const most = (of: "epochs" | "steps" | "parameters") => Math.max(...now.map((one) => one[of]));
  return {
    trial,
    settings,
    status: failure !== null ? "failed" : whole ? "done" : "open",
    ...(whole ? figuresOf(now, folds) : { figures: null, deviations: null }),
    failure:
      failure === null || folds === null ? failure : { ...failure, reason: `fold ${failed!.fold}: ${failure.reason}` },
    epochs: most("epochs"),
    steps: most("steps"),
    parameters: most("parameters"),
    seconds: own.reduce((all, { seconds }) => all + seconds, 0),
  };
}

function figuresOf(now: readonly Outcome[], folds: number | null): Pick<Row, "figures" | "deviations"> {
  if (folds === null) return { figures: now[0].figures, deviations: null };
  const spreads = Object.keys(now[0].figures ?? {}).map((name) => {
    return [name, spreadOf(now.map(({ figures }) => figures?.[name] ?? Number.NaN))] as const;
  });
  const asJson = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    figures: Object.fromEntries(spreads.map(([name, { mean }]) => [name, asJson(mean)])),
    deviations: Object.fromEntries(spreads.map(([name, { deviation }]) => [name, deviation])),
  };
}

/** Mean and deviation of a figure over folds. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((all, value) => all + value, 0) / values.length;
  const squares = values.reduce((all, value) => all + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

/** Negative where `a` is the better; no figure is worse than any. */
function compare(a: Row, b: Row, metrics: readonly Ranked[]): number {
  const place = ({ figures }: Row) => Number(figures === null);
  if (a.figures === null || b.figures === null) return place(a) - place(b);
  for (const { name, better } of metrics) {
    const [own, other] = [a.figures[name] ?? null, b.figures[name] ?? null];
    if (own === null || other === null) {
      if (own !== other) return own === null ? 1 : -1;
    } else if (own !== other) return better === "higher" ? other - own : own - other;
  }
  return 0;
}
