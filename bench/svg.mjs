/** A line plot on two logarithmic axes, as SVG text: no library, names written at the lines' ends. */

/** Okabe and Ito's colours, told apart with any kind of colour vision (yellow left out: too pale on white). */
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"];
const MARKS = ["circle", "square", "diamond", "triangle"];
const FRAME = { plot: 552, height: 560, left: 78, top: 88, bottom: 58 };
/** Of a bold letter, on average: names decide how wide the right margin is. */
const LETTER_WIDTH = 7.8;
const LINE_HEIGHT = 17;

const escapeXml = (text) =>
  String(text).replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]);

const text = (x, y, content, attributes = "") =>
  `<text x="${fix(x)}" y="${fix(y)}" ${attributes}>${escapeXml(content)}</text>`;
const line = (x1, y1, x2, y2, attributes) =>
  `<line x1="${fix(x1)}" y1="${fix(y1)}" x2="${fix(x2)}" y2="${fix(y2)}" ${attributes}/>`;
const fix = (value) => Number(value.toFixed(1));

/** Powers of ten that enclose the values. */
export function decades(values) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: Math.max(high, low + 1) - low + 1 }, (_, i) => 10 ** (low + i));
}

/**
 * Positions as near to the wanted ones as they can be at least `gap` apart, within [low, high], order kept.
 * Each pass pushes overlapping neighbours apart by half of what is missing.
 */
export function spreadApart(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const at = order.map((i) => wanted[i]);
  for (let pass = 0; pass < 500; pass++) {
    for (let i = 1; i < at.length; i++) {
      const missing = gap - (at[i] - at[i - 1]);
      if (missing <= 0) continue;
      at[i - 1] -= missing / 2;
      at[i] += missing / 2;
    }
    at[0] = Math.max(at[0], low);
    at[at.length - 1] = Math.min(at[at.length - 1], high);
  }
  const found = new Array(wanted.length);
  order.forEach((i, rank) => {
    found[i] = at[rank];
  });
  return found;
}

function mark(kind, x, y, colour) {
  const fill = `fill="${colour}"`;
  const points = (list) =>
    `<polygon points="${list.map(([dx, dy]) => `${fix(x + dx)},${fix(y + dy)}`).join(" ")}" ${fill}/>`;
  if (kind === "square") return `<rect x="${fix(x - 3.5)}" y="${fix(y - 3.5)}" width="7" height="7" ${fill}/>`;
  if (kind === "diamond")
    return points([
      [0, -5],
      [5, 0],
      [0, 5],
      [-5, 0],
    ]);
  if (kind === "triangle")
    return points([
      [0, -5],
      [4.6, 3.6],
      [-4.6, 3.6],
    ]);
  return `<circle cx="${fix(x)}" cy="${fix(y)}" r="4" ${fill}/>`;
}

const short = (value) => (value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value));

function axes({ x, y, xTicks, yTicks, xTitle, yTitle, size }) {
  const { width, height, left, right, top, bottom } = size;
  const grid = 'stroke="#d9d9d9"';
  const parts = [];
  for (const tick of yTicks) {
    parts.push(
      line(left, y(tick), width - right, y(tick), grid),
      text(left - 8, y(tick) + 4, short(tick), 'text-anchor="end"'),
    );
  }
  for (const tick of xTicks) {
    parts.push(
      line(x(tick), top, x(tick), height - bottom, grid),
      text(x(tick), height - bottom + 20, tick, 'text-anchor="middle"'),
    );
  }
  parts.push(text((left + width - right) / 2, height - 14, xTitle, 'text-anchor="middle"'));
  parts.push(text(left - 66, top - 14, yTitle));
  return parts;
}

/**
 * @param {{ title: string, subtitle: string, xTitle: string, yTitle: string, xTicks: number[],
 *   series: { name: string, strong?: boolean, points: [number, number][] }[] }} plot
 */
export function logLogPlot({ title, subtitle, xTitle, yTitle, xTicks, series }) {
  const drawn = series.filter(({ points }) => points.length > 0);
  const right = 24 + LETTER_WIDTH * Math.max(...drawn.map(({ name }) => name.length));
  const size = { ...FRAME, right, width: Math.ceil(FRAME.left + FRAME.plot + right) };
  const { width, height, left, top, bottom } = size;
  const yTicks = decades(drawn.flatMap(({ points }) => points.map(([, value]) => value)));
  const scale = (ticks, from, to) => (value) =>
    from + ((to - from) * Math.log(value / ticks[0])) / Math.log(ticks[ticks.length - 1] / ticks[0]);
  const x = scale(xTicks, left + 12, width - right - 12);
  const y = scale(yTicks, height - bottom, top);
  const ends = drawn.map(({ points }) => points[points.length - 1]);
  const labels = spreadApart(
    ends.map(([, value]) => y(value)),
    LINE_HEIGHT,
    top,
    height - bottom,
  );
  const lines = drawn.map(({ name, points, strong }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([px, py], k) => `${k === 0 ? "M" : "L"}${fix(x(px))} ${fix(y(py))}`).join("");
    const [endX] = ends[i];
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${strong ? 3 : 1.6}"/>`,
      ...points.map(([px, py]) => mark(MARKS[i % MARKS.length], x(px), y(py), colour)),
      line(
        x(endX) + 6,
        y(ends[i][1]),
        width - right + 8,
        labels[i],
        `stroke="${colour}" stroke-width="0.8" stroke-dasharray="2 3"`,
      ),
      text(width - right + 12, labels[i] + 4, name, `fill="${colour}"${strong ? ' font-weight="bold"' : ""}`),
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      'font-family="system-ui, sans-serif" font-size="13" role="img">',
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(left - 66, 22, title, 'font-size="16" font-weight="bold"'),
    text(left - 66, 40, subtitle, 'fill="#555555" font-size="12"'),
    ...axes({ x, y, xTicks, yTicks, xTitle, yTitle, size }),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}
