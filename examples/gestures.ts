/**
 * Which gesture a hand draws, by the accelerations that a phone would feel: six gestures, each at its own speed, size and angle, with
 * noise, 20 to 60 rows of three numbers grouped by an id. A GRU, beside the naive answer. `npm run example gestures`
 *
 * Data: made here. Two gestures are each other backwards (a circle to the left and to the right), so that means over time do not tell.
 */
import { Generator } from "unrolled";
import { train } from "unrolled/tasks";

const GESTURES: Readonly<Record<string, (t: number) => readonly [x: number, y: number]>> = {
  left: (t) => [Math.cos(t), Math.sin(t)],
  right: (t) => [Math.cos(t), -Math.sin(t)],
  eight: (t) => [Math.sin(t), Math.sin(2 * t)],
  wave: (t) => [0.1 * t, Math.sin(3 * t)],
  swipe: (t) => [Math.tanh(t - Math.PI), 0],
  tap: (t) => [0, 2 * Math.exp(-8 * (t - Math.PI) ** 2)],
};

/** Rows of `id,x,y,z,gesture`: second differences of a path, turned and made larger or smaller. */
function table(gestures: number, seed: number) {
  const generator = new Generator(seed);
  const names = Object.keys(GESTURES);
  const rows: string[] = [];
  for (let id = 0; id < gestures; id++) {
    const name = names[Math.floor(names.length * generator.uniform())]!;
    const steps = 20 + Math.floor(41 * generator.uniform());
    const [angle, size] = [0.7 * generator.normal(), Math.exp(0.4 * generator.normal())];
    const at = (step: number) => GESTURES[name]!((2 * Math.PI * step) / steps);
    for (let t = 1; t < steps - 1; t++) {
      const [ax, ay] = [0, 1].map((k) => size * 100 * (at(t + 1)[k]! - 2 * at(t)[k]! + at(t - 1)[k]!)) as [
        number,
        number,
      ];
      const turned = [ax * Math.cos(angle) - ay * Math.sin(angle), ax * Math.sin(angle) + ay * Math.cos(angle), 9.81];
      rows.push(`${id},${turned.map((a) => (a + generator.normal()).toFixed(3)).join(",")},${name}`);
    }
  }
  return { name: "gestures.csv", bytes: new TextEncoder().encode(`id,x,y,z,gesture\n${rows.join("\n")}\n`) };
}

export async function gestures({ count = 1500, epochs = 20, hidden = 48, tell = (_: string) => {} } = {}) {
  const { model } = await train(table(count, 1), {
    ...{ task: "classify", group: "id", label: "gesture", cell: "gru", hidden, pooling: "mean", bidirectional: true },
    ...{ epochs, batch: 16, lr: 0.004, schedule: "linear", valid: 0.15, seed: 1 },
    onEvent(event) {
      if (event.type === "validation") tell(`step ${event.step}: ${(100 * event.metrics["accuracy"]!).toFixed(1)} %`);
    },
  });
  const { figures, below } = await model.evaluate(table(500, 2));
  const accuracy = figures.find(({ name }) => name === "accuracy")!.value;
  return { accuracy, naive: 1 / Object.keys(GESTURES).length, below: below ?? [] };
}

export async function main() {
  const { accuracy, naive, below } = await gestures({ tell: console.log });
  console.log(`of 500 unseen gestures ${(100 * accuracy).toFixed(1)} % known, naive ${(100 * naive).toFixed(1)} %`);
  console.log(below.join("\n"));
}
