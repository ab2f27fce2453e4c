// `npm run runtimes`: the conformance suite and a short training run wherever JavaScript runs, and the table of docs/runtimes.md.

import { readFileSync, writeFileSync } from "node:fs";
import { fetchRuntimes, RUNTIMES } from "../support/runtimes.mjs";

const PAGE = "docs/runtimes.md";
const [BEGIN, END] = ["<!-- table -->\n", "<!-- end of table -->\n"];
const OPTIONS = { every: 1, steps: 30, threads: 2 };
const PLAIN = { ...OPTIONS, every: 0, isPlain: true };

const OTHERS = "others";

const HEADER = ["runtime", "version", "kernels", "threads", "conformance", "losses", "training tokens/s"];

function row(name, expected, report) {
  const { version, engine, variant, threads, conformance, losses, tokensPerSecond } = report;
  const { passed, failed } = conformance;
  const bits = expected.find((known) => losses.every((loss, i) => Object.is(loss, known.losses[i])))?.bits ?? OTHERS;
  return [
    name,
    version,
    `${engine} ${variant}`,
    String(threads),
    failed.length === 0
      ? `${passed.toLocaleString("en")} passed`
      : `${failed.length} of ${passed + failed.length} failed`,
    `${losses.at(-1).toFixed(4)}, ${bits}`,
    Math.round(tokensPerSecond).toLocaleString("en"),
  ];
}

async function main(args) {
  await fetchRuntimes();
  if (args.includes("--fetch")) return 0;
  const wanted = args.filter((arg) => !arg.startsWith("--")).map((arg) => arg.toLowerCase());
  const rows = [];
  let expected;
  let bad = 0;
  for (const runtime of RUNTIMES) {
    const isWanted = wanted.length === 0 || wanted.some((name) => runtime.name.toLowerCase().includes(name));
    if (!isWanted && expected !== undefined) continue;
    const missing = runtime.missing();
    if (missing !== undefined) {
      console.error(`${runtime.name}: ${missing}`);
      bad++;
      continue;
    }
    const report = await runtime.run(OPTIONS);
    expected ??= [
      { bits: "the same bits", losses: report.losses },
      { bits: "the bits of products that are not fused", losses: (await runtime.run(PLAIN)).losses },
    ];
    const cells = row(runtime.name, expected, report);
    rows.push(cells);
    console.log(cells.join(" | "));
    for (const failure of report.conformance.failed.slice(0, 3)) console.error(`  ${failure}`);
    const isAlone = runtime.threads && (report.helped === 0 || report.conformance.helped === 0);
    if (isAlone) console.error(`  no thread helped: ${report.oneThreadBecause}`);
    if (isAlone || report.conformance.failed.length > 0 || cells[5].endsWith(OTHERS)) bad++;
  }
  if (args.includes("--write") && wanted.length === 0) write(rows);
  return bad > 0 ? 1 : 0;
}

function write(rows) {
  const lines = [HEADER, HEADER.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
  writeFileSync(PAGE, page.slice(0, before) + lines.join("") + page.slice(after));
}

process.exitCode = await main(process.argv.slice(2));
