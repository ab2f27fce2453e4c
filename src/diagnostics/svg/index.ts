/** Pictures without a library: curves and heat maps as SVG text that stands alone. */
export { DIVERGING, divergingLevel, textOn } from "./diverging.js";
export { beside, COLOURS, type Drawing, escapeXml, type Point, stack, toSvg } from "./elements.js";
export { type HeatMapOptions, heatMap } from "./heat-map.js";
export { type LineChartOptions, lineChart, type Series } from "./line-chart.js";
