/** Files that TensorBoard reads. */

export { crc32c } from "../crc.js";
export { encodeEvent, encodeFirstEvent, encodeRestart, FILE_VERSION, type Summary } from "./event.js";
export { type Histogram, histogramOf } from "./histogram.js";
export { encodeRecord, maskedCrc32c } from "./record.js";
