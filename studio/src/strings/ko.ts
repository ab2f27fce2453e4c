import { scoreWordsKo } from "../score/words.js";
import type { Strings } from "./en.js";
import { lookWordsKo } from "./look-words.js";

export const ko: Strings = {
  language: "한국어",
  studio: "Unrolled 스튜디오",
  views: { train: "훈련", look: "관찰", learn: "학습" },
  loading: "불러오는 중",
  theme: { label: "화면 색", auto: "시스템 설정", light: "밝게", dark: "어둡게" },
  look: lookWordsKo,
  score: scoreWordsKo,
  learn: { empty: "여기서 셀 하나를 한 단계씩 펼칩니다." },
};
