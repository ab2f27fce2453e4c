import type { NamedArray } from "../named-array.js";
import type { Blueprint, Port } from "./blueprint.js";
import { modulesOf } from "./steps-of.js";
import type { ModelToWrite } from "./target.js";

/** The weights of a blueprint's modules. */
export function ownWeights({
  blueprint,
  weights,
}: Pick<ModelToWrite, "blueprint" | "weights">): Map<string, NamedArray> {
  const modules = modulesOf(blueprint);
  return new Map([...weights].filter(([name]) => modules.has(moduleOf(name))));
}

/** What stands before a parameter's own name. */
function moduleOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf(".")));
}

/** All that is to be known of a model besides its weights, JSON-safe: what goes in and comes out, and what the numbers mean. */
export function describedModel(model: ModelToWrite): Record<string, unknown> {
  const { name, title, blueprint, weights, description } = model;
  const own = ownWeights(model);
  const rest = [...weights].filter(([key]) => !own.has(key));
  const numbers = rest.map(([key, { shape, data }]) => [key, { shape, data: Array.from(data) }]);
  const about = { notes: blueprint.notes, programs: portsOf(blueprint) };
  return { name, title, ...description, numbers: Object.fromEntries(numbers), ...about };
}

function portsOf({ programs }: Blueprint): object {
  const of = (ports: readonly Port[]) => ports.map(({ name, type, shape, about }) => ({ name, type, shape, about }));
  return Object.fromEntries(
    programs.map(({ name, about, inputs, outputs }) => [name, { about, inputs: of(inputs), outputs: of(outputs) }]),
  );
}

/** As a file of JSON. */
export function describedFile(model: ModelToWrite): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(describedModel(model), null, 1)}\n`);
}
