import { grouped } from "../../../src/base/grouped.js";
import { scoreWordsKo } from "../score/words.js";
import type { Strings } from "./en.js";
import { learnWordsKo } from "./learn-words.js";
import { lookWordsKo } from "./look-words.js";

const number = (value: number): string => grouped(value);

export const ko: Strings = {
  language: "한국어",
  locale: "ko",
  studio: "Unrolled 스튜디오",
  views: { train: "훈련", look: "관찰", learn: "학습" },
  loading: "불러오는 중",
  theme: { label: "화면 색", auto: "시스템 설정", light: "밝게", dark: "어둡게" },
  choose: {
    title: "신경망에게 무엇을 가르칠까요?",
    lead: "예제를 고르거나 파일을 가져오세요. 신경망은 이 페이지에서, 여러분의 컴퓨터로 훈련하고, 가져온 파일은 밖으로 나가지 않습니다.",
    examples: {
      "moby-dick": {
        title: "글",
        sample: "Call me Ishmael. Some years ago—\nnever mind how long precisely—\nhaving little or no money in my",
        about: "《모비 딕》의 첫 장들을 한 글자씩 읽고, 이어서 쓰는 법을 배웁니다.",
      },
      "first-names": {
        title: "이름",
        sample: "Aaren → woman\nAaron → man\nAbagail → woman",
        about: "이름을 읽고 여자 이름인지 남자 이름인지 맞힙니다.",
      },
      births: {
        title: "시계열",
        sample: "1994-01-01   8,096\n1994-01-02   7,772\n1994-01-03  10,142",
        about: "앞으로 열나흘 동안 날마다 태어날 아이의 수를 예측합니다.",
      },
    },
    file: "파일 고르기",
    fileAbout: "또는 여기에 놓으세요: 글, 표(CSV, TSV), JSON Lines, 태그가 붙은 낱말.",
    others: { look: "훈련된 모델 들여다보기", learn: "셀이 하는 일을 숫자 하나하나로 배우기" },
    dropHere: "놓으세요. 무엇인지는 알아서 알아냅니다.",
    folder: "폴더는 읽을 수 없습니다. 그 안에서 배울 파일을 놓으세요.",
    noFile: "놓은 것에 파일이 없습니다. 파일을 놓거나 고르세요.",
    oneFile: (count) => `신경망은 파일 하나에서 배웁니다. ${count}개를 놓았으니 그중 하나를 놓으세요.`,
    kept: "이 브라우저에 남아 있는 것",
    served: "이 컴퓨터의 훈련 기록",
    look: (checkpoint) => `${checkpoint === "best" ? "가장 좋은 것" : "마지막 것"} 보기`,
    forget: (file) => `${file}의 기록 지우기`,
    steps: (step, total) => `${number(total)}단계 중 ${number(step)}`,
  },
  data: {
    other: "다른 데이터",
    file: "파일 고르기",
    reading: (isReading) => (isReading ? "읽는 중" : ""),
    as: "과제:",
    task: "과제",
    model: (title, parameters, bytes, steps) =>
      `${title}, 매개변수 ${number(parameters)}개; 훈련에는 약 ${bytes}와 ${number(steps)}단계가 듭니다.`,
    more: "무엇이 들어 있나",
    spread: (least, median, most) => `${least}–${most}, 중앙값 ${median}`,
    heldOut: "검증용",
  },
  settings: {
    title: "설정",
    sections: { data: "데이터", model: "모델", training: "훈련" },
    more: (count) => `${count}개 더`,
    undo: (key, value) => (value === null ? `${key} 되돌리기` : `${key} 되돌리기: ${value || "없음"}`),
    undoAll: (count) => (count === 0 ? "바꾼 설정이 없습니다" : `바꾼 설정 ${count}개 되돌리기`),
    none: "자동",
    problem: ({ must, value, fix }) => `It must ${must}, got ${value}. ${fix ?? ""}`,
  },
  controls: {
    title: "훈련",
    start: "시작",
    pause: "멈춤",
    go: "계속",
    step: "한 단계",
    space: "스페이스 바",
    dot: "마침표 (.)",
    back: (step) => `${number(step)}단계로`,
    rate: "학습률",
    halve: "학습률의 ½로",
    double: "학습률의 2×로",
    progress: "마친 단계",
    phase: (phase) =>
      ({ running: "훈련 중", paused: "멈춤", ended: "끝남", failed: "문제가 생김" })[phase ?? ""] ?? "시작 전",
    where: (step, total, epoch) => `${number(total)}단계 중 ${number(step)}${epoch > 0 ? `, ${epoch}번째 에폭` : ""}`,
  },
  figures: {
    curves: "곡선",
    loss: "손실",
    training: "훈련",
    heldOut: "검증",
    metric: "지표",
    gradNorm: "기울기 노름",
    perSecond: (unit) => (unit === "" ? "속도" : `${unit}/초`),
    left: "남은 시간",
    time: (seconds) =>
      seconds < 60
        ? `${seconds}초`
        : seconds < 3600
          ? `${Math.round(seconds / 60)}분`
          : `${(seconds / 3600).toFixed(1)}시간`,
  },
  samples: {
    title: "지금 할 수 있는 것",
    writes: "모델이 쓰는 글",
    answers: "모델의 대답",
    none: "훈련을 시작하면 모델이 쓰거나 대답한 것이 여기에 나옵니다.",
    input: "질문",
    before: "여기까지 온 과정",
    atStep: (step) => `${number(step)}단계`,
  },
  timeline: { title: "훈련 시간", at: (step) => `${number(step)}단계의 체크포인트` },
  exports: {
    title: "내보내기",
    model: "모델 (.safetensors)",
    forToolkit: (name) => `${name}용 모델`,
    code: "이 실험의 코드 (.ts)",
    link: "링크 복사",
    copied: "복사함: 똑같은 비트로 훈련합니다",
    picture: (title, kind) => `${title}, ${kind.toUpperCase()} 파일로`,
  },
  look: lookWordsKo,
  score: scoreWordsKo,
  learn: learnWordsKo,
};
