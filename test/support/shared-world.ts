import { manualSeed } from "../../src/base/random.js";

// Before each file of those that share a worker: numbers are drawn as in a process of its own.
manualSeed(0);
