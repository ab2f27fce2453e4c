import type { CheckName, Values } from "../../../src/tasks/health/checks.js";
import type { Warning } from "../../../src/tasks/health/warnings.js";

type Words = Readonly<
  Record<CheckName, readonly [found: (values: Values) => string, todo: (values: Values) => string]>
>;

/** What is wrong with a model, in Korean: what the library itself says in English. */
const KOREAN: Words = {
  "not-finite": [
    ({ what }) => `${what}에 수가 아니거나 유한하지 않은 값이 있습니다.`,
    ({ settings }) => `그 전의 체크포인트로 돌아가 이렇게 이어서 훈련하세요: ${settings}.`,
  ],
  "large-weights": [
    ({ name, size }) => `${name}의 가중치 크기가 ${size}입니다. 잘 배우는 신경망의 몇 배입니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  exploding: [
    ({ layer, factor, steps }) => `기울기가 폭발합니다: ${layer}에서 ${steps}단계를 거슬러 가며 ${factor}배가 됩니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  guess: [
    ({ guess, count }) => `값 ${count}개에서 어림짐작(${guess})보다 낫지 않습니다.`,
    ({ settings }) => `더 오래 훈련하거나(${settings}), 배운 것과 같은 종류의 자료를 읽히세요.`,
  ],
  "one-answer": [
    ({ only, count }) => `${count}개 모두에 내용과 상관없이 ${only}라고 답합니다.`,
    ({ settings }) => `이렇게 다시 훈련하고(${settings}), 훈련 자료에 다른 답이 충분히 있는지 살펴보세요.`,
  ],
  overconfident: [
    ({ mean, right }) => `지나치게 확신합니다: 평균 ${mean} %라고 하지만 ${right} %만 맞습니다.`,
    ({ settings }) => `훈련 자료를 외웠습니다. 이렇게 다시 훈련하거나(${settings}), 자료를 늘리세요.`,
  ],
  vanishing: [
    ({ horizon, steps }) => `기울기가 사라집니다: ${steps}단계 가운데 ${horizon}단계까지만 거슬러 갑니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  saturated: [
    ({ layer, gate, share }) => `${layer}의 ${gate} 값 ${share} %가 양 끝에 있어 기울기가 지나가지 못합니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}. 평평한 유닛은 거의 배우지 못합니다.`,
  ],
  dead: [
    ({ layer, units, constant }) =>
      `${layer}의 유닛 ${units}개 가운데 ${constant}개가 무엇을 읽어도 움직이지 않습니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  "attention-even": [
    () => "어텐션이 모든 단계를 똑같이 봅니다. 아무것도 보지 않는 셈입니다.",
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  "attention-stuck": [
    ({ place }) => `어텐션이 무엇을 쓰든 한 곳(${place}번째 토큰)에 머뭅니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  endless: [
    ({ limit }) => `끝을 쓰지 않습니다: 토큰 ${limit}개라는 한도에서만 멈춥니다.`,
    ({ settings }) => `더 오래 훈련하세요: ${settings}.`,
  ],
  unknown: [
    ({ share }) => `토큰의 ${share} %를 본 적이 없어 서로 구별하지 못합니다.`,
    ({ settings }) => `이런 글로 훈련하세요${settings}.`,
  ],
  outside: [
    ({ name, most, share }) =>
      `${name}의 수 가운데 ${share} %가 훈련 때 본 범위를 크게 벗어납니다. 표준편차의 ${most}배까지 떨어져 있습니다.`,
    ({ name }) => `${name}의 단위와 소수점이 훈련 때와 같은지 보세요. 같다면 그 범위까지 닿는 자료로 훈련하세요.`,
  ],
  "no-width": [
    () => "예측 구간에 폭이 없습니다: 모든 예측을 확실하다고 여깁니다.",
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  narrow: [
    ({ held, count }) => `80 % 구간이 마지막 값 ${count}개 가운데 ${held} %만 담습니다.`,
    ({ settings }) => `이렇게 다시 훈련하세요: ${settings}.`,
  ],
  flagged: [
    ({ share, expected }) => `${share} %를 이상하다고 합니다. ${expected} % 정도여야 합니다.`,
    ({ settings }) => `이런 자료로 훈련하거나, 문턱을 높이세요: ${settings}.`,
  ],
};

/** What the library puts into values in words. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/ or (?=--)/, " 또는 "],
  [/^, with /, ": "],
  [/^always saying their mean$/, "늘 평균을 말하기"],
  [/^always saying (.*)$/, "늘 $1라고 말하기"],
  [/^always writing one text$/, "늘 한 글을 쓰기"],
  [/^saying what was a season before$/, "한 주기 전의 값을 말하기"],
  [/^a guess among its (\d+) tokens, which costs ([\d.]+) nats$/, "토큰 $1개 가운데 찍기, $2 nats"],
  [/^layer /, "층 "],
];

function koreanValues(values: Values): Values {
  const inKorean = (value: string | number) =>
    PARTS.reduce<string | number>(
      (text, [part, to]) => (typeof text === "string" ? text.replace(part, to) : text),
      value,
    );
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, inKorean(value)]));
}

export const healthWords = {
  warnings: "what is wrong, and what to do",
  found: ({ found }: Warning): string => `${found}.`,
  todo: ({ fix }: Warning): string => fix,
};

export const healthWordsKo: typeof healthWords = {
  warnings: "문제와 해결 방법",
  found: ({ check, values }) => KOREAN[check][0](koreanValues(values)),
  todo: ({ check, values }) => KOREAN[check][1](koreanValues(values)),
};
