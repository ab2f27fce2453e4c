import { array, type NdArray, randn, zeros } from "unrolled/layers";

/** The lessons compute in float64: gradients can be checked by differences, and every machine prints the same digits. */

export const matrix = (rows: number[][]): NdArray => array(rows, "float64");

export const vector = (values: number[]): NdArray => array(values, "float64");

export const blank = (...shape: number[]): NdArray => zeros(shape, "float64");

/** Normal numbers of the standard deviation `scale`; `manualSeed` decides which. */
export const random = (shape: number[], scale = 1): NdArray => randn(shape, scale, { dtype: "float64" });
