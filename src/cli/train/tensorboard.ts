import { join } from "node:path";
import type { FileError } from "../../base/errors.js";
import { encodePng } from "../../interchange/formats/png/encode.js";
import { histogramOf, type Summary } from "../../interchange/formats/tfevents/index.js";
import type { Module } from "../../nn/index.js";
import { EventFile } from "../../runs/event-file-node.js";
import type { RunFolder } from "../../runs/run-folder-node.js";
import { DIVERGING, divergingLevel } from "../../svg/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { TrainEvent } from "../../train/index.js";
import type { Reporter } from "./reporters.js";

type Telling = Pick<Reporter, "event" | "sample" | "warn">;

/** The longest side of a picture of weights: of larger ones every so many rows and columns are shown. */
const MOST_PIXELS = 512;
/** The part of a picture's name by which weights of recurrent layers are known. */
const RECURRENT = /weight_hh|weightHh/;

/** What training tells goes to TensorBoard's files too: figures, weights as histograms and pictures, samples. */
export class Tensorboard implements Telling {
  /** Whose weights are shown. */
  model: Module | undefined;
  readonly #events: EventFile;
  readonly #next: Telling;

  constructor(folder: RunFolder, next: Telling) {
    this.#events = new EventFile(join(folder.path, "tensorboard"));
    this.#next = next;
  }

  /** Before training goes on from a step. */
  begin(step: number, model: Module): void {
    this.model = model;
    if (step > 0) this.#check(this.#events.restart(step + 1));
  }

  event(event: TrainEvent): void {
    if (event.type === "report") {
      const { step, loss, gradNorm, lr, perSecond, metrics } = event;
      this.#write(step, [
        ...scalars("train", { loss, ...metrics }),
        ...scalars("training", { gradNorm, lr, perSecond }),
      ]);
    } else if (event.type === "validation") {
      const { step, loss, metrics } = event;
      const shown = event.heldOut ? scalars("validation", { loss, ...metrics }) : [];
      this.#write(step, [...shown, ...this.#weights()]);
    }
    this.#next.event(event);
  }

  sample(text: string, step: number): void {
    // Markdown would make something else of it.
    this.#write(step, [{ tag: "sample", text: `    ${text.replaceAll("\n", "\n    ")}` }]);
    this.#next.sample(text, step);
  }

  warn(message: string): void {
    this.#next.warn(message);
  }

  #weights(): Summary[] {
    return (this.model?.namedParameters() ?? []).flatMap(([name, parameter]): Summary[] => {
      const tag = `weights/${name}`;
      const histogram = histogramOf(parameter.data());
      const shown: Summary[] = histogram === null ? [] : [{ tag, histogram }];
      return RECURRENT.test(name) && parameter.shape.length === 2
        ? [...shown, { tag, image: pictureOf(parameter) }]
        : shown;
    });
  }

  #write(step: number, summaries: readonly Summary[]): void {
    this.#check(this.#events.tell(step, summaries));
  }

  #check(failure: FileError | null): void {
    if (failure === null) return;
    this.#next.warn(`warning: TensorBoard's file could not be written (${failure.value}). Training goes on.`);
  }
}

function scalars(group: string, figures: Readonly<Record<string, number>>): Summary[] {
  return Object.entries(figures).map(([name, scalar]) => ({ tag: `${group}/${name}`, scalar }));
}

/** Weights as pixels: orange below zero, blue above, as strong as the largest. */
function pictureOf(weights: Tensor): { png: Uint8Array; width: number; height: number } {
  const [rows, columns] = weights.shape;
  const data = weights.data();
  const step = Math.max(1, Math.ceil(Math.max(rows, columns) / MOST_PIXELS));
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  let most = 0;
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]) > most) most = Math.abs(data[i]);
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = DIVERGING[divergingLevel(most === 0 ? 0 : data[y * step * columns + x * step] / most)];
      for (let c = 0; c < 3; c++)
        pixels[3 * (y * width + x) + c] = Number.parseInt(color.slice(1 + 2 * c, 3 + 2 * c), 16);
    }
  }
  return { png: encodePng(pixels, width, height), width, height };
}
