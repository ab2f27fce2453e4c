/** Files that TensorBoard reads. */
export { encodeEvent, encodeFirstEvent, encodeRestart, FILE_VERSION, type Summary } from "./event.js";
export { type Histogram, histogramOf } from "./histogram.js";
export { crc32c, encodeRecord, maskedCrc32c } from "./record.js";
