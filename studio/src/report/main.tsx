/** What a report takes with it: the score, over the data that stand in the page. */
import { render } from "preact";
import { decodeScores } from "../../../src/tasks/score/encode.js";
import { Score } from "../score/score.js";
import { scoreWords } from "../score/words.js";
import "./report.css";

const { scores, gradients } = decodeScores(document.getElementById("score-data")!.textContent!);
const rows = new Map(gradients.map((row) => [row.step, row]));
const gradientOf = rows.size === 0 ? null : async (step: number) => rows.get(step) ?? null;

const drawn = scores.map((data, k) => {
  const isFirst = k === 0;
  const cursor = isFirst ? Math.min(40, data.steps.length - 1) : null;
  return (
    <Score key={data.title} data={data} words={scoreWords} gradientOf={isFirst ? gradientOf : null} cursor={cursor} />
  );
});
render(drawn, document.getElementById("score")!);
