/** TensorFlow.js on its cpu backend. */
import { prepareOn } from "./tfjs-model.mjs";

export const supports = ({ cell }) => (cell === "GRU" ? "its GRU resets before the product: another cell" : true);

export const prepare = (problem) => prepareOn("cpu", problem, { embedding: "gather" });
