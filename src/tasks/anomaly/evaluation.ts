import { passOf, type Told } from "../../base/report.js";
import type { BadRow } from "../../data/readers/table.js";
import { meanLoss } from "../../metrics/index.js";
import type { Evaluated, Figure, Known, StreamOptions } from "../commands.js";
import { cutFigures } from "../cut.js";
import type { WindowList } from "../forecast/data.js";
import { ended } from "../forecast/storing.js";
import type { RowStream, Source } from "../task.js";
import type { AnomalyConfig } from "./config.js";
import { faultRows, scoredWindows } from "./data.js";
import { lineParts, lineReader, noLines, type TextLine, textLines } from "./lines.js";
import type { AnomalyModel } from "./model.js";
import { eachTold, lineScores, PIECE, type Score, seriesScores } from "./scores.js";
import { seriesToScore } from "./storing.js";
import type { AnomalyTypes } from "./types.js";

/** A score, and whether a label says that what was scored is a fault. */
export interface JudgedScore extends Score {
  isFault: boolean;
}

/** Counts of what is found beside the faults that a label names. */
export class FaultCounts {
  readonly #threshold: number;
  readonly #loss = meanLoss();
  #all = 0;
  #found = 0;
  #faults = 0;
  #both = 0;
  #long = 0;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  add({ score, mean, count, cut = 0, isFault }: JudgedScore): void {
    const isFound = score > this.#threshold;
    this.#all++;
    if (isFound) this.#found++;
    if (isFault) this.#faults++;
    if (isFound && isFault) this.#both++;
    if (cut > 0) this.#long++;
    this.#loss.add({ loss: mean, count });
  }

  evaluated(config: AnomalyConfig): Evaluated {
    const { name, unit, value } = this.#loss;
    const figures: Figure[] = [
      ...(config.label === null ? [] : this.#labelled()),
      { name, unit, value, text: this.#loss.format(value) },
      { name: "samples", value: this.#all, unit: "" },
      { name: "unusual", value: this.#found, unit: "" },
      { name: "threshold", value: this.#threshold, unit: "nats" },
      ...cutFigures(this.#long, "lines", config),
    ];
    return { figures, unseen: [], values: () => Object.fromEntries(figures.map((one) => [one.name, one.value])) };
  }

  #labelled(): Figure[] {
    const [found, faults, both] = [this.#found, this.#faults, this.#both];
    const share = (part: number, all: number) => (all === 0 ? Number.NaN : part / all);
    return [
      { name: "precision", value: share(both, found), unit: "" },
      { name: "recall", value: share(both, faults), unit: "" },
      { name: "F1", value: share(2 * both, found + faults), unit: "" },
      { name: "faults", value: faults, unit: "" },
    ];
  }
}

type Of = Known<AnomalyTypes>;

/** Of a file in memory. */
export function evaluated(model: AnomalyModel, { config, meta }: Of, source: Source): Evaluated {
  const told = passOf(source.report, "evaluating");
  const counts = new FaultCounts(model.threshold.item());
  if (meta.series === null) {
    const lines = textLines(source, config);
    let i = 0;
    for (const score of eachTold(lineScores(model, lines, meta.vocabulary!, config), lines.length, told)) {
      counts.add({ ...score, isFault: lines[i++].isFault });
    }
    return counts.evaluated(config);
  }
  const isFault = faultRows(source, config);
  return evaluatedWindows(
    model,
    { config, meta },
    { windows: scoredWindows(source, config, meta.series), isFault },
    told,
  );
}

/** As `evaluated`, in the memory of a part of the file. */
export async function evaluatedStream(
  model: AnomalyModel,
  known: Of,
  file: RowStream,
  { onBad }: StreamOptions,
): Promise<Evaluated> {
  const { config, meta } = known;
  const tell = (bad: readonly BadRow[]) => {
    for (const { line, error } of bad) onBad!(line, error);
  };
  const keepBad = onBad !== undefined;
  if (meta.series === null) return evaluatedLines(model, known, lineParts(file, config, keepBad), file.name, tell);
  const series = await ended(
    seriesToScore(file, config, meta.series, { hasLabel: config.label !== null, keepBad }),
    tell,
  );
  try {
    return evaluatedWindows(model, known, series, passOf(file.report, "evaluating"));
  } finally {
    series.close();
  }
}

function evaluatedWindows(
  model: AnomalyModel,
  { config, meta }: Of,
  { windows, isFault }: { windows: WindowList; isFault: (row: number) => boolean },
  told: Told | undefined,
): Evaluated {
  const threshold = model.threshold.item();
  const counts = new FaultCounts(threshold);
  const scores = seriesScores(model, windows, meta.series!, config, threshold);
  for (const { window, ...score } of eachTold(scores, windows.length, told)) {
    counts.add({ ...score, isFault: isFault(window.series.rows[window.origin]) });
  }
  return counts.evaluated(config);
}

async function evaluatedLines(
  model: AnomalyModel,
  { config, meta }: Of,
  parts: ReturnType<typeof lineParts>,
  name: string,
  tell: (bad: readonly BadRow[]) => void,
): Promise<Evaluated> {
  const counts = new FaultCounts(model.threshold.item());
  let waiting: TextLine[] = [];
  let all = 0;
  // As many together wherever parts end: what is found does not depend on how a file comes.
  const judge = (lines: readonly TextLine[]) => {
    let i = 0;
    for (const score of lineScores(model, lines, meta.vocabulary!, config)) {
      counts.add({ ...score, isFault: lines[i++].isFault });
    }
  };
  for await (const { table, bad } of parts) {
    tell(bad);
    const read = lineReader(table, config);
    for (const row of table.rows.keys()) {
      const line = read(row);
      if (line === null) continue;
      all++;
      if (waiting.push(line) < PIECE) continue;
      judge(waiting);
      waiting = [];
    }
  }
  judge(waiting);
  if (all === 0) throw noLines(name);
  return counts.evaluated(config);
}
