/** The score over made-up data of any size, `?steps=100000&units=512`: what the studio does with them is done before. */
import { render } from "preact";
import type { HeatTrack, ScoreData } from "../../../src/tasks/score/score-data.js";
import { drawnValues, pyramidOf, rememberPyramid } from "../score/pyramid.js";
import { Score } from "../score/score.js";
import { scoreWords } from "../score/words.js";
import "./report.css";

const asked = new URLSearchParams(location.search);
const [steps, units] = [Number(asked.get("steps") ?? 100_000), Number(asked.get("units") ?? 512)];

/** Waves of many lengths, and the last step as far from 0 as can be. */
function heat(id: string, title: string, ofUnits: boolean): HeatTrack {
  const values = new Int8Array(steps * units);
  for (let r = 0; r < units; r++) {
    for (let t = 0; t < steps; t++) values[r * steps + t] = ((t * (r + 3)) % (97 + r)) - 48;
    values[(r + 1) * steps - 1] = 127;
  }
  const rows = Array.from({ length: units }, (_, r) => ({
    name: `unit ${r}`,
    follows: r % 3 === 0 ? "vowels (0.7)" : "",
  }));
  rememberPyramid(values, pyramidOf(values, units));
  return { kind: "heat", id, title, about: "", rows, values, scale: 1, signed: true, ofUnits };
}

const wave = (period: number) => Float32Array.from({ length: steps }, (_, t) => 0.5 + 0.5 * Math.sin(t / period));
const top = 5;
const data: ScoreData = {
  ...{ title: "made up", unit: "step" },
  steps: Array.from({ length: steps }, (_, t) => {
    const letter = String.fromCharCode(97 + ((t * 7) % 26));
    return { label: letter, written: letter };
  }),
  tracks: [
    {
      ...{ kind: "next", id: "next", title: "next", about: "", top, names: { 0: "a", 1: "b", 2: "c" } },
      ids: Int32Array.from({ length: steps * top }, (_, i) => i % 3),
      probabilities: Float32Array.from({ length: steps * top }, (_, i) => 0.5 / (1 + (i % top))),
    },
    { kind: "bars", id: "surprise", title: "surprise", about: "", values: wave(9), measure: "nats", high: 0.9 },
    { kind: "gradient", id: "gradient", title: "gradient", about: "" },
    ...[1, 2].map((layer) => ({
      ...({ kind: "lines", id: `gates:${layer}`, title: `gates ${layer}`, about: "", log: false } as const),
      ...{ range: [0, 1] as const, series: [3, 50, 700].map((p) => ({ name: `gate ${p}`, values: wave(p * layer) })) },
    })),
    heat("units:rnn.0", "units 1", true),
  ],
};

const gradientOf = async (step: number) => ({ step, from: 0, values: wave(5).subarray(0, step + 1), horizon: 0 });

// As the worker does, before the page has them.
for (const track of data.tracks)
  for (const values of track.kind === "heat" ? [] : drawnValues(track)) rememberPyramid(values, pyramidOf(values, 1));

// In a task of its own: the data were made in this one.
setTimeout(() => {
  performance.mark("phase opening");
  render(
    <Score data={data} words={scoreWords} gradientOf={steps > 10_000 ? null : gradientOf} cursor={3} />,
    document.getElementById("score")!,
  );
});

/** Wheel and pointer as a hand moves them: one event a frame. Each phase and each frame leaves a mark in a trace. */
async function drive(): Promise<void> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let i = 0; i < 30; i++) await frame();
  const plot = document.querySelector(".score-body .plot")!;
  const body = document.querySelector(".score-body")!;
  const { left, top: y, width } = plot.getBoundingClientRect();
  const at = (share: number) => ({ bubbles: true, cancelable: true, clientX: left + share * width, clientY: y + 20 });
  const wheel = (share: number, more: WheelEventInit) =>
    body.dispatchEvent(new WheelEvent("wheel", { ...at(share), ...more }));
  const point = (share: number) => plot.dispatchEvent(new PointerEvent("pointermove", at(share)));
  const phases: [string, number, (i: number) => unknown][] = [
    ["scrolling near", 120, () => wheel(0.5, { deltaX: 90 })],
    ["zooming out", 40, () => wheel(0.4, { ctrlKey: true, deltaY: 60 })],
    ["zooming in", 20, () => wheel(0.6, { ctrlKey: true, deltaY: -60 })],
    ["scrolling far", 120, () => wheel(0.5, { deltaX: 90 })],
    ["pointing", 120, (i) => point(0.1 + i / 200)],
  ];
  for (const [name, count, act] of phases) {
    performance.mark(`phase ${name}`);
    for (let i = 0; i < count; i++) {
      await frame();
      performance.mark("frame");
      act(i);
    }
  }
  await frame();
  performance.mark("phase end");
}

(globalThis as { drive?: typeof drive }).drive = drive;
