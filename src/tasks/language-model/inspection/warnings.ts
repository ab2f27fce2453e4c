import type { Finding } from "../../../diagnostics/index.js";
import type { Inspection, TextInspection } from "./inspect.js";

/** Something that is wrong, and what to do about it. */
export interface Warning {
  found: string;
  fix: string;
}

/** Fewer steps say nothing of how far a gradient should reach. */
const ENOUGH = 20;
/** A model whose last prediction hears of no more steps than this has forgotten how to remember. */
const SHORT = 2;

const UNTRAINED = "Train it, or let it read a text of the kind that it learned from.";

const FIXES: Readonly<Record<Finding["kind"], string>> = {
  "not-finite":
    "Go back to a checkpoint from before, and train on with a smaller learning rate (--lr) or clipped gradients (--clip 1).",
  exploding: "Clip the gradients (--clip 1), or lower the learning rate (--lr).",
  saturated: "Lower the learning rate (--lr), and train anew: units that are flat learn hardly any more.",
  vanishing: "Take a cell that keeps its gradient (--cell lstm or gru), or train it longer.",
};

/** A model whose loss is no lower than this part of a guess's has learned next to nothing. */
const LEARNED = 0.75;

/**
 * What of an inspection somebody should do something about. That a gradient fades over a hundred steps, and that candidates are at their
 * ends, is how networks are that have learned something: of one that has not it is why.
 */
export function warningsOf({ model }: Inspection, text: TextInspection): Warning[] {
  const guess = Math.log(model.vocabulary);
  const hasLearned = text.loss < LEARNED * guess;
  const isFaulty = ({ kind }: Finding): boolean => {
    if (kind === "not-finite" || kind === "exploding") return true;
    if (hasLearned) return false;
    return kind === "saturated" || (text.horizon <= SHORT && text.tokens.length >= ENOUGH);
  };
  const found = text.findings.filter(isFaulty).map(({ kind, message }) => ({ found: message, fix: FIXES[kind] }));
  // Of one kind the first is enough: it holds for the layers below it too.
  const first = found.filter(({ fix }, i) => found.findIndex((other) => other.fix === fix) === i);
  if (!(text.loss <= guess * 1.02)) {
    first.unshift({
      found: `It predicts this text no better than a guess among its ${model.vocabulary} tokens, which costs ${guess.toFixed(2)} nats`,
      fix: UNTRAINED,
    });
  }
  return first;
}
