import { harmless } from "../../base/unsafe-text.js";
import { encodeScores, type StoredScores } from "../score/encode.js";
import type { PairData, ScoreData, Track } from "../score/score-data.js";
import type { ShownStep } from "./blocks.js";

/** What draws scores in a page: a program that stands in the page itself. */
export interface Viewer {
  /** It draws what the element `#score-data` holds into `#score`. */
  readonly script: string;
}

/** The scores of a report, to be pointed at; the page that holds them asks nobody for anything. */
export function scoreSection({ script }: Viewer, { scores, gradients }: StoredScores): string {
  if (scores.length === 0) return "";
  const data = encodeScores({ scores: scores.map(safeScore), gradients });
  return [
    '<h2 id="read">Step by step</h2>',
    '<div id="score"></div>',
    "<noscript><p>Without scripts this page shows pictures alone.</p></noscript>",
    `<script type="application/json" id="score-data">${data}</script>`,
    // The only way to leave a script element is to name its end.
    `<script type="module">${script.replaceAll("</script", "<\\/script")}</script>`,
  ].join("\n");
}

/** Texts in which nothing turns its neighbours around. */
function safeScore(score: ScoreData): ScoreData {
  return {
    ...score,
    title: harmless(score.title),
    steps: score.steps.map(safeStep),
    tracks: score.tracks.map(safeTrack),
    ...(score.pair !== undefined && { pair: safePair(score.pair) }),
  };
}

function safeStep(step: ShownStep): ShownStep {
  return Object.fromEntries(Object.entries(step).map(([key, text]) => [key, harmless(text)])) as unknown as ShownStep;
}

function safePair({ title, steps, maps }: PairData): PairData {
  return { title: harmless(title), steps: steps.map(safeStep), maps };
}

function safeTrack(track: Track): Track {
  const own = { ...track, title: harmless(track.title), about: harmless(track.about) };
  if (own.kind === "heat") {
    return {
      ...own,
      rows: own.rows.map(({ name, follows }) => ({ name: harmless(name), follows: harmless(follows) })),
    };
  }
  if (own.kind !== "next") return own;
  const names = Object.entries(own.names).map(([id, name]) => [id, harmless(name)]);
  return { ...own, names: Object.fromEntries(names) };
}
