import { checkArray, checkObject } from "../../../base/check.js";
import { saturation, svg } from "../../../diagnostics/index.js";
import type { Inspection, TextInspection } from "./inspect.js";
import type { UnitTrace } from "./units.js";

type Layers = TextInspection["layers"];

const byStep = (values: readonly number[]): svg.Point[] => values.map((value, t) => [t, value] as const);

/** `unit 12, h: the place in the line (0.83)`, with a minus where it goes down as the other goes up. */
export function unitTitle({ unit, of, follows }: UnitTrace): string {
  const said = follows === null ? "" : `: ${follows.feature} (${follows.correlation.toFixed(2).replace("-", "−")})`;
  return `unit ${unit}, ${of}${said}`;
}

/** The gradients by step: of the whole loss, and of the last prediction alone on its way back. */
export function gradientCharts({ layers, tokens, horizon }: TextInspection): svg.Drawing[] {
  const whole = layers.flatMap(({ layer, gradH, gradC }) => [
    { name: `layer ${layer}: h`, points: byStep(gradH) },
    ...(gradC === null ? [] : [{ name: `layer ${layer}: c`, points: byStep(gradC), dash: "5 4" }]),
  ]);
  const state = layers[0].gradC === null ? "h" : "c";
  const axes = { xTitle: "step (token)", log: true, width: WIDTH, height: 260 };
  return [
    svg.lineChart({
      title: "Gradient of the whole loss",
      subtitle: "The norm of what each state does to the mean loss of all predictions.",
      yTitle: "gradient norm",
      series: whole,
      ...axes,
    }),
    svg.lineChart({
      title: "Gradient of the last prediction alone, on its way back",
      subtitle: `From step ${tokens.length - 1} to the left; 1 % of it is left after ${horizon} ${horizon === 1 ? "step" : "steps"}.`,
      yTitle: `gradient norm of ${state}`,
      series: layers.map(({ layer, reach }) => ({ name: `layer ${layer}`, points: byStep(shown(reach)) })),
      ...axes,
    }),
  ];
}

/** The mean of each value and its neighbours, `window` of them where there are so many. */
function smoothed(values: readonly number[], window: number): number[] {
  const side = (window - 1) / 2;
  return values.map((_, t) => {
    const near = values.slice(Math.max(0, t - side), t + side + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** Below a part in 10¹² of the largest there is nothing to see. */
function shown(reach: readonly number[]): number[] {
  const least = Math.max(...reach) * 1e-12;
  return reach.map((value) => (value < least ? 0 : value));
}

/** How many units of each gate are at either end. */
export function gateCharts(layers: Layers): svg.Drawing[] {
  // From letter to letter gates flicker: about forty humps can be told apart.
  const window = 2 * Math.floor(layers[0].gradH.length / 80) + 1;
  return layers.map(({ layer, gates }) =>
    svg.lineChart({
      title: `Saturated gates of layer ${layer}`,
      subtitle: `Share of units below 0.1 or above 0.9 (tanh: beyond ±0.9)${window === 1 ? "" : `, mean of ${window} steps`}.`,
      xTitle: "step (token)",
      yTitle: "share",
      yRange: [0, 1],
      series: Object.entries(gates).map(([name, gate]) => ({
        name,
        points: byStep(smoothed(saturation(gate), window)),
      })),
      width: WIDTH,
      height: 220,
    }),
  );
}

const WIDTH = 860;

/** @throws OptionError for what `inspectLanguageModel` did not give */
export function checkInspection(op: string, inspection: Inspection): void {
  checkObject(op, "inspection", inspection, "what inspectLanguageModel() gave");
  checkObject(op, "inspection.model", inspection.model, "an object");
  checkObject(op, "inspection.architecture", inspection.architecture, "an object");
  checkArray(op, "inspection.architecture.rows", inspection.architecture.rows);
  checkArray(op, "inspection.spectralRadii", inspection.spectralRadii);
  if (inspection.text !== null) checkText(op, inspection.text);
}

function checkText(op: string, text: TextInspection | null): void {
  checkObject(op, "inspection.text", text, "there: inspect with a text");
  for (const key of ["tokens", "layers", "units", "findings"] as const) checkArray(op, `text.${key}`, text![key]);
}

export function unitMap({ units, tokens, unitLayer }: TextInspection): svg.Drawing {
  return svg.heatMap({
    title: `Hidden units of layer ${unitLayer} over the text`,
    subtitle: "The units that vary most, and what each follows (correlation).",
    rows: units.map((unit) => ({ name: unitTitle(unit), values: unit.values })),
    columns: tokens.map(({ label }) => label),
    width: WIDTH,
  });
}

/** Everything of a text in one SVG file that stands alone. */
export function inspectionSvg(inspection: Inspection & { text: TextInspection }): string {
  checkInspection("inspectionSvg", inspection);
  const { model, text } = inspection;
  checkText("inspectionSvg", text);
  const drawing = svg.stack([unitMap(text), ...gradientCharts(text), ...gateCharts(text.layers)], 28);
  return svg.toSvg(
    drawing,
    `A language model (${model.cell}, ${model.hidden} units) reads ${text.tokens.length} tokens`,
  );
}
