import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Histogram } from "./histogram.js";

/** What is told at one step, under a name such as `train/loss`. */
export type Summary =
  | { tag: string; scalar: number }
  | { tag: string; histogram: Histogram }
  | { tag: string; text: string }
  | { tag: string; image: { png: Uint8Array; width: number; height: number } };

/** The first record of a file says of which kind it is. */
export const FILE_VERSION = "brain.Event:2";

/** @param seconds  since 1970. Source: tensorflow/core/util/event.proto */
export function encodeFirstEvent(seconds: number): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.Bit64)
    .double(seconds)
    .tag(3, WireType.LengthDelimited)
    .string(FILE_VERSION)
    .finish();
}

const STARTS = 1;

/** A run goes on: TensorBoard forgets what it was told of this step and later ones. Event.session_log, its status. */
export function encodeRestart(seconds: number, step: number): Uint8Array {
  const event = new BinaryWriter().tag(1, WireType.Bit64).double(seconds).tag(2, WireType.Varint).int64(step);
  return event.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(STARTS).join().finish();
}

/** @param seconds  since 1970. Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto */
export function encodeEvent(seconds: number, step: number, summaries: readonly Summary[]): Uint8Array {
  const event = new BinaryWriter().tag(1, WireType.Bit64).double(seconds).tag(2, WireType.Varint).int64(step);
  event.tag(5, WireType.LengthDelimited).fork();
  for (const summary of summaries) {
    event.tag(1, WireType.LengthDelimited).fork();
    event.tag(1, WireType.LengthDelimited).string(summary.tag);
    writeValue(event, summary);
    event.join();
  }
  return event.join().finish();
}

/** The fields of Summary.Value besides its tag. */
function writeValue(out: BinaryWriter, summary: Summary): void {
  if ("scalar" in summary) out.tag(2, WireType.Bit32).float(summary.scalar);
  else if ("histogram" in summary) writeHistogram(out, summary.histogram);
  else if ("image" in summary) writeImage(out, summary.image);
  else writeText(out, summary.text);
}

/** HistogramProto: min, max, num, sum, sum_squares, bucket_limit, bucket. */
function writeHistogram(out: BinaryWriter, { min, max, count, sum, sumOfSquares, limits, counts }: Histogram): void {
  out.tag(5, WireType.LengthDelimited).fork();
  for (const [i, value] of [min, max, count, sum, sumOfSquares].entries()) out.tag(i + 1, WireType.Bit64).double(value);
  for (const [field, values] of [
    [6, limits],
    [7, counts],
  ] as const) {
    out.tag(field, WireType.LengthDelimited).fork();
    for (const value of values) out.double(value);
    out.join();
  }
  out.join();
}

/** Summary.Image: height, width, colorspace (3: RGB), the file. */
function writeImage(
  out: BinaryWriter,
  { png, width, height }: { png: Uint8Array; width: number; height: number },
): void {
  out.tag(4, WireType.LengthDelimited).fork();
  for (const [i, value] of [height, width, 3].entries()) out.tag(i + 1, WireType.Varint).int32(value);
  out.tag(4, WireType.LengthDelimited).bytes(png).join();
}

const DT_STRING = 7;

/** A tensor of one string, and the plug-in that shows it. TensorProto: dtype, tensor_shape { dim { size } }, string_val. */
function writeText(out: BinaryWriter, text: string): void {
  out.tag(8, WireType.LengthDelimited).fork();
  out.tag(1, WireType.Varint).int32(DT_STRING);
  out
    .tag(2, WireType.LengthDelimited)
    .fork()
    .tag(2, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Varint)
    .int64(1)
    .join()
    .join();
  out.tag(8, WireType.LengthDelimited).bytes(new TextEncoder().encode(text)).join();
  out.tag(9, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
  out.tag(1, WireType.LengthDelimited).string("text").join().join();
}
