import { describe, expect, test } from "vitest";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import type { ForecastSettings } from "../../../src/tasks/forecast/config.js";
import { forecast } from "../../../src/tasks/forecast/task.js";
import { inferTask } from "../../../src/tasks/registry.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { dailyTable } from "../../support/rows.js";

type Given = Partial<ForecastSettings>;
const SMALL: Given = {
  time: "day",
  target: "load",
  id: "site",
  hidden: 12,
  batch: 16,
  lr: 0.02,
  valid: 0.2,
  epochs: 8,
  horizon: 3,
};
const KNOWN: Given = { ...SMALL, known: "holiday", static: "site" };

const source = (text: string, name = "rows.csv") => ({ name, bytes: new TextEncoder().encode(text) });

function begin(table: string, settings: Given, resume?: Uint8Array) {
  const { data, config } = forecast.read({ train: source(table) }, settings, { op: "train" });
  return new TaskTraining(forecast, data, config, { resume: resume && decodeTask(forecast, resume) });
}

async function figures(table: string, settings: Given): Promise<ValidationEvent["metrics"]> {
  let best: ValidationEvent["metrics"] = {};
  await begin(table, settings).fit({
    onEvent(event) {
      if (event.type === "validation" && event.best) best = event.metrics;
    },
  });
  return best;
}

async function rowsOf(training: ReturnType<typeof begin>, table: string) {
  const checkpoint = decodeTask(forecast, training.encode());
  const model = buildTask(forecast, checkpoint);
  const rows: { text: string; values: Record<string, unknown> }[] = [];
  for await (const row of forecast.predict!.run(model, checkpoint, source(table))) rows.push(row);
  return rows;
}

describe("learning", () => {
  test.each([
    ["gaussian", "direct"],
    ["student-t", "direct"],
    ["quantiles", "direct"],
    ["point", "direct"],
    ["gaussian", "recursive"],
    ["quantiles", "recursive"],
    ["point", "recursive"],
  ] as const)(
    "%s, %s: two series, a week, a holiday that is known ahead",
    { timeout: 60_000 },
    async (output, decoding) => {
      const found = await figures(dailyTable(160), { ...KNOWN, output, decoding, paths: 40 });
      expect(found["MASE"]).toBeLessThan(0.6 * found["seasonal naive MASE"]!);
      expect(found["MASE"]).toBeLessThan(0.6 * found["naive MASE"]!);
      const intervals = output === "point" ? [] : ["wQL", "coverage"];
      expect(Object.keys(found)).toEqual([
        "MASE",
        "naive MASE",
        "seasonal naive MASE",
        "MAE",
        "RMSE",
        "sMAPE",
        ...intervals,
        "loss",
      ]);
      if (output !== "point") expect(found["coverage"]).toBeGreaterThan(0.5);
    },
  );

  test.each(["direct", "recursive"] as const)("counts, %s", async (decoding) => {
    const table = dailyTable(160).replaceAll(
      /,([\d.-]+)\n/g,
      (_, load) => `,${Math.max(0, Math.round(Number(load)))}\n`,
    );
    const found = await figures(table, { ...KNOWN, output: "negative-binomial", decoding, paths: 40 });
    expect(found["MASE"]).toBeLessThan(0.8 * found["seasonal naive MASE"]!);
  });
});

test.each(["direct", "recursive"] as const)(
  "%s: a series that leaves what it was, counted from its last value",
  async (decoding) => {
    const rows = Array.from({ length: 160 }, (_, t) => `${t},${(2 * t + [0, 9, 4, -6][t % 4]!).toFixed(1)}`);
    const settings = {
      ...SMALL,
      time: "t",
      target: "y",
      id: null,
      season: 4,
      decoding,
      paths: 20,
      epochs: 12,
      lr: 0.01,
    };
    const found = await figures(`t,y\n${rows.join("\n")}\n`, { ...settings, centre: "last" });
    expect(found["MASE"]).toBeLessThan(0.5 * found["seasonal naive MASE"]!);
  },
);

