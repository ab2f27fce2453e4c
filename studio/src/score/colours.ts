import { DIVERGING, onDark, PALETTE } from "unrolled/svg";

/** What a picture is drawn with, on a light page or a dark one; the colours are those of all pictures of Unrolled. */
export interface Colours {
  dark: boolean;
  ink: string;
  faint: string;
  rule: string;
  sheet: string;
  accent: string;
  /** Of what is out of the ordinary. */
  hot: string;
  /** Of curves, one after the other. */
  curves: readonly string[];
  /** RGBA of a value -128 ... 127, at the place value + 128: orange over the page's own colour to blue. */
  signed: Uint32Array;
  /** RGBA of a value 0 ... 127 likewise: one hue, as dark as the value is large. */
  sizes: Uint32Array;
}

type Rgb = readonly [r: number, g: number, b: number];

export function rgb(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}

/** At `share` of the way through these colours. */
function between(colours: readonly Rgb[], share: number): Rgb {
  const place = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
  const k = Math.min(Math.floor(place), colours.length - 2);
  const mix = (i: 0 | 1 | 2): number =>
    Math.round(colours[k]![i] + (place - k) * (colours[k + 1]![i] - colours[k]![i]));
  return [mix(0), mix(1), mix(2)];
}

/** As canvases keep it: red in the lowest byte. */
const packed = ([r, g, b]: Rgb): number => (255 * 2 ** 24 + b * 2 ** 16 + g * 2 ** 8 + r) >>> 0;

const table = (colours: readonly Rgb[], shareOf: (value: number) => number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, i) => packed(between(colours, shareOf(i - 128))));

/** One hue, from nothing to ink. */
const SIZES = { light: ["#ffffff", "#d6e6f7", "#84b6ea", "#126ad0", "#0a3d80"], dark: ["#161b22", "#173a56", "#1f6a9e", "#3ac4ff", "#d3f1ff"] }; // biome-ignore format: ramps

function made(dark: boolean): Colours {
  const own = (colour: string): string => (dark ? onDark(colour) : colour);
  const { ink, faint, rule, blue, orange, green, purple, ochre, sky } = PALETTE;
  return {
    ...{ dark, ink: own(ink), faint: own(faint), rule: own(rule), sheet: dark ? "#161b22" : "#ffffff" },
    ...{ accent: own(blue), hot: own(orange) },
    curves: [blue, orange, green, purple, ochre, sky].map(own),
    signed: table(
      // Without the darkest at either end: a page of maps stays quiet.
      DIVERGING.slice(1, -1).map((colour, k) => (k === 4 ? rgb(dark ? "#161b22" : "#ffffff") : rgb(own(colour)))),
      (value) => 0.5 + value / 254,
    ),
    sizes: table((dark ? SIZES.dark : SIZES.light).map(rgb), (value) => value / 127),
  };
}

const [LIGHT, DARK] = [made(false), made(true)];

export const coloursOf = (dark: boolean): Colours => (dark ? DARK : LIGHT);

/** A packed colour as CSS and SVG write it. */
export function css(colour: number): string {
  return `#${[0, 8, 16].map((shift) => ((colour >>> shift) & 255).toString(16).padStart(2, "0")).join("")}`;
}

/** Black or white, whichever can be read upon it. */
export function inkOn(colour: number): string {
  const [r, g, b] = [0, 8, 16]
    .map((shift) => ((colour >>> shift) & 255) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.179 ? "#000000" : "#ffffff";
}
