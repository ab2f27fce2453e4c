import { type Architecture, architecture, type LayerRadii } from "../../diagnostics/index.js";
import { recurrentParts } from "../../diagnostics/recurrent-net.js";
import { radiiOf } from "../../diagnostics/spectral-radius.js";
import type { Module } from "../../nn/index.js";

/** The spectral radii of one layer, and what it is called. */
export interface NamedRadii {
  name: string;
  radii: LayerRadii["radii"];
}

/** What a model is made of. */
export interface Layers {
  architecture: Architecture;
  spectralRadii: NamedRadii[];
}

/** The layers of a model with their parameters, and the radii of those that are recurrent. */
export function layersOf(model: Module): Layers {
  const spectralRadii = recurrentParts(model).flatMap(([path, part]) =>
    radiiOf(part.anatomy).map(({ layer, direction, radii }): NamedRadii => {
      return { name: layerTitle(path, { layer, direction }), radii };
    }),
  );
  return { architecture: architecture(model), spectralRadii };
}

/** `encoder layer 1 reverse`. */
export function layerTitle(path: string, { layer, direction }: Pick<LayerRadii, "layer" | "direction">): string {
  return `${path} layer ${layer}${direction === "reverse" ? " reverse" : ""}`.trim();
}

/** Rows of a table of layers: shapes with what they are shared with, or without. */
export function architectureRows({ rows, total }: Architecture, withShapes: boolean): string[][] {
  const body = rows.map(({ name, kind, parameters, count }) => {
    const shapes = parameters.map(({ shape, sharedWith }) => {
      return `${shape.join("×")}${sharedWith === null ? "" : ` (${sharedWith.split(".")[0]}'s)`}`;
    });
    return [name, kind, ...(withShapes ? [shapes.join(" ")] : []), count.toLocaleString("en")];
  });
  const middle = withShapes ? ["weights"] : [];
  const end = ["total", "", ...(withShapes ? [""] : []), total.toLocaleString("en")];
  return [["layer", "kind", ...middle, "parameters"], ...body, end];
}

/** Tables of radii, one for each kind of cell, the head first; none where no weight takes the state from step to step. */
export function radiusTables(all: readonly NamedRadii[]): string[][][] {
  const tables = new Map<string, string[][]>();
  for (const { name, radii } of all) {
    const gates = Object.keys(radii ?? {});
    if (gates.length === 0) continue;
    const key = gates.join();
    const table = tables.get(key) ?? [["", ...gates]];
    table.push([name, ...gates.map((gate) => radii![gate]!.toFixed(3))]);
    tables.set(key, table);
  }
  return [...tables.values()];
}
