/**
 * How long a pendulum is, told from what a cheap sensor saw of it: 60 noisy angles, from any moment on, of a swing that dies away. A GRU,
 * beside the mean of the lengths. `npm run example pendulum`
 *
 * Data: made here. The angle is θ e^{-γt} cos(2πt/T + φ), T = 2π √(length / g), ten times a second.
 */
import { Generator } from "unrolled";
import { train } from "unrolled/tasks";

function table(swings: number, seed: number) {
  const generator = new Generator(seed);
  const rows: string[] = [];
  for (let id = 0; id < swings; id++) {
    const length = 0.2 + 1.8 * generator.uniform();
    const [theta, gamma, phase] = [
      0.1 + 0.3 * generator.uniform(),
      0.3 * generator.uniform(),
      2 * Math.PI * generator.uniform(),
    ];
    const pace = Math.sqrt(9.81 / length);
    for (let step = 0; step < 60; step++) {
      const t = step / 10;
      const angle = theta * Math.exp(-gamma * t) * Math.cos(pace * t + phase) + 0.02 * generator.normal();
      rows.push(`${id},${angle.toFixed(4)},${length.toFixed(4)}`);
    }
  }
  return { name: "swings.csv", bytes: new TextEncoder().encode(`id,angle,length\n${rows.join("\n")}\n`) };
}

export async function pendulum({ swings = 1500, epochs = 30, hidden = 48, tell = (_: string) => {} } = {}) {
  const { model } = await train(table(swings, 1), {
    ...{ task: "regress", group: "id", label: "length", cell: "gru", hidden, pooling: "mean", epochs, lr: 0.004 },
    ...{ batch: 16, schedule: "linear", valid: 0.15, seed: 1 },
    onEvent(event) {
      if (event.type === "validation") tell(`step ${event.step}: ${event.metrics["RMSE"]!.toFixed(4)} m`);
    },
  });
  const { figures } = await model.evaluate(table(300, 2));
  const of = (name: string) => figures.find((figure) => figure.name === name)!.value;
  return { rmse: of("RMSE"), mae: of("MAE"), r2: of("R²"), naive: of("RMSE of the mean") };
}

export async function main() {
  const { rmse, mae, r2, naive } = await pendulum({ tell: console.log });
  const [off, mean, beside] = [rmse, mae, naive].map((metres) => metres.toFixed(3));
  console.log(
    `of 300 unseen swings: RMSE ${off} m, MAE ${mean} m, R² ${r2.toFixed(3)}; the mean length is off by ${beside} m`,
  );
}
