import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { taskNamed } from "../../src/tasks/registry.js";

type Settings = Record<string, unknown>;

const resolved = (task: string, given: Settings) => taskNamed(task).resolve(given, "train", (key) => `--${key}`);

function faultOf(body: () => unknown): OptionError {
  try {
    body();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("what is told is not read", () => {
  const same: [task: string, told: string, read: string, others?: Settings][] = [
    ["classify", "label", "text"],
    ["classify", "label", "group"],
    ["classify", "label", "columns"],
    ["regress", "label", "text"],
    ["regress", "label", "group"],
    ["regress", "label", "columns"],
    ["seq2seq", "source", "target"],
    ["generate", "text", "label"],
    ["generate", "text", "condition"],
    ["forecast", "target", "time"],
    ["forecast", "target", "id"],
    ["forecast", "target", "known"],
    ["forecast", "target", "static"],
    ["forecast", "time", "id"],
    ["anomaly", "target", "time"],
    ["anomaly", "target", "id"],
    ["anomaly", "target", "known"],
    ["anomaly", "target", "static"],
    ["anomaly", "time", "id"],
    ["anomaly", "label", "text"],
    ["anomaly", "label", "target"],
    ["anomaly", "label", "time"],
    ["anomaly", "label", "id"],
    ["anomaly", "label", "known"],
    ["anomaly", "label", "static"],
  ];

  test.each(same)("%s: --%s and --%s", (task, told, read) => {
    const given = { [told]: "a", [read]: "a" };
    const fault = faultOf(() => resolved(task, given));
    expect(fault.message).toBe(`train: --${read} must be another column than --${told}, got "a". Leave --${read} out.`);
    expect(fault.details.settings).toEqual({ [read]: null });
    const kept = task === "generate" ? { label: "kind", text: "a" } : { [told]: "a" };
    expect(() => resolved(task, kept)).not.toThrow();
  });

  test.each([
    ["classify", "label", "columns"],
    ["regress", "label", "columns"],
    ["generate", "text", "condition"],
    ["forecast", "target", "known"],
    ["forecast", "target", "static"],
    ["anomaly", "target", "known"],
    ["anomaly", "label", "static"],
  ])("%s: --%s among --%s", (task, told, read) => {
    const given = { [told]: "a", [read]: "b, a,c" };
    const fault = faultOf(() => resolved(task, given));
    expect(fault.message).toBe(
      `train: --${read} must be other columns than --${told}, got "b,a,c". Leave "a" out of --${read}.`,
    );
    expect(fault.details.settings).toEqual({ [read]: "b,c" });
    expect(() => resolved(task, { ...given, [read]: "b,c" })).not.toThrow();
  });

  test("a name with a comma is one column", () => {
    expect(() => resolved("classify", { label: "a", text: "b,a" })).not.toThrow();
    expect(() => resolved("forecast", { target: "a", id: "b,a" })).not.toThrow();
  });
});

describe("what is named as something else is not taken for the column to tell", () => {
  const days = Array.from({ length: 20 }, (_, i) => `2024-01-${String(i + 1).padStart(2, "0")}`);
  const table = (columns: string, row: (i: number) => string) => [columns, ...days.map((_, i) => row(i))].join("\n");
  const bikes = table("date,hires,rain,size", (i) => `${days[i]},${100 + ((i * 7) % 13)},${(i * 3) % 5},4`);
  const two = table("date,month,hires", (i) => `${days[i]},${days[19 - i]},${i % 7}`);
  const houses = table("rooms,area,price", (i) => `${i % 4},${50 + i},${100.5 + 3 * i}`);
  const mail = table("subject,kind,folder", (i) => `words ${i} here,${i % 2 ? "spam" : "ham"},${i % 3 ? "in" : "out"}`);
  test.each<[string, string, string, Settings, Settings]>([
    ["forecast", "the last number is known", bikes, { known: "size,rain" }, { time: "date", target: "hires" }],
    ["forecast", "the last number is static", bikes, { static: "size", known: "rain" }, { target: "hires" }],
    ["forecast", "nothing is said", bikes.replace(",size", ",value"), {}, { target: "value" }],
    ["forecast", "the first date is known", two, { known: "date" }, { time: "month", target: "hires" }],
    ["anomaly", "the last number is known", bikes, { known: "size,rain" }, { time: "date", target: "hires" }],
    ["anomaly", "the last number is the label", bikes, { label: "size", known: "rain" }, { target: "hires" }],
    ["regress", "the usual name is read", houses, { columns: "price,rooms" }, { label: "area" }],
    ["classify", "the last classes are the text", mail, { text: "folder" }, { label: "kind" }],
  ])("%s: %s", (task, _, csv, given, found) => {
    const inferred = taskNamed(task).infer!("a.csv", () => new TextEncoder().encode(csv), given, true);
    expect(inferred).toMatchObject({ settings: found });
  });
});

describe("what is read is read once", () => {
  test.each([
    ["classify", "columns", { label: "y" }],
    ["regress", "columns", { label: "y" }],
    ["generate", "condition", { text: "word" }],
    ["generate", "condition", {}],
    ["forecast", "known", { target: "y" }],
    ["forecast", "static", { target: "y" }],
    ["anomaly", "known", { target: "y" }],
    ["anomaly", "static", { target: "y" }],
  ])("%s: --%s", (task, list, others) => {
    const fault = faultOf(() => resolved(task, { ...others, [list]: "a, b,a,c,b" }));
    expect(fault.message).toBe(`train: --${list} must name each column once, got "a" twice. Use "a,b,c".`);
    expect(fault.details.settings).toEqual({ [list]: "a,b,c" });
    expect(() => resolved(task, { ...others, [list]: "a,b,c" })).not.toThrow();
  });
});
