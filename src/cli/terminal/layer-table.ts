import { textTable } from "../../base/text-table.js";
import { cutText, textWidth } from "../../base/width.js";
import type { Imported } from "../../interchange/index.js";

/** What stays of the sizes at least. */
const LEAST = 12;

/**
 * Layers of a model as a table no wider than `width`: long sizes are shortened first, so that numbers and names stay, and names where
 * that is not enough.
 */
export function layerTable(layers: Imported["layers"], width: number): string[] {
  const table = (room: number): string[] => {
    const rows = layers.map(({ name, kind, about, parameters }) => [
      kind,
      cutText(about, room),
      parameters.toLocaleString("en"),
      name,
    ]);
    return textTable([["layer", "sizes", "parameters", "name"], ...rows], (column) => column === 2);
  };
  const longest = Math.max(0, ...layers.map(({ about }) => textWidth(about)));
  const over = Math.max(...table(longest).map(textWidth)) - width;
  return table(over > 0 ? Math.max(LEAST, longest - over) : longest).map((line) => cutText(line, width));
}
