/** What the library calls tracks, curves and what units follow, in Korean. `{}` stands for a layer: `1`, `encoder 1 reverse`. */
const KOREAN = new Map(
  Object.entries({
    text: "글",
    next: "다음",
    surprise: "놀라움",
    gradient: "기울기",
    "answer so far": "여기까지의 답",
    "gates {}": "게이트 {}",
    "units {}": "유닛 {}",
    "state {}": "상태 {}",
    "input {}": "입력 {}",
    "forget {}": "망각 {}",
    "candidate {}": "후보 {}",
    "output {}": "출력 {}",
    "reset {}": "리셋 {}",
    "update {}": "업데이트 {}",
    state: "상태",
    input: "입력",
    forget: "망각",
    candidate: "후보",
    output: "출력",
    reset: "리셋",
    update: "업데이트",
    "the place in the line": "줄 안의 자리",
    "the place in the word": "낱말 안의 자리",
    "the place in the sentence": "문장 안의 자리",
    "the inside of quotation marks": "따옴표 안",
    "the inside of brackets": "괄호 안",
    blanks: "빈칸",
    "line breaks": "줄바꿈",
    vowels: "모음",
    consonants: "자음",
    "capital letters": "대문자",
    digits: "숫자",
    punctuation: "문장 부호",
  }),
);

const LAYER = / ((?:\w+ )?\d+(?: reverse)?)$/;

/** A name in Korean; one that the data bring is left as it is. */
export function namedInKorean(name: string): string {
  const whole = KOREAN.get(name);
  if (whole !== undefined) return whole;
  const [, layer = ""] = LAYER.exec(name) ?? [];
  return KOREAN.get(name.replace(LAYER, " {}"))?.replace("{}", layer.replace("reverse", "거꾸로")) ?? name;
}
