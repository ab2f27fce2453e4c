import { grouped } from "../../../src/base/grouped.js";
import { scoreWords } from "../score/words.js";
import type { ErrorData } from "../worker/protocol.js";
import { learnWords } from "./learn-words.js";
import { lookWords } from "./look-words.js";

/** Every word of the studio that is not the library's own. */
export const en = {
  language: "English",
  locale: "en",
  studio: "Unrolled studio",
  views: { train: "Train", look: "Look", learn: "Learn" },
  loading: "loading",
  theme: { label: "Appearance", auto: "as the system", light: "light", dark: "dark" },
  choose: {
    title: "What shall a network learn?",
    lead: "Pick an example, or bring a file of your own. It trains in this page, on your own machine: nothing that you bring leaves it.",
    examples: {
      "moby-dick": {
        title: "A text",
        sample: "Call me Ishmael. Some years ago—\nnever mind how long precisely—\nhaving little or no money in my",
        about: "It reads the first chapters of Moby-Dick letter by letter, and learns to write on.",
      },
      "first-names": {
        title: "Names",
        sample: "Aaren → woman\nAaron → man\nAbagail → woman",
        about: "It reads a first name and tells whether a woman or a man bears it.",
      },
      births: {
        title: "A series",
        sample: "1994-01-01   8,096\n1994-01-02   7,772\n1994-01-03  10,142",
        about: "It forecasts how many children are born on each of the next fourteen days.",
      },
    } as Record<string, { title: string; sample: string; about: string }>,
    file: "Choose a file",
    fileAbout: "of your own, or drop it here: a text, a table (CSV, TSV), JSON lines, tagged words.",
    others: { look: "Look inside a trained model", learn: "Learn how a cell works, number by number" },
    dropHere: "Drop it: what it is will be found out.",
    folder: "A folder cannot be read here. Drop the file in it that the network shall learn from.",
    noFile: "There was no file in what was dropped. Drop a file, or choose one.",
    oneFile: (count: number) => `A network learns from one file, and ${count} were dropped. Drop one of them.`,
    kept: "Kept in this browser",
    served: "Runs of this machine",
    look: (checkpoint: string) => `Look at ${checkpoint}`,
    forget: (file: string) => `Forget the run of ${file}`,
    steps: (step: number, total: number) => `${grouped(step)} of ${grouped(total)} steps`,
  },
  data: {
    other: "Other data",
    file: "Choose a file",
    reading: (isReading: boolean): string => (isReading ? "reading" : ""),
    as: "as",
    task: "Task",
    model: (title: string, parameters: number, bytes: string, steps: number) =>
      `${title} of ${grouped(parameters)} parameters; training takes about ${bytes} and ${grouped(steps)} steps.`,
    more: "What is in it",
    spread: (least: string, median: string, most: string) => `${least} to ${most}, median ${median}`,
    heldOut: "held out",
  },
  settings: {
    title: "Settings",
    sections: { data: "Data", model: "Model", training: "Training" },
    more: (count: number) => `${count} more`,
    undo: (key: string, value: string | null) =>
      value === null ? `Undo ${key}` : `Undo ${key}: back to ${value || "none"}`,
    undoAll: (count: number) =>
      count === 0 ? "Nothing is changed" : count === 1 ? "Undo 1 change" : `Undo ${count} changes`,
    none: "by itself",
    problem: ({ must, value, fix }: ErrorData) => `It must ${must}, got ${value}. ${fix ?? ""}`,
  },
  controls: {
    title: "Training",
    start: "Start",
    pause: "Pause",
    go: "Go on",
    step: "One step",
    space: "Space bar",
    dot: "Full stop (.)",
    back: (step: number) => `Back to ${grouped(step)}`,
    rate: "learning rate",
    halve: "½ of the learning rate",
    double: "2× the learning rate",
    progress: "Steps done",
    phase: (phase: string | null) =>
      ({ running: "training", paused: "paused", ended: "done", failed: "it went wrong" })[phase ?? ""] ?? "not begun",
    where: (step: number, total: number, epoch: number) =>
      `step ${grouped(step)} of ${grouped(total)}${epoch > 0 ? `, epoch ${epoch}` : ""}`,
  },
  figures: {
    curves: "Curves",
    loss: "loss",
    training: "training",
    heldOut: "held out",
    metric: "Metric",
    gradNorm: "gradient norm",
    perSecond: (unit: string) => (unit === "" ? "speed" : `${unit}/s`),
    left: "time left",
    time: (seconds: number) =>
      seconds < 60
        ? `${seconds} s`
        : seconds < 3600
          ? `${Math.round(seconds / 60)} min`
          : `${(seconds / 3600).toFixed(1)} h`,
  },
  samples: {
    title: "What it can do by now",
    writes: "What it writes",
    answers: "What it answers",
    none: "What the model writes or answers stands here as soon as it trains.",
    input: "asked",
    before: "How it came to be",
    atStep: (step: number) => `step ${grouped(step)}`,
  },
  timeline: {
    title: "Training time",
    at: (step: number) => `checkpoint at step ${grouped(step)}`,
  },
  exports: {
    title: "Export",
    model: "Model (.safetensors)",
    forToolkit: (name: string) => `Model for ${name}`,
    code: "This experiment as code (.ts)",
    link: "Copy the link",
    copied: "Copied: it trains the same bits",
    picture: (title: string, kind: string) => `${title} as ${kind.toUpperCase()}`,
  },
  look: lookWords,
  score: scoreWords,
  learn: learnWords,
};

export type Strings = typeof en;
