import { encodeScores, type StoredScores } from "../score/encode.js";
import { harmlessScore } from "../score/harmless-score.js";

/** What draws scores in a page: a program that stands in the page itself. */
export interface Viewer {
  /** It draws what the element `#score-data` holds into `#score`. */
  readonly script: string;
}

/** The scores of a report, to be pointed at; the page that holds them asks nobody for anything. */
export function scoreSection({ script }: Viewer, { scores, gradients }: StoredScores): string {
  if (scores.length === 0) return "";
  const data = encodeScores({ scores: scores.map(harmlessScore), gradients });
  return [
    '<h2 id="read">Step by step</h2>',
    '<div id="score"></div>',
    "<noscript><p>Without scripts this page shows pictures alone.</p></noscript>",
    `<script type="application/json" id="score-data">${data}</script>`,
    // The only way to leave a script element is to name its end.
    `<script type="module">${script.replaceAll("</script", "<\\/script")}</script>`,
  ].join("\n");
}
