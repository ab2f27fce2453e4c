import type { CellName } from "./graph.js";

/** What a lesson's figure is, as something to play with. */
export interface Lesson {
  /** Of the page, and its pictures. */
  file: string;
  figures: readonly string[];
  cell: CellName;
  weights?: Readonly<Record<string, number>>;
  /** Steps. */
  length: number;
  /** What is read at each step; beyond its end 0. */
  inputs: readonly number[];
  /** Where an output is asked for. */
  asked: "last" | "all" | "first";
  cut?: number;
  /** Where the playing begins: before anything, at the end of the way there, or of the way back. */
  start: "begin" | "there" | "back";
  /** Opens the race of the three cells, or a look at a model. */
  opens?: "race" | "look";
}

export const LESSONS: readonly Lesson[] = [
  {
    file: "01-recurrence",
    figures: ["01-memory"],
    cell: "rnn",
    length: 10,
    inputs: [1],
    asked: "last",
    start: "there",
  },
  { file: "02-unrolling", figures: ["02-copies", "02-waves"], cell: "rnn", weights: { wx: 0.8, wh: 0.5, b: 0 }, length: 6, inputs: [0.5, 1, 0.5, -0.5, -1, -0.5], asked: "all", start: "begin" }, // biome-ignore format: a lesson a line
  { file: "03-bptt", figures: ["03-there-and-back", "03-shares"], cell: "rnn", weights: { wx: 0.5, wh: 0.8, b: 0.1 }, length: 3, inputs: [1, 0.5, -1], asked: "last", start: "begin" }, // biome-ignore format: a lesson a line
  { file: "04-truncation", figures: ["04-reach", "04-learning"], cell: "rnn", weights: { wx: 0.6, wh: 1, b: 0 }, length: 10, inputs: [1, 0, 0, 0.4, 0, 0, 0, -0.3], asked: "last", cut: 5, start: "back" }, // biome-ignore format: a lesson a line
  { file: "05-gradients", figures: ["05-fading", "05-slopes"], cell: "rnn", weights: { wx: 0.3, wh: 0.6, b: 0 }, length: 12, inputs: [1], asked: "last", start: "back" }, // biome-ignore format: a lesson a line
  {
    file: "06-lstm",
    figures: ["06-gates", "06-highway"],
    cell: "lstm",
    length: 8,
    inputs: [1],
    asked: "last",
    start: "back",
  },
  {
    file: "07-gru",
    figures: ["07-gates", "07-learning"],
    cell: "gru",
    length: 8,
    inputs: [1],
    asked: "last",
    start: "back",
    opens: "race",
  },
  { file: "08-language-model", figures: ["08-epochs", "08-after-wha"], cell: "rnn", weights: { wx: 0.7, wh: 0.6, b: 0 }, length: 6, inputs: [0.2, -0.4, 0.9, 0.1, -0.7, 0.5], asked: "all", start: "back", opens: "look" }, // biome-ignore format: a lesson a line
  { file: "09-kinds", figures: ["09-kinds", "09-waves"], cell: "rnn", weights: { wx: 0.9, wh: 0.7, b: 0 }, length: 6, inputs: [1], asked: "all", start: "back" }, // biome-ignore format: a lesson a line
];

/** What is read: the lesson's, and then nothing. */
export function inputsOf({ inputs }: Pick<Lesson, "inputs">, length: number): number[] {
  return Array.from({ length }, (_, t) => inputs[t] ?? 0);
}

/** The output that is asked for is what was read first: the shortest task that needs a memory. */
export function targetsOf(asked: Lesson["asked"], inputs: readonly number[]): (number | null)[] {
  return inputs.map((_, t) => {
    const isAsked = asked === "all" || (asked === "last" ? t === inputs.length - 1 : t === 0);
    return isAsked ? 0.8 * Math.sign(inputs[0] || 1) : null;
  });
}
