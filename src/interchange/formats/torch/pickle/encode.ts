import { type Shape, sizeOf } from "../../../../base/shape.js";

/** PyTorch's storages that are written. */
export type StorageType = "FloatStorage" | "HalfStorage" | "CharStorage";

/** What a pickle says of a tensor: its bytes stand in a record of their own. */
export interface TensorToPickle {
  readonly type: StorageType;
  readonly shape: Shape;
}

/** Instructions of pickle's machine. Source: Python's Lib/pickletools.py. */
const MARK = 0x28;
const [PROTO, STOP, GLOBAL, REDUCE, PERSID] = [0x80, 0x2e, 0x63, 0x52, 0x51];
const [TUPLE, EMPTY_TUPLE, SETITEMS, NEWFALSE] = [0x74, 0x29, 0x75, 0x89];
const [BINUNICODE, BININT] = [0x58, 0x4a];

/** The pickle of protocol 2 of an OrderedDict of tensors, the n-th of which is the record n. */
export function encodeStateDict(tensors: ReadonlyMap<string, TensorToPickle>): Uint8Array {
  const out: number[] = [PROTO, 2];
  const utf8 = new TextEncoder();
  const int = (value: number) => out.push(BININT, value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
  const text = (value: string) => {
    const bytes = utf8.encode(value);
    out.push(BINUNICODE, ...new Uint8Array(Uint32Array.of(bytes.length).buffer), ...bytes);
  };
  const global = (module: string, name: string) => out.push(GLOBAL, ...utf8.encode(`${module}\n${name}\n`));
  const ints = (values: readonly number[]) => {
    out.push(MARK);
    for (const value of values) int(value);
    out.push(TUPLE);
  };
  const orderedDict = () => {
    global("collections", "OrderedDict");
    out.push(EMPTY_TUPLE, REDUCE);
  };
  orderedDict();
  out.push(MARK);
  for (const [key, [name, { type, shape }]] of [...tensors].entries()) {
    text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    out.push(MARK, MARK);
    text("storage");
    global("torch", type);
    text(`${key}`);
    text("cpu");
    int(sizeOf(shape));
    out.push(TUPLE, PERSID);
    int(0);
    ints(shape);
    ints(shape.map((_, axis) => sizeOf(shape.slice(axis + 1))));
    out.push(NEWFALSE);
    orderedDict();
    out.push(TUPLE, REDUCE);
  }
  out.push(SETITEMS, STOP);
  return Uint8Array.from(out);
}
