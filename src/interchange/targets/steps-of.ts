import type { Blueprint, Step } from "./blueprint.js";

/** The first step of each module, in the order in which they run. */
export function modulesOf({ programs }: Blueprint): Map<string, Step & { module: string }> {
  const found = new Map<string, Step & { module: string }>();
  for (const { steps } of programs) {
    for (const step of steps) {
      const { module } = step as { module?: string | null };
      if (typeof module === "string" && !found.has(module)) found.set(module, step as Step & { module: string });
    }
  }
  return found;
}
