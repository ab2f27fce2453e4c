/** Everything that decides what is on screen, but for what is computed from it. JSON-safe; no data, only their names and hashes. */

export const VIEWS = ["train", "look", "learn"] as const;
export type View = (typeof VIEWS)[number];

export type Setting = string | number | boolean | null;
export type Settings = Readonly<Record<string, Setting>>;

/** What is trained on: an example of the studio by its name; a file by its name and hash; a run of the server that shows this page. */
export type DataRef =
  | { readonly kind: "example"; readonly name: string }
  | { readonly kind: "file"; readonly name: string; readonly hash: string };

/** A part of a sequence, in steps: the first one, and the one after the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What the score shows, wherever it stands. */
export interface ScoreState {
  /** Names of tracks from top to bottom; null: those that fit the model. */
  readonly tracks: readonly string[] | null;
  readonly range: Range | null;
  /** The step under the cursor. */
  readonly cursor: number | null;
  readonly unit: number | null;
}

export interface State {
  readonly view: View;
  readonly data: DataRef | null;
  /** null: as the data say. */
  readonly task: string | null;
  /** Those that somebody changed. */
  readonly settings: Settings;
  /** The kept run that is shown; null: none yet. */
  readonly run: string | null;
  /** A moment of its training; null: the newest. */
  readonly step: number | null;
  readonly score: ScoreState;
  /** What a view of its own remembers, such as the figure of Learn; short texts. */
  readonly at: Readonly<Record<string, string>>;
}

export const INITIAL: State = {
  view: "train",
  data: null,
  task: null,
  settings: {},
  run: null,
  step: null,
  score: { tracks: null, range: null, cursor: null, unit: null },
  at: {},
};
