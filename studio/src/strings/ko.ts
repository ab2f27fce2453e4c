import type { Strings } from "./en.js";

export const ko: Strings = {
  language: "한국어",
  studio: "Unrolled 스튜디오",
  views: { train: "훈련", look: "관찰", learn: "학습" },
  loading: "불러오는 중",
  theme: { label: "화면 색", auto: "시스템 설정", light: "밝게", dark: "어둡게" },
  look: { empty: "모델을 훈련하거나 여기에 끌어다 놓으면 안을 들여다볼 수 있습니다." },
  learn: { empty: "여기서 셀 하나를 한 단계씩 펼칩니다." },
};
