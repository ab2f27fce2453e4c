import { textTable } from "../../base/text-table.js";
import { harmless } from "../../base/unsafe-text.js";
import { textWidth } from "../../base/width.js";
import { svg } from "../../diagnostics/index.js";
import type { Module } from "../../nn/index.js";
import type { Inspected } from "../commands.js";
import { measured } from "../health/measure.js";
import type { Evidence, Measured } from "../health/measured.js";
import { type Warning, warningsOf } from "../health/warnings.js";
import type { StoredScores } from "../score/encode.js";
import { lookedOf } from "../score/from-blocks.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import { type Block, safe } from "./blocks.js";
import { architectureRows, type Layers, layersOf, radiusTables } from "./layers.js";
import { blockLines, warningLines } from "./lines.js";
import { blocksHtml, page, warningsHtml } from "./page.js";
import { picture } from "./pictures.js";
import { scoreSection } from "./score-section.js";
import type { WalkedLayer } from "./walk.js";

/** What a task has to say of a model and of what it read. */
export interface Told {
  /** In a few words: `a classifier, 2 lstm layers of 64`. */
  about: string;
  /** For a program, beside the layers. */
  values: object;
  /** Of what was read; none where nothing was. */
  blocks: readonly Block[];
  /** What a score shows besides; a report says it in another way. */
  more?: readonly ScoreBlock[] | undefined;
  settings: Measured["settings"];
  /** Of each sequence that was read, the gradients of one answer. */
  walks?: readonly (readonly WalkedLayer[])[] | undefined;
  /** What it is measured by; it is asked for when somebody wants to know what is wrong. */
  evidence?: (() => Evidence) | undefined;
}

/** A report of what a model is made of, and of what it did with what it read. */
export function inspected(model: Module, told: Told): Inspected {
  const { about, values, blocks, more = [] } = told;
  const layers = layersOf(model);
  const read = safe(blocks);
  let found: readonly Warning[] | undefined;
  const warnings = (): readonly Warning[] => {
    found ??= warningsAbout(model, told);
    return found;
  };
  return {
    // Who only draws does not wait for what is wrong.
    get values() {
      return { ...layers, ...values, warnings: warnings() };
    },
    warnings,
    blocks: [...safe(more), ...read],
    lines: (source, { width }) => [
      source,
      about,
      ...warningLines(warnings(), width),
      ...blockLines(safe(layerBlocks(layers, width)), width),
      ...blockLines(read, width),
    ],
    html({ model: name, text, viewer }) {
      const first: Block[] = [{ kind: "text", text: text === null ? `${about}.` : `${about}. It read ${text}.` }];
      const title = harmless(`Inside ${name}`);
      const score = viewer === undefined ? "" : scoreSection(viewer, storedScores([...safe(more), ...read]));
      const rest = blocksHtml([...safe(layerBlocks(layers, Infinity)), ...read]);
      return page(title, [blocksHtml(safe(first)), warningsHtml(warnings()), score, rest].filter(Boolean).join("\n"));
    },
    svg() {
      const drawings = read.map(picture).filter((drawing) => drawing !== null);
      return svg.toSvg(svg.stack(drawings, 28), harmless(about));
    },
  };
}

/** What is wrong with a model, by all that it was seen to do. */
function warningsAbout(model: Module, { more = [], settings, walks = [], evidence }: Told): Warning[] {
  const { training } = model;
  model.train(false);
  try {
    const recorded = more.flatMap((block) => (block.kind === "layers" ? block.layers() : []));
    return warningsOf(measured(model, settings, { recorded, walks, evidence: evidence?.() }));
  } finally {
    model.train(training);
  }
}

/** Each is a walk back: of more steps than this a page would wait for them, and grow large. */
const MOST_GRADIENTS = 400;

/** All that a page shows of what was read: every prediction with where it comes from. */
function storedScores(blocks: readonly ScoreBlock[]): StoredScores {
  const { scores, gradients } = lookedOf(blocks);
  const rows = gradients.map((rowsOf, k) => {
    const count = Math.min(scores[k].steps.length, MOST_GRADIENTS);
    return rowsOf?.(Array.from({ length: count }, (_, t) => t)) ?? [];
  });
  return { scores: [...scores], gradients: rows };
}

/** Shapes of four digits and more take room that a narrow terminal lacks. */
function layerBlocks({ architecture, spectralRadii }: Layers, width: number): Block[] {
  const whole = architectureRows(architecture, true);
  const last = whole[0].length - 1;
  const fits = textTable(whole).every((line) => textWidth(line) <= width);
  const rows = fits ? whole : architectureRows(architecture, false);
  const end = fits ? last : last - 1;
  const tables = radiusTables(spectralRadii);
  const title = "spectral radius of the recurrent matrices";
  return [
    { kind: "table", title: "layers", rows, isRight: (column) => column === end },
    ...tables.map((table): Block => ({ kind: "table", title, rows: table, isRight: (column) => column > 0 })),
    ...(tables.length === 0
      ? [{ kind: "text", text: `${title}: none, no weight takes the state from step to step` } as const]
      : []),
  ];
}
