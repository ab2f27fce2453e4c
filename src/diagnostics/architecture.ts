import { type Module, requireModule } from "../nn/module.js";
import { Parameter } from "../nn/parameter.js";

/** One row of an architecture: a module that has parameters of its own, or one layer of it. */
export interface ArchitectureRow {
  /** The module's name, and the layer where it has several: `rnn layer 0`. */
  name: string;
  /** Its class: `LSTM`. */
  kind: string;
  parameters: { name: string; shape: readonly number[]; count: number; sharedWith: string | null }[];
  /** Of the row; shared ones count where they come first. */
  count: number;
}

/** A model's layers with their sizes, and its parameters. */
export interface Architecture {
  rows: ArchitectureRow[];
  /** All parameters, each once. */
  total: number;
}

/** The modules of a model with their parameters, in the order of `namedParameters`. */
export function architecture(model: Module): Architecture {
  requireModule("architecture", model, "model");
  const rows = new Map<string, ArchitectureRow>();
  const owners = new Map<Parameter, string>();
  for (const [path, module] of model.namedModules()) {
    for (const [name, parameter] of Object.entries(module)) {
      if (!(parameter instanceof Parameter)) continue;
      const row = rowOf(rows, path, module, name);
      const fullName = path === "" ? name : `${path}.${name}`;
      const sharedWith = owners.get(parameter) ?? null;
      if (sharedWith === null) owners.set(parameter, fullName);
      row.parameters.push({ name, shape: parameter.shape, count: parameter.size, sharedWith });
      if (sharedWith === null) row.count += parameter.size;
    }
  }
  return { rows: [...rows.values()], total: [...rows.values()].reduce((sum, { count }) => sum + count, 0) };
}

/** `weight_hh_l1_reverse` belongs to layer 1, in reverse; what has no such ending to the module as a whole. */
function rowOf(rows: Map<string, ArchitectureRow>, path: string, module: Module, name: string): ArchitectureRow {
  const [, layer, reverse] = /_l(\d+)(_reverse)?$/.exec(name) ?? [];
  const part = layer === undefined ? "" : `layer ${layer}${reverse === undefined ? "" : " reverse"}`;
  const title = [path, part].filter(Boolean).join(" ") || "model";
  const row = rows.get(title) ?? { name: title, kind: module.constructor.name, parameters: [], count: 0 };
  rows.set(title, row);
  return row;
}
