import type { Target } from "./target.js";

/** Every format that models are written in, a row each. */
export const TARGETS: readonly Target[] = [
  {
    name: "pytorch",
    title: "PyTorch",
    writes: "weights (.pt), a module in Python (.py) and what it reads and tells (.json)",
    precisions: ["float32", "float16", "int8"],
    load: async () => (await import("./pytorch/index.js")).pytorchWriter,
  },
  {
    name: "onnx",
    title: "ONNX",
    writes: "a graph for whole sequences, and one for the next step of a stream (.onnx)",
    precisions: ["float32", "float16", "int8"],
    load: async () => (await import("./onnx/index.js")).onnxWriter,
  },
  {
    name: "safetensors",
    title: "safetensors",
    writes: "one file that unrolled reads again",
    precisions: ["float32", "float16", "int8"],
    load: async () => (await import("./safetensors.js")).safetensorsWriter,
  },
  {
    name: "keras",
    title: "Keras",
    writes: "one file (.keras) for Keras 3 and TensorFlow; needs the package h5wasm",
    precisions: ["float32"],
    load: async () => (await import("./keras/index.js")).kerasWriter,
  },
  {
    name: "tfjs",
    title: "TensorFlow.js",
    writes: "a layers model (model.json, weights.bin)",
    precisions: ["float32"],
    load: async () => (await import("./keras/index.js")).tfjsWriter,
  },
  {
    name: "ts",
    title: "TypeScript",
    writes: "one module (.ts) with the weights inside that needs nothing else",
    precisions: ["float32", "float16", "int8"],
    load: async () => (await import("./ts/index.js")).typescriptWriter,
  },
  {
    name: "js",
    title: "JavaScript",
    writes: "one module (.js) with the weights inside that needs nothing else, and its types (.d.ts)",
    precisions: ["float32", "float16", "int8"],
    load: async () => (await import("./ts/index.js")).javascriptWriter,
  },
];
