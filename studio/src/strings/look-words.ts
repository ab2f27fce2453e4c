import { grouped } from "../../../src/base/grouped.js";
import { healthWords, healthWordsKo } from "./health-words.js";

/** What Look says. */
export const lookWords = {
  ...healthWords,
  model: "model",
  compare: "compare with",
  none: "nothing",
  live: "the run in training",
  open: "open a model …",
  dropHere: "drop a model here",
  noModel: (name: string): string =>
    `${name === "" ? "There was no file in what was dropped" : `${name} is no model`}. Drop a checkpoint of Unrolled (.safetensors) or a model of PyTorch, ONNX or TensorFlow.js; data to learn from belong to Train.`,
  hdf5: (name: string): string =>
    `${name} is a file of HDF5, as Keras writes it, which a page cannot read. \`npx unrolled import ${name}\` makes a run of it (after \`npm install h5wasm\`): drop its best.safetensors here.`,
  text: "what it reads",
  read: "look",
  reading: "reading …",
  twice: "both",
  difference: "difference",
  empty: "Look inside a recurrent network",
  emptyText:
    "Every step of what it reads, and under it what it expected, how surprised it was, its gates, its units, and where each prediction comes from.",
  emptyDrop:
    "Drop a checkpoint of Unrolled, or a model of PyTorch, ONNX or TensorFlow.js with its vocabulary beside it. Or let one be trained here, in seconds:",
  examples: {
    "moby-dick": { title: "a reader of Moby-Dick", about: "a language model of characters" },
    "first-names": { title: "a judge of first names", about: "a classifier that reads letter by letter" },
    births: { title: "a forecaster of births", about: "two weeks ahead, with its bands" },
  } as Readonly<Record<string, { title: string; about: string }>>,
  training: (step: number, total: number): string => `training: step ${step} of ${total}`,
  parameters: "parameters",
  unit: (name: string): string => `What ${name} does`,
  highest: "highest",
  lowest: "lowest",
  alike: "goes with",
  places: "Places like it",
  searched: (count: number): string => `of ${grouped(count)} steps`,
  noUnits: "No unit stays beyond ±0.3 throughout the selection: select fewer steps.",
  otherText: "another text to look through",
  close: "close",
  history: "training time",
  newest: "now",
  step: (step: number): string => `step ${grouped(step)}`,
  untrained: "before the first step",
  unitLayer: "units of",
};

export type LookWords = typeof lookWords;

export const lookWordsKo: LookWords = {
  ...healthWordsKo,
  model: "모델",
  compare: "비교",
  none: "없음",
  live: "훈련 중인 모델",
  open: "모델 열기 …",
  dropHere: "여기에 모델을 놓으세요",
  noModel: (name) =>
    `${name === "" ? "놓은 것에 파일이 없습니다" : `${name}: 모델이 아닙니다`}. Unrolled의 체크포인트(.safetensors)나 PyTorch, ONNX, TensorFlow.js 모델을 놓으세요. 배울 자료는 훈련에서 놓습니다.`,
  hdf5: (name) =>
    `${name}: Keras가 쓰는 HDF5 파일은 페이지에서 읽을 수 없습니다. \`npm install h5wasm\` 뒤에 \`npx unrolled import ${name}\`을 실행하고, 만들어진 best.safetensors를 여기에 놓으세요.`,
  text: "읽을 글",
  read: "보기",
  reading: "읽는 중 …",
  twice: "둘 다",
  difference: "차이",
  empty: "순환 신경망의 안을 봅니다",
  emptyText:
    "읽는 단계마다 무엇을 예상했고 얼마나 놀랐는지, 게이트와 유닛은 어땠는지, 예측이 어디서 왔는지를 그 아래에 보여 줍니다.",
  emptyDrop:
    "Unrolled의 체크포인트나 PyTorch, ONNX, TensorFlow.js 모델을 어휘 파일과 함께 놓으세요. 아니면 여기서 몇 초 만에 하나를 훈련하세요:",
  examples: {
    "moby-dick": { title: "모비 딕을 읽는 모델", about: "글자 단위 언어 모델" },
    "first-names": { title: "이름을 가리는 모델", about: "한 글자씩 읽는 분류기" },
    births: { title: "출생아 수를 예측하는 모델", about: "2주 앞을 구간과 함께" },
  },
  training: (step, total) => `훈련 중: ${total}단계 중 ${step}단계`,
  parameters: "개 매개변수",
  unit: (name) => `${name}이 하는 일`,
  highest: "가장 높은 곳",
  lowest: "가장 낮은 곳",
  alike: "함께 움직이는 유닛",
  places: "비슷한 곳",
  searched: (count) => `${grouped(count)}단계 가운데`,
  noUnits: "선택한 모든 단계에서 ±0.3을 넘는 유닛이 없습니다. 더 짧게 선택하세요.",
  otherText: "찾아볼 다른 글",
  close: "닫기",
  history: "훈련 시간",
  newest: "지금",
  step: (step) => `${grouped(step)}단계`,
  untrained: "첫 단계 전",
  unitLayer: "유닛:",
};
