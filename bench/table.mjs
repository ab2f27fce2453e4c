/** Columns are `[title, cell of a row, "left"?]`. */
const cells = (columns, rows) => rows.map((row) => columns.map(([, cell]) => cell(row)));

export function textTable(columns, rows) {
  const lines = [columns.map(([title]) => title), ...cells(columns, rows)];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const align = (text, i) => (columns[i][2] === "left" ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return lines.map((line) => line.map(align).join("  ").trimEnd()).join("\n");
}

export function markdownTable(columns, rows) {
  const line = (parts) => `| ${parts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = columns.map(([, , align]) => (align === "left" ? "---" : "---:"));
  return [line(columns.map(([title]) => title)), line(rule), ...cells(columns, rows).map(line)].join("\n");
}

/** Three digits that count, thousands in groups: 1,230,000 45.6 0.0123. */
export function threeDigits(value) {
  if (value == null || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
