/** `--sizes`: training tokens/s against the hidden size, all peers that train; writes tokens-per-second.svg and .json. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SIZES, sizeConfig } from "./configs.mjs";
import { installPeers } from "./install.mjs";
import { machine, packageDigest, warnWhenBusy } from "./machine.mjs";
import { chosenEntrants, lanesFor, progressOn } from "./peers.mjs";
import { race } from "./race.mjs";
import { notes } from "./report.mjs";
import { sizePlot, typicalRate } from "./size-plot.mjs";
import { resumable } from "./store.mjs";
import { textTable, threeDigits } from "./table.mjs";

const output = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function compareSizes({ threads, only, python, rounds, seconds, budget, fresh }) {
  await installPeers();
  const lanes = lanesFor(
    chosenEntrants(
      only?.filter((id) => id !== "onnxruntime"),
      python,
    ),
    threads,
  ).filter(({ entrant }) => entrant.id !== "onnxruntime");
  const warning = warnWhenBusy();
  const settings = { rounds, seconds, budget, threads };
  const ids = lanes.map(({ entrant, threads: count }) => `${entrant.label} ${count}`);
  const found = [];
  for (const hidden of SIZES) {
    const config = sizeConfig(hidden);
    const progress = progressOn(`hidden size ${hidden}`);
    const key = { config, settings, ids, machine: machine(), digest: packageDigest() };
    const { rows } = await resumable(`sizes-${hidden}`, key, fresh, () =>
      race(config, lanes, { ...settings, kinds: ["train"], progress }),
    );
    progress();
    console.error(`hidden size ${hidden}: done`);
    found.push({ hidden, rows });
    write(found, { ...settings, warning });
  }
  console.log(table(found, lanes));
  console.error("wrote bench/tokens-per-second.svg and bench/tokens-per-second.json");
}

const rowOf = ({ rows }, { entrant, threads }) => rows.find((row) => row.id === entrant.id && row.threads === threads);

/** Several numbers of threads in one plot are told apart by name. */
function nameOf(lane, lanes, [size]) {
  const { label, threads } = rowOf(size, lane);
  const several = new Set(lanes.map((other) => other.threads)).size > 1;
  return several ? `${label}, ${threads} thread${threads === 1 ? "" : "s"}` : label;
}

function write(found, settings) {
  const sizes = found.map(({ hidden, rows }) => ({ hidden, rows, notes: notes(rows) }));
  const results = { machine: machine(), settings, sizes };
  writeFileSync(output("tokens-per-second.svg"), sizePlot(results));
  writeFileSync(output("tokens-per-second.json"), `${JSON.stringify(results, null, 1)}\n`);
}

function table(found, lanes) {
  const columns = [
    ["training tokens/s", (lane) => nameOf(lane, lanes, found), "left"],
    ...found.map((size) => [`H ${size.hidden}`, (lane) => threeDigits(typicalRate(rowOf(size, lane)))]),
  ];
  return textTable(columns, lanes);
}
