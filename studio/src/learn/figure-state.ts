import { CELLS, WEIGHTS } from "./cells.js";
import type { CellName } from "./graph.js";
import type { Lesson } from "./lessons.js";
import { lastOf, startOf } from "./play.js";

/** All that is turned and chosen on a lesson's figure. */
export interface FigureState {
  cell: CellName;
  length: number;
  cut: number;
  asked: Lesson["asked"];
  /** How far one has come, there and back. */
  position: number;
  /** The step that is drawn large; null: where one has come to. */
  looked: number | null;
  /** The number whose weights are shown. */
  gate: string;
  weights: Readonly<Record<string, number>>;
}

export const LENGTHS = { least: 2, most: 16 };
const ASKED: readonly Lesson["asked"][] = ["last", "all", "first"];
const NAMES: readonly CellName[] = ["rnn", "lstm", "gru"];
const MOST_WEIGHT = 3;

/** Weights of a cell as the lesson begins with them. */
export const usualWeights = (lesson: Lesson, cell: CellName): Readonly<Record<string, number>> =>
  cell === lesson.cell ? { ...WEIGHTS[cell], ...lesson.weights } : WEIGHTS[cell];

/** As a lesson begins, with this cell and so many steps. */
function initialOf(lesson: Lesson, cell = lesson.cell, length = lesson.length): FigureState {
  const { cut = 0, asked, start } = lesson;
  const gate = CELLS[cell].nodes[0].name;
  const weights = usualWeights(lesson, cell);
  return { cell, length, cut: Math.min(cut, length - 1), asked, position: startOf(start, length), looked: null, gate, weights }; // biome-ignore format: one line
}

/** What of it is not as the lesson begins: `cell:gru;length:9;wh_n:0.5`; null where all is. */
export function toText(state: FigureState, lesson: Lesson): string | null {
  const { weights: usualOnes, ...begin } = initialOf(lesson, state.cell, state.length);
  const usual = { ...begin, cell: lesson.cell, length: lesson.length, ...usualOnes };
  const { weights, ...rest } = state;
  const others = Object.entries({ ...rest, ...weights }).filter(([key, value]) => value !== usual[key as "cell"]);
  return others.length === 0 ? null : others.map(([key, value]) => `${key}:${value}`).join(";");
}

/** What cannot be read of it is as the lesson has it: an address is typed and shortened by people. */
export function fromText(text: string | undefined, lesson: Lesson): FigureState {
  const given = new Map((text ?? "").split(";").map((part) => [part.split(":")[0], part.slice(part.indexOf(":") + 1)]));
  const natural = (key: string, least: number, most: number): number | null => {
    const value = /^\d{1,3}$/.test(given.get(key) ?? "") ? Number(given.get(key)) : null;
    return value !== null && value >= least && value <= most ? value : null;
  };
  const cell = NAMES.find((name) => name === given.get("cell")) ?? lesson.cell;
  const length = natural("length", LENGTHS.least, LENGTHS.most) ?? lesson.length;
  const usual = initialOf(lesson, cell, length);
  const weights = Object.entries(usual.weights).map(([key, value]) => {
    const found = given.get(key) ?? "";
    const turned = Number(found);
    return [key, /\d/.test(found) && Math.abs(turned) <= MOST_WEIGHT ? turned : value];
  });
  return {
    ...{ cell, length },
    cut: natural("cut", 0, length - 1) ?? usual.cut,
    asked: ASKED.find((name) => name === given.get("asked")) ?? lesson.asked,
    position: natural("position", 0, lastOf(length)) ?? usual.position,
    looked: natural("looked", 0, length - 1),
    gate: CELLS[cell].nodes.find(({ name }) => name === given.get("gate"))?.name ?? usual.gate,
    weights: Object.fromEntries(weights),
  };
}
