import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodePng } from "../../src/interchange/formats/png/encode.js";
import { decodeMessage } from "../../src/interchange/formats/protobuf/decode-message.js";
import { message } from "../../src/interchange/formats/protobuf/message.js";
import {
  crc32c,
  encodeEvent,
  encodeFirstEvent,
  encodeRecord,
  encodeRestart,
  histogramOf,
} from "../../src/interchange/formats/tfevents/index.js";

const others = createRequire(import.meta.url)("@roboflow/tfrecords/src/tensorFlowHelpers") as {
  crc32c(bytes: Uint8Array): number;
  maskCrc(crc: number): number;
};
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("a record", () => {
  test("has the checksum of the published check value", () => {
    expect(crc32c(bytesOf("123456789"))).toBe(0xe3069283);
    // RFC 3720, B.4: 32 bytes of zeros, of ones, and counting up.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  test("is framed as another implementation reads it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const record = encodeRecord(bytes);
        const view = new DataView(record.buffer);
        expect(record.length).toBe(bytes.length + 16);
        expect(view.getBigUint64(0, true)).toBe(BigInt(bytes.length));
        expect(view.getUint32(8, true)).toBe(others.maskCrc(others.crc32c(record.subarray(0, 8))) >>> 0);
        expect(record.subarray(12, -4)).toEqual(bytes);
        expect(view.getUint32(12 + bytes.length, true)).toBe(others.maskCrc(others.crc32c(bytes)) >>> 0);
      }),
    );
  });
});

/** The field numbers of event.proto, summary.proto and tensor.proto as they are published. Doubles are read as bytes of a list. */
const dim = message("Dim", { size: [1, "int"] });
const shape = message("TensorShapeProto", { dim: [2, () => dim, "many"] });
const tensor = message("TensorProto", {
  dtype: [1, "int"],
  shape: [2, () => shape],
  stringVal: [8, "string", "many"],
});
const plugin = message("PluginData", { pluginName: [1, "string"] });
const metadata = message("SummaryMetadata", { pluginData: [1, () => plugin] });
const histogram = message("HistogramProto", {
  min: [1, "packed", "many"],
  max: [2, "packed", "many"],
  num: [3, "packed", "many"],
  sum: [4, "packed", "many"],
  sumSquares: [5, "packed", "many"],
  bucketLimit: [6, "packed", "many"],
  bucket: [7, "packed", "many"],
});
const image = message("Image", {
  height: [1, "int"],
  width: [2, "int"],
  colorspace: [3, "int"],
  encoded: [4, "bytes"],
});
const value = message("Value", {
  tag: [1, "string"],
  simpleValue: [2, "float"],
  image: [4, () => image],
  histo: [5, () => histogram],
  tensor: [8, () => tensor],
  metadata: [9, () => metadata],
});
const summary = message("Summary", { value: [1, () => value, "many"] });
const session = message("SessionLog", { status: [1, "int"] });
const event = message("Event", {
  wallTime: [1, "packed", "many"],
  step: [2, "int"],
  fileVersion: [3, "string"],
  summary: [5, () => summary],
  sessionLog: [7, () => session],
});

// biome-ignore lint/suspicious/noExplicitAny: what a message holds is what the test asks
const decoded = (bytes: Uint8Array): any => decodeMessage(event, bytes, { op: "test", source: "event" });
const doubles = (packed: Uint8Array[]) => packed.flatMap((bytes) => [...new Float64Array(bytes.slice().buffer)]);

describe("an event", () => {
  test("says first of which kind the file is", () => {
    const found = decoded(encodeFirstEvent(1700000000.5));
    expect(found.fileVersion).toBe("brain.Event:2");
    expect(doubles(found.wallTime)).toEqual([1700000000.5]);
  });

  test("of a run that goes on makes later steps forgotten", () => {
    expect(decoded(encodeRestart(1, 41))).toMatchObject({ step: 41, sessionLog: { status: 1 } });
  });

  test("holds figures, histograms, texts and pictures", () => {
    const counts = histogramOf([1, 2, 2, 4])!;
    const png = encodePng(new Uint8Array(12), 2, 2);
    const found = decoded(
      encodeEvent(2, 300, [
        { tag: "train/loss", scalar: 1.5 },
        { tag: "weights/한", histogram: counts },
        { tag: "sample", text: "    <b>é" },
        { tag: "w", image: { png, width: 2, height: 3 } },
      ]),
    );
    expect(found.step).toBe(300);
    const [loss, weights, sample, picture] = found.summary.value;
    expect(loss).toMatchObject({ tag: "train/loss", simpleValue: 1.5 });
    expect(weights.tag).toBe("weights/한");
    expect(["min", "max", "num", "sum", "sumSquares"].flatMap((name) => doubles(weights.histo[name]))).toEqual([
      1, 4, 4, 9, 25,
    ]);
    expect(doubles(weights.histo.bucketLimit)).toHaveLength(30);
    expect(doubles(weights.histo.bucket).reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(sample).toMatchObject({
      tensor: { dtype: 7, shape: { dim: [{ size: 1 }] }, stringVal: ["    <b>é"] },
      metadata: { pluginData: { pluginName: "text" } },
    });
    expect(picture.image).toMatchObject({ height: 3, width: 2, colorspace: 3 });
    expect(picture.image.encoded).toEqual(png);
  });
});

describe("a histogram", () => {
  test("leaves out what is not finite, and has one bucket for one number", () => {
    expect(histogramOf([Number.NaN, Infinity])).toBeNull();
    expect(histogramOf([3, 3, Number.NaN])).toMatchObject({ count: 2, limits: [3], counts: [2] });
  });

  test("counts each number once, in the bucket that ends at or above it", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        const { limits, counts, max, count } = histogramOf(values)!;
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(count);
        expect(limits.at(-1)).toBe(max);
        expect([...limits].sort((a, b) => a - b)).toEqual(limits);
      }),
    );
  });
});

test("a PNG holds its pixels, and checksums that zlib agrees with", () => {
  const pixels = Uint8Array.from({ length: 18 }, (_, i) => 13 * i);
  const png = Buffer.from(encodePng(pixels, 3, 2));
  expect(png.toString("latin1", 1, 4)).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3, 2]);
  const at = png.indexOf("IDAT");
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  expect([...rows]).toEqual([0, ...pixels.subarray(0, 9), 0, ...pixels.subarray(9)]);
});
