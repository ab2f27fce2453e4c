import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import * as dtln from "../../examples/zoo/dtln.js";
import * as nnsplit from "../../examples/zoo/nnsplit.js";
import * as silero from "../../examples/zoo/silero-vad.js";
import { bytesOf, samplesOf } from "../../examples/zoo/support.js";
import { readOnnx } from "../../src/interchange/index.js";
import { NO_RUNTIME } from "../interchange/onnx/onnxruntime.js";
import { expectClose } from "../support/close.js";
import { describeModels, MODELS, modelBytes, modelJson, numbersOf, type StoredTensor } from "../support/models.js";

const PAGES = { "silero-vad": silero, nnsplit, dtln };

describeModels(["silero-vad", "nnsplit-en", "dtln"], "the pages of the zoo", () => {
  test("Silero hears what it should", () => {
    const { onnx, tolerance } = modelJson<{
      onnx: { probabilities: StoredTensor; states_after_chunk: Record<string, StoredTensor> };
      tolerance: { probability_abs: number; state_abs: number };
    }>("silero-vad", "expected.json");
    const { speech, state } = silero.listen(
      modelBytes("silero-vad", "silero_vad_16k_op15.onnx"),
      samplesOf(modelBytes("silero-vad", "speech.wav")),
    );
    expectClose(speech, numbersOf(onnx.probabilities), { rtol: 0, atol: tolerance.probability_abs });
    expectClose(state.data(), numbersOf(onnx.states_after_chunk["121"]!), { rtol: 0, atol: tolerance.state_abs });
  });

  test("nnsplit cuts where it should", () => {
    const { cases } = modelJson<{
      cases: { text?: string; input: StoredTensor; pieces?: Record<"Sentence" | "Token", string[]> }[];
    }>("nnsplit-en", "expected.json");
    const model = readOnnx(modelBytes("nnsplit-en", "model.onnx")).toModule();
    const whole = cases.filter(({ pieces }) => pieces !== undefined);
    expect(whole.length).toBeGreaterThan(1);
    for (const { text, input, pieces } of whole) {
      expect([...nnsplit.padded(text!)]).toEqual(numbersOf(input));
      const logits = nnsplit.logitsOf(model, text!).data();
      expect(nnsplit.split(text!, logits, "Sentence")).toEqual(pieces!.Sentence);
      expect(nnsplit.split(text!, logits, "Token")).toEqual(pieces!.Token);
    }
  });

  test("DTLN gives the samples that it should", async () => {
    const { enhanced, tolerance } = modelJson<{ enhanced: StoredTensor; tolerance: { sample_abs: number } }>(
      "dtln",
      "expected.json",
    );
    const stages = [
      dtln.stageOf(modelBytes("dtln", "model_1.onnx")),
      dtln.stageOf(modelBytes("dtln", "model_2.onnx")),
    ] as const;
    const found = await dtln.enhance(samplesOf(modelBytes("dtln", "noisy.wav")), stages);
    expectClose(found, numbersOf(enhanced), { rtol: 0, atol: tolerance.sample_abs });
  });

  test.each(Object.entries(PAGES))(`%s prints both times${NO_RUNTIME && `, ${NO_RUNTIME}`}`, async (_, page) => {
    const lines: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    await page.main([MODELS]).finally(() => log.mockRestore());
    expect(lines.join("\n")).toMatch(/Unrolled: [\d.]+ m?s/);
    if (NO_RUNTIME === "") expect(lines.join("\n")).toMatch(/onnxruntime: [\d.]+ m?s/);
  });
});

test("a page says where it looked for its model", () => {
  expect(() => bytesOf("nowhere", "a.onnx")).toThrow("there is no nowhere/a.onnx: name the folder of the models");
});

test.each(Object.keys(PAGES))("%s is a page of under 80 lines", (name) => {
  expect(readFileSync(`examples/zoo/${name}.ts`, "utf8").split("\n").length).toBeLessThanOrEqual(80);
});
