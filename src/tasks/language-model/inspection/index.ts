export type { ShownToken } from "../../inspection/tokens.js";
export { inspectionSvg } from "./charts.js";
export { inspectionHtml } from "./html.js";
export { type Inspection, type InspectOptions, inspectLanguageModel, type TextInspection } from "./inspect.js";
export type { UnitTrace } from "./units.js";
