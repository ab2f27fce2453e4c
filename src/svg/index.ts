/**
 * Pictures without a library: curves, bars, heat maps and drawings by hand, as SVG text that stands alone.
 * @packageDocumentation
 */
export { barChart } from "./bar-chart.js";
export type { BarChartOptions, HeatMapOptions, LineChartOptions, Series } from "./chart-options.js";
export { beside, type Drawing, escapeXml, type Point, stack, type TextStyle, toSvg } from "./elements.js";
export { heatMap } from "./heat-map.js";
export { type LearningRateChart, learningRateChart } from "./learning-rate-chart.js";
export { lineChart } from "./line-chart.js";
export { COLOURS, DIVERGING, divergingLevel, onDark, PALETTE, textOn } from "./palette.js";
export { Picture, type StrokeStyle } from "./picture.js";
