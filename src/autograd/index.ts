import "./methods.js";

export { type BackwardOptions, backward } from "./backward.js";
export { Context, defineFunction, type FunctionDefinition } from "./function.js";
export { enableGrad, isGradEnabled, noGrad } from "./grad-mode.js";
export { type GradcheckOptions, type GradcheckResult, gradcheck } from "./gradcheck.js";
