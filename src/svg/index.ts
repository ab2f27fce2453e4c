/** Pictures without a library: curves, bars, heat maps and drawings by hand, as SVG text that stands alone. */
export { type BarChartOptions, barChart } from "./bar-chart.js";
export { beside, type Drawing, escapeXml, type Point, stack, type TextStyle, toSvg } from "./elements.js";
export { type HeatMapOptions, heatMap } from "./heat-map.js";
export { type LineChartOptions, lineChart, type Series } from "./line-chart.js";
export { COLOURS, DIVERGING, divergingLevel, onDark, PALETTE, textOn } from "./palette.js";
export { Picture, type StrokeStyle } from "./picture.js";
