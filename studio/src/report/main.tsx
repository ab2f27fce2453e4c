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

/** Where one sees at once what a cursor is for: of a forecast, at its end. */
function firstStep(k: number): number {
  const usual = Math.min(40, scores[k]!.steps.length - 1);
  const row = gradients[k]!.find(({ step }) => step === usual);
  return row?.values.length === 0 ? scores[k]!.steps.length - 1 : usual;
}

/** Two parts of one name could not be told apart by what is read aloud. */
function titleOf(k: number): string {
  const { title } = scores[k]!;
  const before = scores.slice(0, k).filter((score) => score.title === title).length;
  return before === 0 ? title : `${title} (${before + 1})`;
}

const drawn = scores.map((score, k) => {
  const data = { ...score, title: titleOf(k) };
  const cursor = k === 0 ? firstStep(k) : null;
  return <Score key={k} data={data} words={scoreWords} gradientOf={gradientsOf(k)} cursor={cursor} />;
});
render(drawn, document.getElementById("score")!);
