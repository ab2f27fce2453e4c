import { checkArray, checkNumber, checkObject } from "../base/check.js";
import { toSvg } from "./elements.js";
import { lineChart } from "./line-chart.js";

/** What `findLearningRate` found. */
export interface LearningRateChart {
  learningRates: readonly number[];
  losses: readonly number[];
  smoothed: readonly number[];
  suggestion: number | null;
}

/**
 * The loss over the learning rate, with the suggested rate as a line: SVG text that stands alone.
 * @example await writeFile("rates.svg", learningRateChart(await findLearningRate(model, { train, loss, optimizer })));
 */
export function learningRateChart(curve: LearningRateChart): string {
  const op = "learningRateChart";
  checkObject(op, "curve", curve, "what findLearningRate() gave");
  const { learningRates, losses, smoothed, suggestion } = curve;
  for (const [name, values] of Object.entries({ learningRates, losses, smoothed })) checkArray(op, name, values);
  for (const rate of learningRates) checkNumber(op, "each of learningRates", rate, { min: 0, openMin: true });
  if (suggestion !== null) checkNumber(op, "suggestion", suggestion);
  const points = (values: readonly number[]) =>
    learningRates.map((rate, i) => [rate, values[i] ?? Number.NaN] as const);
  const powers = learningRates.map((rate) => 10 ** Math.ceil(Math.log10(rate)));
  const title = "Loss over the learning rate";
  return toSvg(
    lineChart({
      title,
      subtitle: suggestion === null ? "it never falls" : `falls most steeply at ${suggestion.toPrecision(2)}`,
      xTitle: "learning rate",
      yTitle: "loss",
      series: [
        { name: "loss", points: points(losses) },
        { name: "smoothed", points: points(smoothed), bold: true },
      ],
      xLog: true,
      xTicks: [...new Set(powers)],
      cuts: suggestion === null ? [] : [suggestion],
    }),
    title,
  );
}
