export type { CustomLayer, CustomLayers } from "./build.js";
export { readTfjsFiles } from "./files.js";
export { KerasModel } from "./model.js";
export type { ForeignLayer, KerasFile } from "./model-file.js";
export { type ReadKerasOptions, type ReadTfjsOptions, readKeras, readTfjs, type TfjsShards } from "./read.js";
