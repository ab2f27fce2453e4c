export { type DecodedTfjs, decodeTfjs, decodeTfjsHead, type TfjsHead } from "./decode.js";
