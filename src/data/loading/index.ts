export type { Collate, CollateContext, PaddedBatch, PaddedOptions, PartDTypes, StackOptions } from "./collate.js";
export type { Column, Dataset } from "./dataset.js";
export { type AsyncLoader, type Batch, type Loader, type LoaderOptions, type LoaderState, loader } from "./loader.js";
