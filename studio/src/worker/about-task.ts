import { estimateTask } from "../../../src/tasks/training/task-training.js";
import { TRAINING_FIELDS } from "../../../src/train/fields.js";
import type { CommandTask, Field, MetricInfo, TaskTypes } from "./library.js";

/** A setting as a control needs it: all of a field but its check, which stays in the worker. */
export interface FieldInfo {
  key: string;
  default: unknown;
  help: string;
  example: string;
  kind: Field["kind"];
  /** Under which heading a person looks for it. */
  section: Section;
  choices: readonly string[] | null;
  group: string | null;
  seldom: boolean;
  fitted: boolean;
  /** A run cannot go on with another value. */
  fixed: boolean;
}

export type Section = "data" | "model" | "training";

/** The first field of what the network is made of; what stands before it says how data are read. */
const FIRST_OF_MODEL = "cell";
/** Where rows are kept, which is on no disk here. */
const NOT_HERE = "stream";

export interface MetricDetail {
  name: string;
  unit: string;
  better: MetricInfo["better"];
  /** What a value is multiplied by to be shown: 100 for a share that is told in percent. */
  scale: number;
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
  const all = Object.entries(fields as Readonly<Record<string, Field>>).filter(([key]) => key !== NOT_HERE);
  const keys = all.map(([key]) => key);
  const [model, training] = [
    keys.indexOf(FIRST_OF_MODEL),
    keys.findIndex((key) => Object.hasOwn(TRAINING_FIELDS, key)),
  ];
  const sectionOf = (key: string, i: number): Section => {
    if (Object.hasOwn(TRAINING_FIELDS, key)) return "training";
    return i >= model && i < training ? "model" : "data";
  };
  return { name, title, input, unit, fields: all.map(([key, field], i) => fieldInfo(key, field, sectionOf(key, i))) };
}

function fieldInfo(key: string, field: Field, section: Section): FieldInfo {
  const { example, kind, choices = null, group = null } = field;
  const { seldom = false, fitted = false, fixed = false } = field;
  const help = withoutFlags(field.help);
  return { key, default: field.default, help, example, kind, section, choices, group, seldom, fitted, fixed };
}

/** Help speaks of flags of a command line; here settings have names. */
function withoutFlags(help: string): string {
  return help.replace(/--([a-z]+(?:-[a-z]+)*)/g, (_, flag: string) =>
    flag.replace(/-(\w)/g, (__, letter: string) => letter.toUpperCase()),
  );
}

export function metricDetail({ name, unit, better }: MetricInfo): MetricDetail {
  return { name, unit, better, scale: unit === "%" ? 100 : 1 };
}

/** Parameters of a model, and bytes that its training needs. */
export function sizeOfModel(task: CommandTask, config: TaskTypes["config"], meta: unknown) {
  const { parameters, trainingBytes } = estimateTask(task, config, meta);
  return { parameters, trainingBytes };
}
