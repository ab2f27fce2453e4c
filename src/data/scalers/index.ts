export { MinMaxScaler, type MinMaxScalerOptions } from "./min-max.js";
export { RobustScaler, type RobustScalerOptions } from "./robust.js";
export type { ScaledNumbers, ScaleOptions, Scaler, ScalerOptions } from "./scaler.js";
export { StandardScaler, type StandardScalerOptions } from "./standard.js";
