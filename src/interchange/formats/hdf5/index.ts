export { type DecodedHdf5, decodeHdf5, type Hdf5Options } from "./decode.js";
export { isHdf5 } from "./is-hdf5.js";
