/**
 * The worker: trains, saves into the page's own file system every few steps, and goes on from there after a reload. It imports the
 * package's modules as they lie in node_modules/unrolled/dist, which the server shows as /unrolled/.
 */
import * as unrolled from "./unrolled/index.js";

const { data, loadCheckpoint, nn, noGrad, optim, saveCheckpoint, startThreads, tensor, text, train, zeros } = unrolled;
const FILE = "char-model.safetensors";
const [STEPS, SAVE_EVERY, HIDDEN, BATCH] = [2000, 10, 96, 16];

class CharModel extends nn.Module {
  constructor(size) {
    super();
    this.embed = new nn.Embedding(size, 32);
    this.lstm = new nn.LSTM(32, HIDDEN);
    this.head = new nn.Linear(HIDDEN, size);
  }

  forward(ids, state) {
    const [y, next] = this.lstm.forward(this.embed.forward(ids), state);
    return [this.head.forward(y), next];
  }
}

let forgotten = false;
self.onmessage = () => {
  forgotten = true;
};

/** What the model writes, the likeliest character each time. */
function sample(model, vocabulary, prompt, length) {
  return noGrad(() => {
    let [ids, state, written] = [[...vocabulary.encode(prompt)], undefined, prompt];
    for (let i = 0; i < length; i++) {
      const [logits, next] = model.forward(tensor(Int32Array.from(ids), { shape: [ids.length, 1] }), state);
      const last = logits.argmax(-1).data().at(-1);
      [ids, state] = [[last], next];
      written += vocabulary.decode([last]);
    }
    return written;
  });
}

const corpus = await (await fetch("corpus.txt")).text();
const vocabulary = text.CharVocabulary.fromText(corpus, { maxSize: 65, unknown: true });
const batches = new data.StreamBatcher(vocabulary.encode(corpus), { batchSize: BATCH, seqLen: 32 });
const model = new CharModel(vocabulary.size);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.003 });
let state = { h: zeros([1, BATCH, HIDDEN]), c: zeros([1, BATCH, HIDDEN]) };
const parts = (step) => ({ model, optimizer, batches, ...state, step });

const { name, variant, threads } = await startThreads();
const found = await loadCheckpoint(FILE, parts(0)).catch((error) => {
  if (error.name !== "FileError") throw error; // none was saved yet
  return { step: 0 };
});
const from = found.step === 0 ? "" : `, goes on after step ${found.step}`;
postMessage({ engine: `${name} ${variant}, threads: ${threads}${from}` });

for (let step = found.step + 1; step <= STEPS; step++) {
  const { inputs, targets, shape } = batches.next();
  const [logits, next] = model.forward(tensor(inputs, { shape }), state);
  const loss = nn.functional.crossEntropy(logits, tensor(targets, { shape }));
  optimizer.zeroGrad();
  loss.backward();
  nn.utils.clipGradNorm(model.parameters(), 5);
  optimizer.step();
  state = nn.utils.detachState(next);
  postMessage({ step, steps: STEPS, loss: loss.item() });
  if (step % SAVE_EVERY === 0) {
    await saveCheckpoint(FILE, parts(step));
    postMessage({ sample: sample(model, vocabulary, "The ", 200) });
  }
  await train.pause(); // messages from the page come in here
  if (forgotten) {
    await (await navigator.storage.getDirectory()).removeEntry(FILE).catch(() => {}); // where none was saved yet
    postMessage({ forgotten });
    break;
  }
}
