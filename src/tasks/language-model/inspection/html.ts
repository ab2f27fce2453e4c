import { checkObject, checkString } from "../../../base/check.js";
import { harmless } from "../../../base/unsafe-text.js";
import { svg } from "../../../diagnostics/index.js";
import { radiusTables } from "../../inspection/layers.js";
import { page, tableHtml, warningsHtml, wide } from "../../inspection/page.js";
import type { ShownToken } from "../../inspection/tokens.js";
import { unitOf, unknownText } from "../../tokens/unknown.js";
import { checkInspection, gateCharts, gradientCharts, unitMap, unitTitle } from "./charts.js";
import type { Inspection, TextInspection } from "./inspect.js";
import type { UnitTrace } from "./units.js";

const { divergingLevel, escapeXml, toSvg } = svg;

/**
 * A page that stands alone: no font, no file beside it, and it asks nobody for anything.
 * @param source  what the page calls the model and the text; `score` is HTML that is shown first of what was read
 */
export function inspectionHtml(
  inspection: Inspection,
  source: { model: string; text: string | null; score?: string | undefined },
): string {
  checkInspection("inspectionHtml", inspection);
  checkObject("inspectionHtml", "source", source, "{ model, text }");
  checkString("inspectionHtml", "source.model", source.model);
  const { text } = inspection;
  const { score = "" } = source;
  const title = harmless(`Inside ${source.model}`);
  const body = [
    summary(inspection, source.text),
    score,
    "<h2>Architecture</h2>",
    architectureTable(inspection),
    "<h2>Spectral radius of the recurrent matrices</h2>",
    "<p>By about this factor a state, and its gradient, would grow or shrink a step if there were nothing but the matrix.</p>",
    radiusTable(inspection),
    text === null ? "" : textSections(text),
  ];
  return page(title, body.join("\n"));
}

function summary(inspection: Inspection, source: string | null): string {
  const { model, text, warnings } = inspection;
  const { cell, tokens, hidden, layers, vocabulary } = model;
  const lines = [
    `A language model of ${unitOf(tokens)}s: ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden} units, ${vocabulary} tokens in the vocabulary.`,
  ];
  if (text !== null) {
    const read = text.tokens.length.toLocaleString("en");
    const said = `It read the first ${read} of ${text.totalTokens.toLocaleString("en")} tokens of ${harmless(source ?? "a text")}: loss ${text.loss.toFixed(3)} nats a token, perplexity ${text.perplexity.toFixed(2)}.`;
    const reach = `The gradient of its last prediction reaches ${text.horizon} ${text.horizon === 1 ? "step" : "steps"} back before 99 % of it is lost.`;
    lines.push(said, reach);
    const { count, share } = text.unknown;
    if (count > 0) lines.push(`Unknown to it: ${count} ${unknownText(tokens, share)}.`);
  }
  return [...lines.map((line) => `<p>${escapeXml(line)}</p>`), warningsHtml(warnings)].join("\n");
}

function architectureTable({ architecture: { rows, total } }: Inspection): string {
  const body = rows.map(({ name, kind, parameters, count }) => {
    const shapes = parameters.map(({ name: own, shape, sharedWith }) => {
      const shared = sharedWith === null ? "" : `, shared with ${sharedWith}`;
      return `${own} [${shape.join(", ")}]${shared}`;
    });
    return `<tr><td>${escapeXml(name)}</td><td>${escapeXml(kind)}</td><td>${shapes.map(escapeXml).join("<br>")}</td><td class="n">${count.toLocaleString("en")}</td></tr>`;
  });
  const lines = [
    '<table><tr><th>layer</th><th>kind</th><th>weights</th><th class="n">parameters</th></tr>',
    ...body,
    `<tr class="total"><td>total</td><td></td><td></td><td class="n">${total.toLocaleString("en")}</td></tr></table>`,
  ];
  return wide(lines.join("\n"));
}

function radiusTable({ spectralRadii }: Inspection): string {
  const [table] = radiusTables(spectralRadii.map(({ layer, radii }) => ({ name: `layer ${layer}`, radii })));
  return table === undefined ? "<p>None: no weight takes the state from step to step.</p>" : tableHtml(table);
}

function textSections(text: TextInspection): string {
  const { units, tokens, unitLayer, layers } = text;
  const draw = (drawing: svg.Drawing, title: string): string => wide(toSvg(drawing, title));
  return [
    "<h2>Hidden units over the text</h2>",
    `<p>The units of layer ${unitLayer} that vary most, each over the whole text: blue is +1, orange −1, white 0. After the colon what the unit follows, with the correlation.</p>`,
    ...units.map((unit) => unitText(unit, tokens)),
    "<h2>The same as a map</h2>",
    draw(unitMap(text), "Hidden units over the text"),
    "<h2>Gradients</h2>",
    ...gradientCharts(text).map((drawing) => draw(drawing, "Gradient norms by step")),
    "<h2>Gates</h2>",
    ...gateCharts(layers).map((drawing) => draw(drawing, "Saturated gates by step")),
  ].join("\n");
}

/** The text itself, each token on the colour of the unit's value; neighbours of one colour share an element. */
function unitText(unit: UnitTrace, tokens: readonly ShownToken[]): string {
  const parts: { level: number; text: string }[] = [];
  for (const [t, { written, breaks }] of tokens.entries()) {
    const level = divergingLevel(unit.values[t]);
    // A line break is seen, and breaks the line; other characters that cannot be seen have a box.
    const shown = breaks ? "↵\n" : harmless(written);
    const last = parts.at(-1);
    if (last?.level === level) last.text += shown;
    else parts.push({ level, text: shown });
  }
  const spans = parts.map(({ level, text }) => `<span class="c${level}">${escapeXml(text)}</span>`).join("");
  return `<h3>${escapeXml(unitTitle(unit))}</h3>\n<p class="unit">${spans}</p>`;
}
