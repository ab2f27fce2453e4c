import { show } from "../../base/errors.js";
import type { Judged } from "./measured.js";

/** An answer among a few, and what it should have been. */
export interface NamedAnswer {
  said: string;
  right: string;
  probability?: number | undefined;
}

/** Beside always saying what is right most often; undefined for none, and where one is right throughout. */
export function judgedNames(answers: readonly NamedAnswer[], unit: string): Judged | undefined {
  const counts = new Map<string, number>();
  for (const { right } of answers) counts.set(right, (counts.get(right) ?? 0) + 1);
  if (counts.size < 2) return undefined;
  const [often, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  const wrong = answers.filter(({ said, right }) => said !== right).length;
  const sure = answers.flatMap(({ probability }) => (probability === undefined ? [] : [probability]));
  const only = answers.every(({ said }) => said === answers[0].said) ? answers[0].said : undefined;
  return {
    ...{ count: answers.length, unit, only, guess: `always saying ${show(often)}` },
    ratio: wrong / (answers.length - most),
    ...(sure.length === answers.length && {
      confidence: { mean: meanOf(sure), right: 1 - wrong / answers.length },
    }),
  };
}

/** Beside always saying the mean; undefined where all are one. */
export function judgedNumbers(answers: readonly { said: number; right: number }[], unit: string): Judged | undefined {
  const known = answers.filter(({ right }) => Number.isFinite(right));
  const middle = meanOf(known.map(({ right }) => right));
  const spread = meanOf(known.map(({ right }) => Math.abs(right - middle)));
  if (!(spread > 0)) return undefined;
  const first = known[0].said;
  const isOne = known.every(({ said }) => Math.abs(said - first) < 1e-3 * spread);
  return {
    ...{ count: known.length, unit, guess: "always saying their mean", only: isOne ? String(first) : undefined },
    ratio: meanOf(known.map(({ said, right }) => Math.abs(said - right))) / spread,
  };
}

/** Of losses in nats, beside a guess among `size` tokens. */
export function judgedLoss(loss: number, size: number, count: number, unit: string): Judged {
  const nats = Math.log(size);
  return {
    count,
    unit,
    ratio: loss / nats,
    guess: `a guess among its ${size} tokens, which costs ${nats.toFixed(2)} nats`,
  };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
