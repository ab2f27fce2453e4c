import { textWidth } from "../base/width.js";
import type { BarChartOptions } from "./chart-options.js";
import { checkBarChart } from "./checks.js";
import { type Drawing, heading, LETTER_WIDTH, short, text } from "./elements.js";
import { PALETTE } from "./palette.js";

const ROW = 24;

/** One bar a row, as long as its value is large, with its name before and its value behind it. */
export function barChart(options: BarChartOptions): Drawing {
  checkBarChart(options);
  const { title, subtitle = "", bars, colour = PALETTE.blue, width = 720 } = options;
  const head = heading(title, subtitle, width);
  const first = head.bottom + 12;
  const left = 10 + LETTER_WIDTH * Math.max(0, ...bars.map(({ name }) => textWidth(name)));
  const room = width - left - 8 - LETTER_WIDTH * Math.max(0, ...bars.map(({ text: shown }) => textWidth(shown)));
  const largest = Math.max(...bars.map(({ value }) => Math.abs(value))) || 1;
  const rows = bars.flatMap(({ name, value, text: shown }, i) => {
    const y = first + ROW * i;
    const length = Math.max(1, (Math.abs(value) / largest) * room);
    const fill = value < 0 ? PALETTE.orange : colour;
    return [
      text(left - 8, y + 13, name, { anchor: "end" }),
      `<path fill="${fill}" d="M${short(left)} ${short(y)}h${short(length)}v${ROW - 7}h-${short(length)}z"/>`,
      text(left + length + 7, y + 13, shown),
    ];
  });
  return { width, height: first + ROW * bars.length - 7, body: [...head.parts, ...rows].join("\n") };
}
