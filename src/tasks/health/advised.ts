import { flagOf } from "../../base/flag-name.js";

type Settings = Readonly<Record<string, unknown>>;

/** What may help: of a setting that there is, a value that is another than the model's. */
const WISHES = {
  lower: ({ lr }) => ({ lr: rounded(Number(lr) / 4) }),
  /** A rate that makes no headway, or leaps over everything. */
  "other-lr": ({ lr }) => ({ lr: rounded(Number(lr) < 0.001 ? Number(lr) * 4 : Number(lr) / 2) }),
  clip: ({ clip }) => ({ clip: Number(clip) > 1 || Number(clip) === 0 ? 1 : Number(clip) / 4 }),
  decay: ({ weightDecay }) => ({ weightDecay: Math.max(0.01, 4 * Number(weightDecay)) }),
  longer: ({ epochs }) => ({ epochs: 2 * Number(epochs) }),
  dropout: ({ dropout }) => ({ dropout: Number(dropout) < 0.3 ? 0.3 : 0.5 }),
  /** Nothing ends early where nothing is held out. */
  patience: ({ patience, valid }) =>
    valid === 0 ? {} : { patience: Number(patience) > 3 || Number(patience) === 0 ? 3 : 1 },
  cell: ({ cell }) => ({ cell: cell === "lstm" ? "gru" : "lstm" }),
  pooling: ({ pooling }) => (pooling === "last" ? { pooling: "attention" } : {}),
  mean: ({ pooling }) => (pooling === "attention" ? { pooling: "mean" } : {}),
  attention: ({ attention }) => ({ attention: attention === "additive" ? "general" : "additive" }),
  weights: ({ classWeights }) => ({ classWeights: classWeights === "none" ? "balanced" : classWeights }),
  "all-tokens": ({ minCount }) => ({ minCount: 1 < Number(minCount) ? 1 : minCount }),
  characters: ({ tokens, sourceTokens, chars }) => ({
    ...(tokens === "word" && { tokens: "char" }),
    ...(sourceTokens === "word" && { sourceTokens: "char" }),
    ...(chars === "none" && { chars: "lstm" }),
  }),
  distribution: ({ output }) => (output === "student-t" ? { output: "gaussian" } : { output: "student-t" }),
  calibrate: ({ calibrate, output, valid }) =>
    calibrate === true || output === "point" || valid === 0 ? {} : { calibrate: true },
} as const satisfies Record<string, (settings: Settings) => Settings>;

export type Wish = keyof typeof WISHES;

/** Flags for what a model with these settings can be given instead: `--lr 0.0005`. @param more  other settings, by their keys */
export function advised(settings: Settings, wishes: readonly Wish[], more: Settings = {}): string[] {
  const wished = [...wishes.map((wish) => WISHES[wish](settings)), more];
  return wished.flatMap((some) =>
    Object.entries(some).flatMap(([key, value]) => {
      if (!Object.hasOwn(settings, key) || settings[key] === value || settings[key] === null) return [];
      return [value === true ? flagOf(key) : `${flagOf(key)} ${value}`];
    }),
  );
}

/** `--lr 0.0005, --clip 1 or --cell gru`. */
export function anyOf(flags: readonly string[]): string {
  const [first = "other settings", ...others] = flags;
  return others.length === 0 ? first : `${[first, ...others.slice(0, -1)].join(", ")} or ${others.at(-1)}`;
}

const rounded = (value: number): number => Number(value.toPrecision(2));
