/** What the pictures say in Korean. `{}` stands for a number; names of numbers (wh, dh, tanh) are the same in every language. */
export const KOREAN: Readonly<Record<string, string>> = {
  // Axes, and what several pictures say.
  "step t": "시점 t",
  "step {}": "시점 {}",
  "steps before the loss": "손실까지 남은 시점 수",
  "norm of dh": "dh의 노름",
  "norm of dh (log scale)": "dh의 노름 (로그 눈금)",
  value: "값",
  write: "쓰기",
  "state h": "상태 h",

  "The state after one pulse at step 1": "시점 1의 펄스 하나가 지나간 뒤의 상태",

  "One cell, rolled up and unrolled over five steps": "셀 하나: 접은 모습과 다섯 시점으로 펼친 모습",
  "One cell and its five copies: wx = {}, wh = {}, b = {}": "셀 하나와 그 사본 다섯: wx = {}, wh = {}, b = {}",
  cell: "셀",
  "Eight hidden units while a wave of period 12 goes in": "주기 12인 파동이 들어올 때의 은닉 유닛 여덟 개",
  "Blue is positive, orange negative; from left to right: step {} to {}.":
    "파랑은 양수, 주황은 음수. 왼쪽에서 오른쪽으로 시점 {}부터 {}까지.",
  "unit {}": "유닛 {}",

  "Three steps forward, three steps back, with their numbers": "앞으로 세 시점, 뒤로 세 시점, 그때의 수",
  "Forward (blue) and back (orange): wx = {}, wh = {}, target {}":
    "앞으로(파랑), 그리고 뒤로(주황): wx = {}, wh = {}, 목표 {}",
  loss: "손실",
  "The loss sends ∂L/∂h₃ back; every step passes on wh times its da, and leaves its own share of dwh.":
    "손실이 ∂L/∂h₃을 돌려보낸다. 시점마다 da에 wh를 곱해 넘겨주고, dwh에 제 몫을 남긴다.",
  "What each step gives to dWh (norm), the loss at step 12": "각 시점이 dWh에 보태는 크기(노름), 손실은 시점 12에",

  "The loss asks at steps 27 and 57: how far does the gradient reach?":
    "시점 27과 57에서 손실을 물을 때 기울기는 어디까지 닿는가",
  "step t (the dotted lines are the cuts)": "시점 t (점선은 자르는 곳)",
  "full BPTT": "전체 BPTT",
  truncated: "잘린 BPTT",
  "Which flag was last? Blocks of 5 steps, flags about 9 steps apart":
    "마지막 깃발은 무엇이었나? 5시점씩 자르고, 깃발 사이는 약 9시점",
  "steps of the stream read": "스트림에서 읽은 시점 수",
  "right answers, %": "정답률, %",
  "state carried": "상태를 이어 감",
  "state reset": "상태를 초기화",

  "A gradient on its way back: W_h by its spectral radius, tanh dashed":
    "거슬러 가는 기울기: W_h의 스펙트럼 반지름에 따라, 끊긴 선은 tanh",
  "{}, linear": "{}, 선형",
  "The mean slope 1 - h² of tanh, W_h of spectral radius 1.2": "tanh의 평균 기울기 1 - h², W_h의 스펙트럼 반지름 1.2",
  "inputs of size {}": "크기 {}인 입력",

  "A memory of one cell: write 0.8, keep it, show it, write -0.7, show it":
    "셀 하나의 기억: 0.8을 쓰고, 간직하고, 보이고, -0.7을 쓰고, 보인다",
  show: "보이기",
  "forget gate f": "망각 게이트 f",
  "candidate g": "후보 g",
  "input gate i": "입력 게이트 i",
  "output gate o": "출력 게이트 o",
  "cell state c": "셀 상태 c",
  "hidden state h": "은닉 상태 h",
  "A gradient on its way back: a tanh network and LSTMs, 32 units each, random weights":
    "거슬러 가는 기울기: 유닛 32개인 tanh 신경망과 LSTM, 무작위 가중치",
  "norm of dh and dc (log scale)": "dh와 dc의 노름 (로그 눈금)",

  "A memory of one GRU cell: write 0.8, keep it, write -0.7, keep it":
    "GRU 셀 하나의 기억: 0.8을 쓰고, 간직하고, -0.7을 쓰고, 간직한다",
  "reset gate r": "리셋 게이트 r",
  "update gate z": "업데이트 게이트 z",
  "candidate n": "후보 n",
  "Recall the first of 20 symbols: the loss while three cells learn":
    "기호 20개 중 첫째를 떠올리기: 세 셀이 배우는 동안의 손실",
  "training steps": "학습 스텝",
  "loss, nats": "손실, 내트",

  "Perplexity on text that was not trained on, beside models that count":
    "새 텍스트에서의 퍼플렉시티, 세기만 하는 모델과 함께",
  epochs: "에폭",
  perplexity: "퍼플렉시티",
  "each alone": "글자 하나씩",
  "the last one": "앞 한 글자",
  "the last two": "앞 두 글자",
  "LSTM, training": "LSTM, 학습 텍스트",
  "LSTM, new text": "LSTM, 새 텍스트",
  "What the model expects after “the wha”": "“the wha” 다음에 모델이 예상하는 글자",

  "The four kinds of sequence problem: which steps read, and which write":
    "시퀀스 문제의 네 종류: 어느 시점이 읽고 어느 시점이 쓰는가",
  "one to many": "일대다",
  "a frequency in, a wave out": "진동수를 넣으면 파동이 나온다",
  "many to one": "다대일",
  "votes in, the majority out": "표를 넣으면 다수가 나온다",
  "many to many, aligned": "정렬된 다대다",
  "bits in, bits of the sum out": "비트를 넣으면 합의 비트가 나온다",
  "many to many, unaligned": "정렬되지 않은 다대다",
  "a word in, then it backwards": "단어를 넣으면 거꾸로 나온다",
  "Green: inputs. Purple: outputs, which the loss looks at.": "초록: 입력. 보라: 손실이 보는 출력.",
  "Orange: the decoder, which begins with the encoder's last state.":
    "주황: 디코더. 인코더의 마지막 상태에서 시작한다.",
  "One number in, a wave out: drawn (solid) and wanted (dotted)":
    "수 하나가 들어가고 파동이 나온다: 실선은 나온 것, 점선은 바란 것",
};

/** Languages in which the pictures are drawn, and where each has its own: `figures`, `figures/ko`. */
export const FOLDERS = { en: "figures", ko: "figures/ko" } as const;

export type Language = keyof typeof FOLDERS;

let language: Language = "en";

/** Whatever `draw` draws says its words in this language. */
export function inLanguage<T>(wanted: Language, draw: () => T): T {
  const before = language;
  language = wanted;
  try {
    return draw();
  } finally {
    language = before;
  }
}

/** A picture's words in the language of the moment; what has none is left as it is. */
export function said(english: string): string {
  if (language === "en") return english;
  const numbers = english.match(NUMBER) ?? [];
  const korean = KOREAN[english] ?? KOREAN[english.replace(NUMBER, "{}")];
  return korean?.replace(/\{\}/g, () => numbers.shift() ?? "") ?? english;
}

const NUMBER = /-?\d+(\.\d+)?/g;
