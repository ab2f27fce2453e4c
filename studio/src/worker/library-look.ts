/** What of the library's inside a look into a model stands on. */
export { UnsupportedError } from "../../../src/base/errors.js";
export { adopt } from "../../../src/tasks/adoption/adopt.js";
export type { Looked } from "../../../src/tasks/commands.js";
export type { Warning } from "../../../src/tasks/health/warnings.js";
export { topUnits } from "../../../src/tasks/language-model/inspection/corpus-units.js";
export { scoreIds } from "../../../src/tasks/language-model/inspection/score.js";
export { LanguageModel } from "../../../src/tasks/language-model/model.js";
export { correlations } from "../../../src/tasks/score/following.js";
export { harmlessScore } from "../../../src/tasks/score/harmless-score.js";
export { look } from "../../../src/tasks/score/look.js";
export { type HighUnit, highUnits, type Place, placesWhere } from "../../../src/tasks/score/places.js";
export type { GradientRow, HeatTrack, ScoreData } from "../../../src/tasks/score/score-data.js";
