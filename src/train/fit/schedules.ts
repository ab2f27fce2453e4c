import { checkKnownOptions, checkOneOf, isObject, refusal } from "../../base/check.js";
import type { OptionError } from "../../base/errors.js";
import { ReduceLROnPlateau } from "../../optim/index.js";
import type { TrainerSchedule } from "../trainer.js";

/** What changes the learning rate when it is stepped, and remembers how far it is. */
export interface Steppable {
  step(figure: never): void;
  stateDict(): unknown;
  loadStateDict(state: never): unknown;
}

/** A schedule that is stepped after each epoch; or one with `every: "step"`, or with the figure that it follows. */
export type ScheduleGiven =
  | Steppable
  | {
      readonly schedule: Steppable;
      /** Default epoch. */
      readonly every?: "step" | "epoch" | undefined;
      /** Of a ReduceLROnPlateau: the figure that it follows. Default: that of early stopping. */
      readonly monitor?: string | undefined;
    };

interface Ready {
  schedule: Steppable;
  every: "step" | "epoch" | "validation";
  monitor: string;
}

/** The schedules of a run, stepped when their turn comes. */
export class Schedules implements TrainerSchedule {
  readonly #all: readonly Ready[];
  readonly #figureOf: (name: string) => number | undefined;

  /** @param figureOf  of the last validation */
  constructor(
    op: string,
    given: ScheduleGiven | readonly ScheduleGiven[] | undefined,
    monitor: string,
    figureOf: (name: string) => number | undefined,
  ) {
    const list = Array.isArray(given)
      ? (given as ScheduleGiven[])
      : given === undefined
        ? []
        : [given as ScheduleGiven];
    this.#all = list.map((one) => readyOf(op, one, monitor));
    this.#figureOf = figureOf;
  }

  afterStep(): void {
    for (const { schedule, every } of this.#all) if (every === "step") schedule.step(undefined as never);
  }

  afterEpoch(): void {
    for (const { schedule, every } of this.#all) if (every === "epoch") schedule.step(undefined as never);
  }

  afterValidation(): void {
    for (const { schedule, every, monitor } of this.#all) {
      if (every !== "validation") continue;
      const figure = this.#figureOf(monitor);
      if (figure === undefined) throw unknownFigure("fit", "schedule.monitor", monitor, []);
      schedule.step(figure as never);
    }
  }

  stateDict(): unknown[] {
    return this.#all.map(({ schedule }) => schedule.stateDict());
  }

  loadStateDict(states: unknown): void {
    const list = Array.isArray(states) ? states : [];
    if (list.length !== this.#all.length) {
      throw refusal("fit", "schedule", `be as many as the checkpoint has (${list.length})`, this.#all.length);
    }
    this.#all.forEach(({ schedule }, i) => void schedule.loadStateDict(list[i] as never));
  }
}

export function unknownFigure(op: string, argument: string, name: string, known: readonly string[]): OptionError {
  const among = known.length === 0 ? "" : `: ${known.join(", ")}`;
  return refusal(op, argument, `be a figure of the run${among}`, name);
}

function readyOf(op: string, given: ScheduleGiven, usual: string): Ready {
  const wrapped = isObject(given) && "schedule" in given;
  if (wrapped) checkKnownOptions(op, given, ["schedule", "every", "monitor"]);
  const schedule = wrapped ? given.schedule : (given as Steppable);
  if (!isObject(schedule) || typeof schedule.step !== "function" || typeof schedule.stateDict !== "function") {
    const fix = "Write schedule: new optim.CosineAnnealingLR(optimizer, { tMax: epochs }), say.";
    throw refusal(op, "schedule", "be a schedule", schedule, fix);
  }
  const { every, monitor = usual } = (wrapped ? given : {}) as { every?: "step" | "epoch"; monitor?: string };
  if (every !== undefined) checkOneOf(op, "schedule.every", every, ["step", "epoch"]);
  const follows = schedule instanceof ReduceLROnPlateau;
  return { schedule, every: follows ? "validation" : (every ?? "epoch"), monitor };
}
