import type { CommandTask, Field } from "./library.js";

/** A setting as a control needs it: all of a field but its check, which stays in the worker. */
export interface FieldInfo {
  key: string;
  default: unknown;
  help: string;
  example: string;
  kind: Field["kind"];
  choices: readonly string[] | null;
  group: string | null;
  seldom: boolean;
  fitted: boolean;
  /** A run cannot go on with another value. */
  fixed: boolean;
}

export interface TaskInfo {
  name: string;
  title: string;
  /** What it learns from: `text`. */
  input: string;
  /** What is counted: `tokens`, `rows`. */
  unit: string;
  fields: readonly FieldInfo[];
}

export function taskInfo({ name, title, input, unit, fields }: CommandTask): TaskInfo {
  const all = Object.entries(fields as Readonly<Record<string, Field>>);
  return { name, title, input, unit, fields: all.map(([key, field]) => fieldInfo(key, field)) };
}

function fieldInfo(key: string, field: Field): FieldInfo {
  const { help, example, kind, choices = null, group = null } = field;
  const { seldom = false, fitted = false, fixed = false } = field;
  return { key, default: field.default, help, example, kind, choices, group, seldom, fitted, fixed };
}
