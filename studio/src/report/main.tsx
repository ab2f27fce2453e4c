/** What a report takes with it: the score, over the data that stand in the page. */
import { render } from "preact";
import { decodeScores } from "../../../src/tasks/score/encode.js";
import type { GradientRow } from "../../../src/tasks/score/score-data.js";
import { Score } from "../score/score.js";
import { scoreWords } from "../score/words.js";
import "./report.css";

const { scores, gradients } = decodeScores(document.getElementById("score-data")!.textContent!);

/** What is kept of a score's predictions; null for none. */
function gradientsOf(k: number): ((step: number) => Promise<GradientRow | null>) | null {
  const rows = new Map(gradients[k]!.map((row) => [row.step, row]));
  return rows.size === 0 ? null : async (step) => rows.get(step) ?? null;
}

const drawn = scores.map((data, k) => {
  const cursor = k === 0 ? Math.min(40, data.steps.length - 1) : null;
  return <Score key={k} data={data} words={scoreWords} gradientOf={gradientsOf(k)} cursor={cursor} />;
});
render(drawn, document.getElementById("score")!);
