import type { TagConfig, TagSettings } from "./config.js";
import type { Meaning, TagData } from "./data.js";
import type { TagOutput } from "./judged.js";
import type { TagBatch, Tagger } from "./model.js";

/** The kinds of things that a tagger works with. */
export interface TagTypes {
  settings: TagSettings;
  config: TagConfig;
  meta: Meaning;
  data: TagData;
  model: Tagger;
  batch: TagBatch;
  carried: undefined;
  output: TagOutput;
}
