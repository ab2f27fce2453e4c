export { SAVE_WEIGHTS } from "./fault.js";
export { said, WIDTHS } from "./globals.js";
export { type Unpickled, unpickle } from "./machine.js";
export { Dict, Global, Opaque, Storage, Strided, type Value } from "./values.js";
