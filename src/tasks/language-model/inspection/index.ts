export { inspectionSvg } from "./charts.js";
export { inspectionHtml } from "./html.js";
export { type Inspection, type InspectOptions, inspectLanguageModel, type TextInspection } from "./inspect.js";
export type { ShownToken } from "./tokens.js";
export type { UnitTrace } from "./units.js";
