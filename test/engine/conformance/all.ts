import type { Engine } from "../../../src/engine/engine.js";
import { dropoutConformance } from "./dropout.js";
import { elementwiseConformance } from "./elementwise.js";
import type { ConformanceOptions } from "./harness.js";
import { indexingConformance } from "./indexing.js";
import { lossConformance } from "./losses.js";
import { optimizerConformance } from "./optimizers.js";
import { productConformance } from "./products.js";
import { reductionConformance } from "./reductions.js";
import { sequenceConformance } from "./sequences.js";
import { softmaxConformance } from "./softmax.js";
import { storageConformance } from "./storage.js";

/** Everything that an engine must pass. */
export function engineConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  storageConformance(name, makeEngine, options);
  elementwiseConformance(name, makeEngine, options);
  dropoutConformance(name, makeEngine, options);
  reductionConformance(name, makeEngine, options);
  softmaxConformance(name, makeEngine, options);
  productConformance(name, makeEngine, options);
  indexingConformance(name, makeEngine, options);
  lossConformance(name, makeEngine, options);
  sequenceConformance(name, makeEngine, options);
  optimizerConformance(name, makeEngine, options);
}
