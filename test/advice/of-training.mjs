import { writeFileSync } from "node:fs";

/** What the errors of fitting, saving, metrics and tasks advise: as in of-modules.mjs. */
export function ofTraining({ u, inner, io, languageModel, metrics, net, nn, optim, F, sgdOf, tensor, x }) {
  const { tasks, at } = inner;
  const pairs = () => [[x(4, 3), x(4, 2)]];
  const loss = F.mseLoss;
  const fit = (changes, model = net()) =>
    u.fit(model, { train: pairs(), loss, optimizer: sgdOf(model, 0.01), epochs: 1, ...changes });
  /** A fit of which a setting is made of the optimiser. */
  const fitWith = (settings) => {
    const model = net();
    const optimizer = sgdOf(model, 0.01);
    return u.fit(model, { train: pairs(), loss, optimizer, epochs: 1, ...settings(optimizer) });
  };
  const rate = (train) => {
    const model = net();
    return u.findLearningRate(model, { train, loss, optimizer: sgdOf(model, 0.01), steps: 3 });
  };
  const bare = () =>
    new (class extends nn.Module {
      inner = net();
    })();
  const forward = (model, [given]) => (model.inner ?? model).forward(given);
  const parts = (model = net()) => ({ model, optimizer: new optim.Adam(model.parameters()) });
  const bytesOf = (given) => io.toBytes(given);
  const broken = () => {
    const model = net();
    model.weight.set(Array(6).fill(Number.NaN));
    return model;
  };
  const once = function* () {
    yield* pairs();
  };
  const csv = { name: "t.csv", bytes: new TextEncoder().encode(`text,label\n${"good,a\nbad,b\n".repeat(8)}`) };
  const small = { hidden: 3, layers: 1, epochs: 1, batch: 4, valid: 0 };
  const trained = async () => (await tasks.train(csv, small)).model;
  const pairsOf = (text, more = {}) =>
    tasks.train({ name: "p.tsv", bytes: new TextEncoder().encode(text) }, { ...small, task: "seq2seq", ...more });
  const searched = (space, more = {}) => tasks.search(csv, { ...small, valid: 0.5, space, ...more });
  const folded = (folds, more = {}) => tasks.crossValidate(csv, { ...small, valid: undefined, folds, ...more });
  const alone = { name: "t.csv", bytes: new TextEncoder().encode("text,label\none,a\ntwo,a\nten,a\nsix,b\n") };
  class Cell {
    value = 1;
  }
  class Kept extends Cell {
    stateDict() {
      return { value: this.value };
    }
    loadStateDict({ value }) {
      this.value = value;
    }
  }
  const around = {};
  around.around = around;

  return {
    "Use an even one, such as ….": [
      () => pairsOf("source\ttarget\nab\tba\n", { bidirectional: true }),
      () => pairsOf("source\ttarget\nab\tba\n", { bidirectional: true, hidden: 4 }),
    ],
    "Write for example hidden=32,64.": [() => searched(""), () => searched("pooling=mean,max")],
    "Write for example …=….": [() => searched("pooling="), () => searched("pooling=mean")],
    "Write a setting, = and its values with commas between them, without blanks: hidden=32,64.": [
      () => searched("pooling mean, max"),
      () => searched("pooling=mean,max"),
    ],
    "Leave it out of what is searched over.": [
      () => searched("pooling=mean,max split=random,stratified"),
      () => searched("pooling=mean,max"),
    ],
    "Draw them at random: kind random.": [
      () => searched("lr=0.001..0.1", { kind: "grid" }),
      () => searched("lr=0.001..0.1", { kind: "random", trials: 2 }),
    ],
    "Leave trials out, or draw at random.": [
      () => searched("pooling=mean,max", { kind: "grid", trials: 2 }),
      () =>
        Promise.all([
          searched("pooling=mean,max", { kind: "grid" }),
          searched("pooling=mean,max", { kind: "random", trials: 2 }),
        ]),
    ],
    "Ask for more.": [
      () => searched("lr=0.001..0.1", { kind: "halving", trials: 1, epochs: 2 }),
      () => searched("lr=0.001..0.1", { kind: "halving", trials: 2, epochs: 2 }),
    ],
    "Hold a part out: valid 0.1.": [
      () => searched("pooling=mean,max", { valid: 0 }),
      () => searched("pooling=mean", { valid: 0.1 }),
    ],
    "Use … folds.": [() => folded(9), () => folded(8)],
    "Leave them out, or train without folds.": [
      () => tasks.crossValidate(alone, { ...small, valid: undefined, folds: 2 }),
      () => tasks.train(alone, small),
    ],
    "Use for example 1/5.": [
      () => tasks.train(csv, { ...small, fold: "5" }),
      () => tasks.train(csv, { ...small, fold: "1/5" }),
    ],
    "Leave fold out, or name no file.": [
      () => {
        writeFileSync(at("v.csv"), csv.bytes);
        return tasks.train(csv, { ...small, fold: "1/2", valid: at("v.csv") });
      },
      () => tasks.train(csv, { ...small, fold: "1/2" }),
    ],
    "Leave … out of ….": [
      () => tasks.train(csv, { ...small, condition: "text,label", task: "generate", text: "text" }),
      () => tasks.train(csv, { ...small, condition: "label", task: "generate", text: "text" }),
    ],
    "Leave … out, or name what stands between.": [
      () => pairsOf("ab_ba\n", { separator: "\n" }),
      async () => [await pairsOf("ab_ba\n", { separator: "_" }), await pairsOf("source\ttarget\nab\tba\n")],
    ],
    "Leave the row out.": [() => pairsOf("source\ttarget\nab\tba\nx\t\n"), () => pairsOf("source\ttarget\nab\tba\n")],
    "Put a space where the line breaks.": [
      () => pairsOf('source\ttarget\nab\t"b\na"\n', { targetTokens: "word" }),
      () => pairsOf('source\ttarget\nab\t"b a"\n', { targetTokens: "word" }),
    ],
    "Leave the row out, shorten it, or train with a larger maxLength.": [
      () => pairsOf("source\ttarget\nab\tba\nabc\tcba\n", { maxLength: 2 }),
      async () => [
        await pairsOf("source\ttarget\nab\tba\n", { maxLength: 2 }),
        await pairsOf("source\ttarget\nab\tba\nab\tca\n", { maxLength: 2 }),
        await pairsOf("source\ttarget\nab\tba\nabc\tcba\n", { maxLength: 3 }),
      ],
    ],
    "Use bfloat16, which has float32's range.": [
      () => io.encodeSafetensors({ a: { dtype: "float32", shape: [1], data: Float32Array.of(1e6) } }, undefined, { dtype: "float16" }),
      () => io.encodeSafetensors({ a: { dtype: "float32", shape: [1], data: Float32Array.of(1e6) } }, undefined, { dtype: "bfloat16" }),
    ], // biome-ignore format: one line
    'Write …("model.safetensors", ...).': [() => u.save("", net()), () => u.save(at("model.safetensors"), net())],
    "Each prediction has a list of its own, also where it holds one reference.": [
      () => metrics.bleu().add({ predicted: [["a", "b"]], references: ["ab"] }),
      () => metrics.bleu().add({ predicted: [["a", "b"]], references: [[["a", "b"]]] }),
    ],
    "Give forward: (model, batch) => output.": [() => fit({}, bare()), () => fit({ forward }, bare())],
    "For others, give forward: (model, batch) => output.": [
      () => fit({ train: [[[1, 2, 3], x(1, 2)]] }),
      () => fit({ train: [[[1, 2, 3], x(1, 2)]], forward: (model, [given]) => model.forward(tensor([given])) }),
    ],
    'A mean, as with reduction: "mean".': [
      () => fit({ loss: (y, target) => F.mseLoss(y, target, { reduction: "none" }) }),
      () => fit({ loss: (y, target) => F.mseLoss(y, target, { reduction: "mean" }) }),
    ],
    "Give [x, y] or { x, y }.": [
      () => fit({ train: [x(4, 3)] }),
      async () => {
        await fit({ train: pairs() });
        await fit({ train: [{ x: x(4, 3), y: x(4, 2) }] });
      },
    ],
    "Write loss: new nn.CrossEntropyLoss(), say.": [
      () => fit({ loss: nn.CrossEntropyLoss }),
      () => fit({ loss: new nn.CrossEntropyLoss(), train: [[x(4, 3), tensor([0, 1, 1, 0], { dtype: "int32" })]] }),
    ],
    'Write checkpoint: "last.safetensors", resume: true.': [
      () => fit({ resume: true }),
      () => fit({ checkpoint: at("last.safetensors"), resume: true }),
    ],
    "Look at the data: it is so before the first update.": [
      () => rate([[x(4, 3).div(0), x(4, 2)]]),
      () => rate(pairs()),
    ],
    "Name them: metrics: { mine: metric }.": [
      () => fit({ metrics: [metrics.rmse(), metrics.rmse()] }),
      () => fit({ metrics: { mine: metrics.rmse(), other: metrics.rmse() } }),
    ],
    "Write metrics: [metrics.accuracy({ classes })], say.": [
      () => fit({ metrics: ["accuracy"] }),
      () =>
        fit({
          ...{ loss: new nn.CrossEntropyLoss(), metrics: [metrics.accuracy({ classes: 2 })] },
          train: [[x(4, 3), tensor([0, 1, 1, 0], { dtype: "int32" })]],
        }),
    ],
    "Leave stateful out.": [() => fit({ stateful: true }), () => fit({})],
    "Write schedule: new optim.CosineAnnealingLR(optimizer, { tMax: epochs }), say.": [
      () => fit({ schedule: "cosine" }),
      () => fitWith((optimizer) => ({ schedule: new optim.CosineAnnealingLR(optimizer, { tMax: 1 }) })),
    ],
    "Write epochs: 10, or steps: 1000.": [
      () => fit({ epochs: undefined }),
      async () => {
        await fit({ epochs: 10 });
        await fit({ epochs: undefined, steps: 3 });
      },
    ],
    "Write optimizer: new optim.Adam(model.parameters()).": [
      () => fit({ optimizer: "adam" }),
      () => {
        const model = net();
        return fit({ optimizer: new optim.Adam(model.parameters()) }, model);
      },
    ],
    "… A clone() and to() have parameters of their own.": [
      () => fit({ optimizer: sgdOf(net(), 0.1) }),
      () => {
        const model = net().clone();
        return fit({ optimizer: new optim.Adam(model.parameters()) }, model);
      },
    ],
    "Give a list of [x, y], a loader, or a function that returns one.": [
      () => fit({ train: 3 }),
      async () => {
        await fit({ train: pairs() });
        await fit({ train: u.data.loader(pairs().map(([a, b]) => [a.select(0, 0), b.select(0, 0)]), { batchSize: 1 }) });
        await fit({ train: () => pairs() });
      },
    ], // biome-ignore format: one line
    "Give something that can be iterated over again, such as () => batches().": [
      () => fit({ train: once(), epochs: 2 }),
      () => fit({ train: () => once(), epochs: 2 }),
    ],
    "Give it batches.": [() => fit({ train: [] }), () => fit({ train: pairs() })],

    "Does it hold itself?": [() => bytesOf({ ...parts(), around }), () => bytesOf({ ...parts(), around: {} })],
    "Save what it is made from.": [() => bytesOf({ ...parts(), f: () => 2 }), () => bytesOf({ ...parts(), f: 2 })],
    "Use String(key).": [
      () => bytesOf({ ...parts(), map: new Map([[1, 2]]) }),
      () => bytesOf({ ...parts(), map: new Map([[String(1), 2]]) }),
    ],
    "Give its class stateDict() and loadStateDict(state).": [
      () => bytesOf({ ...parts(), cell: new Cell() }),
      () => io.fromBytes(bytesOf({ ...parts(), cell: new Kept() }), { ...parts(), cell: new Kept() }),
    ],
    'Write …("last.safetensors", { model, optimizer, step }).': [
      () => u.saveCheckpoint(at("last.safetensors"), net()),
      () => u.saveCheckpoint(at("last.safetensors"), { ...parts(), step: 3 }),
    ],
    "Give the parts that it was saved from; load() takes the weights alone.": [
      () => io.fromBytes(bytesOf(parts()), { model: net() }),
      async () => {
        io.fromBytes(bytesOf(parts()), parts());
        await u.saveCheckpoint(at("parts.safetensors"), parts());
        await u.load(at("parts.safetensors"), net());
      },
    ],
    "Of other files, load() takes the weights.": [
      async () => {
        await u.save(at("weights.safetensors"), net());
        await u.loadCheckpoint(at("weights.safetensors"), parts());
      },
      async () => {
        await u.save(at("weights.safetensors"), net());
        await u.load(at("weights.safetensors"), net());
      },
    ],
    "For an optimiser, numbers and more than one module, use saveCheckpoint() and loadCheckpoint().": [
      () => u.save(at("adam.safetensors"), new optim.Adam(net().parameters())),
      async () => {
        const given = () => ({ ...parts(), other: net(), step: 3 });
        await u.saveCheckpoint(at("adam.safetensors"), given());
        await u.loadCheckpoint(at("adam.safetensors"), given());
      },
    ],
    "A model with it answers nothing else: go back to an earlier one, with a smaller learning rate.": [
      () => u.save(at("model.safetensors"), broken()),
      () => u.save(at("model.safetensors"), net()),
    ],

    "Use for example 400.": [
      () => languageModel.resolveConfig({ lastHidden: "x" }),
      () => languageModel.resolveConfig({ lastHidden: 400 }),
    ],
    "Leave … out.": [
      () => languageModel.resolveConfig({ cell: "min-gru", zoneout: 0.1 }),
      () => languageModel.resolveConfig({ cell: "min-gru" }),
    ],
    "Of one text, pass [text].": [
      async () => {
        for await (const one of (await trained()).predict("good")) return one;
      },
      async () => {
        for await (const one of (await trained()).predict(["good"])) return one;
      },
    ],
    "This one has …().": [
      async () => (await trained()).generate(),
      async () => {
        const model = await trained();
        for await (const { label } of model.predict(["good"])) String(label);
        await model.evaluate(csv);
      },
    ],
  };
}
