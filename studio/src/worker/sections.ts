/** What the page knows of a task's settings: types and names alone, so that nothing of the library comes into the page with them. */
export type { FieldInfo, Section, TaskInfo } from "./about-task.js";

import type { Section } from "./about-task.js";

/** In the order in which a person thinks. */
export const SECTIONS: readonly Section[] = ["data", "model", "training"];
