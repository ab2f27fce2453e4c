import { halfToNumber } from "../../../interchange/formats/safetensors/stored-dtype.js";
import type { StoredWeight } from "../../../interchange/targets/ts/pack.js";
import type { Matrix } from "./vectors.js";

/** Weights out of their bytes, one after the other. @param text  base64 */
export function unpackWeights(table: readonly StoredWeight[], text: string): Map<string, Matrix> {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  return new Map(
    table.map(({ name, shape, as }): [string, Matrix] => {
      const size = shape.reduce((product, length) => product * length, 1);
      const data = new Float32Array(size);
      if (as === "int8") {
        const rows = shape[0];
        for (let i = 0; i < size; i++) {
          const row = Math.floor((i * rows) / size);
          data[i] = view.getInt8(at + 4 * rows + i) * view.getFloat32(at + 4 * row, true);
        }
        at += 4 * rows + size;
      } else if (as === "float16") {
        for (let i = 0; i < size; i++) data[i] = halfToNumber(view.getUint16(at + 2 * i, true));
        at += 2 * size;
      } else {
        for (let i = 0; i < size; i++) data[i] = view.getFloat32(at + 4 * i, true);
        at += 4 * size;
      }
      return [name, { shape, data }];
    }),
  );
}
