export { type DecodedHdf5, decodeHdf5, type Hdf5Options, isHdf5 } from "./decode.js";