test.each(["direct", "recursive"] as const)(
  "calibrated, %s: what is held out lies in its intervals as often as they say",
  async (decoding) => {
    const settings = { ...KNOWN, decoding, paths: 20, epochs: 2, output: "student-t" } as const;
    const plain = await figures(dailyTable(160), settings);
    expect(Math.abs(plain["coverage"]! - 0.8)).toBeGreaterThan(0.05);
    const found = await figures(dailyTable(160), { ...settings, calibrate: true });
    expect(Math.abs(found["coverage"]! - 0.8)).toBeLessThan(0.03);
    expect(found["MASE"]).toBe(plain["MASE"]);
  },
);

test.each([
  ["direct", { ...KNOWN, dropout: 0.2, layers: 2, calibrate: true, validateEvery: 7 }],
  ["recursive", { ...SMALL, decoding: "recursive", schedule: "cosine", warmup: 3, cell: "gru" }],
] as const)("%s: 23 steps are 10 + 13, mid-epoch, to the bit", async (_, settings) => {
  const table = dailyTable(120);
  const whole = begin(table, settings);
  expect(10 % whole.trainer.progress.epochSteps).not.toBe(0);
  await whole.fit({ untilStep: 23 });
  const first = begin(table, settings);
  await first.fit({ untilStep: 10 });
  const second = begin(table, settings, first.encode());
  await second.fit({ untilStep: 23 });
  expect(second.encode()).toEqual(whole.encode());
});

test.each(["direct", "recursive"] as const)(
  "%s: the next values of each series, with their times",
  async (decoding) => {
    const training = begin(dailyTable(100), { ...KNOWN, decoding, paths: 20 });
    await training.fit({ untilStep: 12 });
    const rows = await rowsOf(training, dailyTable(100, { future: 3 }));
    expect(rows.map(({ values }) => [values["id"], values["time"]])).toEqual(
      ["north", "south"].flatMap((id) => ["2023-04-11", "2023-04-12", "2023-04-13"].map((time) => [id, time])),
    );
    for (const { text, values } of rows) {
      const all = [10, 20, 30, 40, 50, 60, 70, 80, 90].map((q) => values[`q${q}`] as number);
      expect(all).toEqual(all.toSorted((a, b) => a - b));
      expect([values["low"], values["value"], values["high"]]).toEqual([all[0], all[4], all[8]]);
      expect(text).toMatch(/^(north|south) {2}2023-04-1\d {2}-?[\d.,]+ {2}\[-?[\d.,]+, -?[\d.,]+\]$/);
    }
    expect(await rowsOf(training, dailyTable(100, { future: 3 })), "paths are drawn from the seed").toEqual(rows);
  },
);

test("what a file says of itself", () => {
  const inferred = (table: string, given = {}, name = "x.csv") => {
    const { task, inferred: found } = inferTask(name, () => new TextEncoder().encode(table), given);
    return `${task.name}: ${found?.found}`;
  };
  expect(inferred(dailyTable(9))).toBe("forecast: time=day, target=load, id=site (2 series)");
  expect(inferred("date,temp\n2024-01-01,3\n2024-01-02,4\n")).toBe("forecast: time=date, target=temp, one series");
  expect(inferred("month,y,z\n2024-01,3,1\n2024-02,4,1\n")).toBe("forecast: time=month, target=y, one series");
  const rated =
    "date,review,stars\n2024-01-01,Good,5\n2024-01-02,Bad,1\n2024-01-03,Good again,5\n2024-01-04,Bad again,1\n";
  expect(inferred(rated)).toMatch(/^classify/);
  expect(inferred("t,v,label\n1,2,a\n2,3,b\n3,3,b\n4,3,a\n")).toMatch(/^classify/);
  expect(inferred("t,v\n1,2\n2,3\n", { horizon: "2" })).toBe("forecast: time=t, target=v, one series");
});
