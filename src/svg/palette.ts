import { checkNumber, refusal } from "../base/check.js";

/** What a page shows in light and in dark: the second of each pair is for `prefers-color-scheme: dark`. */
type Pair = readonly [light: string, dark: string];

/**
 * Told apart with any kind of colour vision, as Okabe and Ito's are, from which they come: moved until the nearest two are far enough
 * apart without any one kind of cone, and the first four dark enough (on a dark card: light enough) to write a curve's name in.
 * test/svg measures both. Source: Okabe & Ito 2008, "Color universal design".
 */
const SERIES = {
  blue: ["#126ad0", "#3ac4ff"],
  orange: ["#c04c00", "#f0944d"],
  green: ["#00695c", "#42b19d"],
  purple: ["#984b9d", "#dd9bd2"],
  ochre: ["#b8860b", "#f0d060"],
  sky: ["#3a9bd6", "#c0e4ff"],
  black: ["#000000", "#ffffff"],
  grey: ["#808a84", "#8a8498"],
} as const satisfies Record<string, Pair>;

const SCAFFOLD = {
  ink: ["#222222", "#e6edf3"],
  faint: ["#666666", "#9aa4b0"],
  rule: ["#dddddd", "#39414b"],
  card: ["#fefefe", "#161b22"],
} as const satisfies Record<string, Pair>;

/**
 * Eleven colours from orange (-1) over white (0) to blue (1), told apart with any kind of colour vision. Source: ColorBrewer's PuOr and
 * RdBu (Harrower & Brewer 2003), one half of each.
 */
export const DIVERGING = [
  "#7f3b08",
  "#b35806",
  "#e08214",
  "#fdb863",
  "#fee0b6",
  "#f7f7f7",
  "#d1e5f0",
  "#92c5de",
  "#4393c3",
  "#2166ac",
  "#053061",
] as const;

/** The scale on a dark page, where the middle is the dark one. */
const DIVERGING_ON_DARK = [
  "#ffc590",
  "#f5a15a",
  "#a85b16",
  "#7f4818",
  "#52381f",
  "#22282f",
  "#1d3a52",
  "#235480",
  "#2c72ad",
  "#74b7ea",
  "#a9d5f7",
] as const;

/** Text upon a level of the scale: where the level is dark on a light page, it is light on a dark one. */
const ON_LEVEL: readonly Pair[] = [
  ["#fbfbfb", "#101010"],
  ["#111111", "#fafafa"],
];

const light = <K extends string>(pairs: Record<K, Pair>): Record<K, string> =>
  Object.fromEntries(Object.entries<Pair>(pairs).map(([name, [first]]) => [name, first])) as Record<K, string>;

/** The colours of all pictures by name, as they are on a light page; `toSvg` gives each its counterpart on a dark one. */
export const PALETTE = light({ ...SERIES, ...SCAFFOLD });

/** What curves get one after the other, when they ask for none. */
export const COLOURS = [
  PALETTE.blue,
  PALETTE.orange,
  PALETTE.green,
  PALETTE.purple,
  PALETTE.ochre,
  PALETTE.sky,
  PALETTE.black,
  PALETTE.grey,
] as const;

const MIDDLE = (DIVERGING.length - 1) / 2;

/** The place in `DIVERGING` of a value in [-1, 1]; beyond, the end. Not a number is the middle. */
export function divergingLevel(value: number): number {
  if (typeof value !== "number") throw refusal("divergingLevel", "value", "be a number", value);
  const level = Math.round(MIDDLE * (1 + Math.min(Math.max(value, -1), 1)));
  return Number.isNaN(level) ? MIDDLE : level;
}

/** The colour of text on a level of `DIVERGING`, so that it can be read: a contrast of at least 4.5. */
export function textOn(level: number): string {
  checkNumber("textOn", "level", level);
  return ON_LEVEL[Math.abs(level - MIDDLE) >= 4 ? 0 : 1][0];
}

const PAIRS: readonly Pair[] = [
  ...Object.values<Pair>({ ...SERIES, ...SCAFFOLD }),
  ...DIVERGING.map((colour, level): Pair => [colour, DIVERGING_ON_DARK[level]]),
  ...ON_LEVEL,
];
const DARK = new Map(PAIRS);

/** The counterpart on a dark page of a colour of the palette; any other colour is the same on both. */
export function onDark(colour: string): string {
  return DARK.get(colour) ?? colour;
}

/**
 * Style rules that give the colours in these elements their dark counterparts where the reader asked for dark pages. They look for the
 * attributes that hold the light colours, so what knows no style shows the picture as on a light page.
 */
export function darkRules(elements: string): string {
  const used = PAIRS.filter(([colour]) => elements.includes(`"${colour}"`));
  const rules = used.map(([colour, dark]) => `[fill="${colour}"]{fill:${dark}}[stroke="${colour}"]{stroke:${dark}}`);
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}
