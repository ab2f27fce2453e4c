import { expect, test } from "vitest";
import { samplesOf } from "../../../examples/zoo/support.js";
import { noGrad, type Tensor, tensor, zeros } from "../../../src/index.js";
import { readOnnx } from "../../../src/interchange/index.js";
import { expectClose } from "../../support/close.js";
import {
  describeModels,
  modelBytes,
  modelJson,
  numbersOf,
  type StoredTensor,
  storedTensor,
} from "../../support/models.js";

function modelOf(...path: string[]) {
  return readOnnx(modelBytes(...path), { source: path.at(-1) }).toModule();
}

interface Silero {
  onnx: { probabilities: StoredTensor; states_after_chunk: Record<string, StoredTensor> };
  tolerance: { probability_abs: number; state_abs: number };
}

interface NnSplit {
  cases: { text: string; input: StoredTensor; output: StoredTensor }[];
  tolerance: { logit_abs: number };
}

interface DtlnFirst {
  input_2: StoredTensor;
  activation_2: StoredTensor;
  state_after_frame: Record<string, StoredTensor>;
  tolerance: { mask_abs: number; state_abs: number };
}

const step = (x: StoredTensor, i: number): Tensor => {
  const width = x.shape[2]!;
  return tensor(numbersOf(x).slice(i * width, (i + 1) * width), { shape: [1, 1, width] });
};

describeModels(["silero-vad", "nnsplit-en", "dtln"], "models that others trained", () => {
  test("Silero hears speech chunk by chunk, its state carried", () => {
    const { onnx, tolerance } = modelJson<Silero>("silero-vad", "expected.json");
    const model = modelOf("silero-vad", "silero_vad_16k_op15.onnx");
    const samples = samplesOf(modelBytes("silero-vad", "speech.wav"));
    const probabilities = numbersOf(onnx.probabilities);
    const sr = tensor(16000, { dtype: "int32" });
    let state = zeros(2, 1, 128);
    for (const [i, expected] of probabilities.entries()) {
      const input = new Float32Array(576);
      input.set(samples.subarray(Math.max(0, i * 512 - 64), (i + 1) * 512), i === 0 ? 64 : 0);
      const { output, stateN } = noGrad(() => model.run({ input: tensor(input, { shape: [1, 576] }), state, sr }));
      state = stateN!;
      expectClose([output!.item()], [expected], { rtol: 0, atol: tolerance.probability_abs }, `chunk ${i}`);
      const after = onnx.states_after_chunk[i];
      if (after) expectClose(state.data(), numbersOf(after), { rtol: 0, atol: tolerance.state_abs }, `state ${i}`);
    }
    expect(probabilities.length).toBe(122);
  });

  test("nnsplit cuts text", () => {
    const { cases, tolerance } = modelJson<NnSplit>("nnsplit-en", "expected.json");
    const model = modelOf("nnsplit-en", "model.onnx");
    expect(model.metadata.get("split_sequence")).toContain("Sentence");
    for (const { input, output, text } of cases) {
      const found = noGrad(() => model.forward(storedTensor(input)));
      expect(found.shape).toEqual(output.shape);
      expectClose(found.data(), numbersOf(output), { rtol: 0, atol: tolerance.logit_abs }, text);
    }
  });

  test.each([
    { file: "model_1", expectedIn: "input_2", expectedOut: "activation_2", tolerance: "mask_abs" },
    { file: "model_2", expectedIn: "input_4", expectedOut: "conv1d_3", tolerance: "frame_abs" },
  ])("DTLN's $file takes noise away frame by frame", ({ file, tolerance }) => {
    const expected = modelJson<Record<string, StoredTensor> & DtlnFirst>("dtln", `expected_${file}.json`);
    const bounds = expected.tolerance as unknown as Record<string, number>;
    const model = modelOf("dtln", `${file}.onnx`);
    const [input, stateIn] = model.inputs.map(({ name }) => name) as [string, string];
    const [output, stateOut] = model.outputs.map(({ name }) => name) as [string, string];
    let state = zeros(1, 2, 128, 2);
    const frames = expected[input]!.shape[1]!;
    const wanted = numbersOf(expected[output]!);
    const width = expected[output]!.shape[2]!;
    for (let i = 0; i < frames; i++) {
      const found = noGrad(() => model.run({ [input]: step(expected[input]!, i), [stateIn]: state }));
      state = found[stateOut]!;
      const part = wanted.slice(i * width, (i + 1) * width);
      expectClose(found[output]!.data(), part, { rtol: 0, atol: bounds[tolerance]! }, `frame ${i}`);
      const after = expected.state_after_frame[i];
      if (after) expectClose(state.data(), numbersOf(after), { rtol: 0, atol: bounds["state_abs"]! }, `state ${i}`);
    }
    expect(frames).toBe(20);
  });
});
