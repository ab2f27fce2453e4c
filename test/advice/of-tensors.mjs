/**
 * What the errors of the library advise, each by its text as `adviceIn` of tools/support/advice.mjs finds it (`…` for what is filled in):
 * a call that gets the advice, and what it becomes when that is followed. Plain JavaScript, because the first of each is a mistake.
 */
export function ofTensors({
  u,
  config,
  corpus,
  entry,
  trained,
  ids,
  io,
  languageModel,
  leaf,
  lstm,
  model,
  net,
  nn,
  packed,
  rand,
  randn,
  squareSum,
  tensor,
  text,
  train,
  x,
}) {
  return {
    "For a second derivative, compute the first by operations and call backward() on that, or take the difference of the gradients at two points.":
      [
        () => squareSum(leaf(2)).backward(undefined, { createGraph: true }),
        () => {
          const w = leaf(2);
          w.mul(2).sum().backward();
        },
      ],
    "Was it computed inside noGrad(), or from detached tensors?": [
      () => u.noGrad(() => squareSum(leaf(2))).backward(),
      () => squareSum(leaf(2)).backward(),
    ],
    "Reduce it with mean() or sum(), or pass backward(gradient).": [
      () => leaf(2).mul(2).backward(),
      () => {
        leaf(2).mul(2).mean().backward();
        leaf(2).mul(2).sum().backward();
        leaf(2).mul(2).backward(x(2));
      },
    ],
    "Options come second: backward(undefined, { retainGraph: true }).": [
      () => squareSum(leaf(2)).backward({ retainGraph: true }),
      () => squareSum(leaf(2)).backward(undefined, { retainGraph: true }),
    ],
    "Detach the carried state, or pass { retainGraph: true } the first time.": [
      () => {
        const loss = squareSum(leaf(2));
        loss.backward();
        loss.backward();
      },
      () => {
        const loss = squareSum(leaf(2));
        loss.backward(undefined, { retainGraph: true });
        loss.backward();
        const m = lstm();
        const [y, state] = m.forward(x(2, 1, 3));
        y.sum().backward();
        const [next] = m.forward(x(2, 1, 3), nn.utils.detachState(state));
        next.sum().backward();
      },
    ],
    "Call backward() before …, run the forward pass again after it, or ….": [
      () => {
        const w = leaf(2);
        const loss = w.mul(w).sum();
        w.set([1, 2]);
        loss.backward();
      },
      () => {
        const w = leaf(2);
        w.mul(w).sum().backward();
        w.set([1, 2]);
        w.mul(w).sum().backward();
      },
    ],
    "Write enableGrad(() => model.forward(x)).": [() => u.enableGrad(x(2)), () => u.enableGrad(() => net().forward(x(1, 3)))], // biome-ignore format: one line
    "Write noGrad(() => model.forward(x)); detach() gives a tensor without history.": [
      () => u.noGrad(x(2)),
      () => [u.noGrad(() => net().forward(x(1, 3))), leaf(2).mul(2).detach()],
    ],
    "Await first, and wrap only the computation.": [
      () => u.noGrad(async () => x(2)),
      async () => {
        await null;
        u.noGrad(() => x(2));
      },
    ],
    "Write gradcheck(() => f(x, y), [x, y]).": [
      () => u.gradcheck(x(2), []),
      () => {
        const w = randn([2], { dtype: "float64", requiresGrad: true });
        u.gradcheck(() => squareSum(w), [w]);
      },
    ],
    "Read .grad of a leaf after backward().": [
      () => {
        const w = leaf(2);
        w.registerHook(() => undefined);
      },
      () => {
        const w = leaf(2);
        squareSum(w).backward();
        w.grad.data();
      },
    ],
    "Did you mean …?": [() => new nn.LSTM(3, 4, { numLayer: 2 }), () => new nn.LSTM(3, 4, { numLayers: 2 })],
    "Read the file without an encoding.": [
      () => io.decodeSafetensors(new TextDecoder("latin1").decode(io.encodeSafetensors({ a: entry() }))),
      () => io.decodeSafetensors(io.encodeSafetensors({ a: entry() })),
    ],
    "Use for example ….": [() => languageModel.resolveConfig({ tie: 3 }), () => languageModel.resolveConfig({ tie: true })], // biome-ignore format: one line
    "Use for example 0.05.": [() => languageModel.resolveConfig({ valid: 1.5 }), () => languageModel.resolveConfig({ valid: 0.05 })], // biome-ignore format: one line
    "Pad ragged rows first.": [() => tensor([[1, 2], [3]]), () => tensor([[1, 2], [3, 0]])], // biome-ignore format: one line
    "Make one with new Generator(seed).": [() => randn([2], { generator: 7 }), () => randn([2], { generator: new u.Generator(7) })], // biome-ignore format: one line
    "Use smaller sizes, or fewer at a time.": [() => u.zeros([1e6, 1e6]), () => u.zeros([10, 10])],
    "Sizes go in an array: …([…, 3]).": [() => u.zeros("3"), () => u.zeros([3, 3])],
    "Dimension … is … in the first and … in the second.": [() => x(2, 3).add(x(2, 4)), () => x(2, 3).add(x(2, 3))],

    "Write …([a, b]).": [() => u.concat(x(2)), () => u.concat([x(2), x(2)])],
    "Write split(x, 2) or split(x, [1, 3]).": [
      () => u.split(x(4), "2"),
      () => [u.split(x(4), 2), u.split(x(4), [1, 3])],
    ],
    "Leave … or … out.": [
      () => languageModel.resolveConfig({ tie: true, embed: 8, hidden: 16 }),
      () => [
        languageModel.resolveConfig({ tie: true, hidden: 16 }),
        languageModel.resolveConfig({ embed: 8, hidden: 16 }),
      ],
    ],
    "Hold out more, or 0.": [
      () => languageModel.readCorpus(corpus, languageModel.resolveConfig({ ...config, valid: 0.001 })),
      () =>
        [0.1, 0].map((valid) => languageModel.readCorpus(corpus, languageModel.resolveConfig({ ...config, valid }))),
    ],
    "Use a longer text, or a smaller batch or sequence length.": [
      () => languageModel.readCorpus("hello", languageModel.resolveConfig({ ...config, valid: 0 })),
      () => [
        languageModel.readCorpus(corpus, languageModel.resolveConfig({ ...config, valid: 0 })),
        languageModel.readCorpus("hello", languageModel.resolveConfig({ ...config, batch: 1, seqLen: 2, valid: 0 })),
      ],
    ],
    "Name another file.": [
      () => languageModel.readCorpus("  ", languageModel.resolveConfig(config)),
      () => languageModel.readCorpus(corpus, languageModel.resolveConfig(config)),
    ],
    'Leave it out, or evaluate with { unknown: "skip" }.': [
      () => model().evaluate("hello # world"),
      async () => {
        await model().evaluate("hello  world");
        await model().evaluate("hello # world", { unknown: "skip" });
      },
    ],
    "The lowest is 0.": [
      () => languageModel.inspectLanguageModel(model(), "hello world", { layer: 3 }),
      () => languageModel.inspectLanguageModel(model(), "hello world", { layer: 0 }),
    ],
    "Of a tensor x, pass x.data().": [
      () => languageModel.samplingProbabilities(x(3)),
      () => languageModel.samplingProbabilities(x(3).data()),
    ],
    "A model whose loss became NaN or infinite cannot be sampled.": [
      () => languageModel.samplingProbabilities([Number.NaN, 1]),
      () => languageModel.samplingProbabilities([0, 1]),
    ],
    "A library reads no files: readCorpus takes a text of its own to validate on.": [
      () => u.trainLanguageModel(corpus, { ...config, valid: "held-out.txt" }),
      () =>
        languageModel.readCorpus(corpus, languageModel.resolveConfig({ ...config, valid: "held-out.txt" }), {
          validation: { text: corpus, source: "held-out.txt" },
        }),
    ],
    "Use a smaller learning rate than ….": [
      () => u.trainLanguageModel(corpus, { ...config, lr: 1e38, clip: 0, epochs: 2, optimizer: "sgd" }),
      () => u.trainLanguageModel(corpus, { ...config, lr: 0.1, clip: 0, epochs: 1, optimizer: "sgd" }),
    ],
    "Write { dtype: … }.": [() => tensor([1], "float64"), () => tensor([1], { dtype: "float64" })],
    "Options are the fourth argument.": [() => u.arange(0, 5, "int32"), () => u.arange(0, 5, 1, { dtype: "int32" })],
    "Use randint() for whole numbers.": [() => rand([2], { dtype: "int32" }), () => u.randint(0, 5, [2])],
    "Check the vocabulary that made the ids.": [() => u.embedding(x(5, 3), ids(7)), () => u.embedding(x(5, 3), ids(4))],
    "Use mul() for scalars.": [() => u.matmul(tensor(2), x(2, 2)), () => tensor(2).mul(x(2, 2))],
    "K is … on the left and … on the right.": [() => x(2, 3).matmul(x(2, 3)), () => x(2, 3).matmul(x(3, 2))],
    "Its .data is one.": [() => u.concat([packed(), packed()]), () => u.concat([packed().data, packed().data])],
    "Make one with tensor().": [() => u.concat([[1], [2]]), () => u.concat([tensor([1]), tensor([2])])],
    'Convert with .to("float32").': [() => ids(1, 2).exp(), () => ids(1, 2).to("float32").exp()],
    'Convert with .to("…").': [
      () => u.linear(randn([2, 3], { dtype: "float64" }), x(4, 3)),
      () => u.linear(randn([2, 3], { dtype: "float64" }).to("float32"), x(4, 3)),
    ],
    'Create it with { dtype: "int32" }, or convert with .to("int32").': [
      () => u.embedding(x(5, 3), tensor([0, 1])),
      () => [
        u.embedding(x(5, 3), tensor([0, 1], { dtype: "int32" })),
        u.embedding(x(5, 3), tensor([0, 1]).to("int32")),
      ],
    ],
    "Write x.…(0), or x.…([0, 1], { keepDim: true }).": [
      () => x(2, 3).sum("0"),
      () => [x(2, 3).sum(0), x(2, 3).sum([0, 1], { keepDim: true })],
    ],
    "Infinity is allowed too.": [() => x(2).norm(-1), () => x(2).norm(Infinity)],
    "Write x.…([…, 3]).": [() => x(2, 3).reshape("2"), () => x(2, 3).reshape([2, 3])],
    "Write x.flip(0) or x.flip([0, 1]).": [() => x(2, 3).flip("0"), () => [x(2, 3).flip(0), x(2, 3).flip([0, 1])]],
    "Use flip() to go backwards.": [() => x(3).slice(0, 0, 3, -1), () => x(3).flip(0)],
    "Use detach() instead.": [
      () => {
        leaf(2).mul(2).requiresGrad = false;
      },
      () => leaf(2).mul(2).detach(),
    ],
    "Read it earlier, or keep it with detach(), clone() or retain(); return it from noGrad() to keep it beyond.": [
      () => {
        const a = x(2);
        a.dispose();
        a.data();
      },
      () => {
        const a = x(2);
        a.data();
        const b = a.clone();
        const c = a.detach();
        a.dispose();
        for (const kept of [b, c, u.noGrad(() => x(2).mul(2))]) kept.data();
      },
    ],
    "Use data() or toArray() for more.": [() => x(2).item(), () => [x(2).data(), x(2).toArray()]],
    "Write x.set(y.data()) for a tensor.": [() => x(2).set(x(2)), () => x(2).set(x(2).data())],
    "Pass what stateDict() gave, or a file's tensors.": [
      () => net().loadStateDict(3),
      () => {
        const module = net();
        const state = module.stateDict();
        module.loadStateDict(state);
        const file = io.encodeSafetensors(
          new Map([...state].map(([name, w]) => [name, { dtype: w.dtype, shape: w.shape, data: w.data() }])),
        );
        module.loadStateDict(io.decodeSafetensors(file).tensors);
      },
    ],
    "Pass decodeSafetensors(bytes).": [
      () => net().loadStateDict(new Uint8Array(3)),
      () => net().loadStateDict(io.decodeSafetensors(io.toBytes(net()))),
    ],
    "Read the file, and pass decodeSafetensors(bytes).": [
      () => net().loadStateDict("model.safetensors"),
      () => net().loadStateDict(io.decodeSafetensors(io.toBytes(net()))),
    ],
    "It is a promise: await it.": [
      () => net().loadStateDict(Promise.resolve(net().stateDict())),
      async () => net().loadStateDict(await Promise.resolve(net().stateDict())),
    ],
    'Write text.split(",").map(Number).': [() => tensor("1,2"), () => tensor("1,2".split(",").map(Number))],
    "Convert with Number().": [() => tensor([1n]), () => tensor([Number(1n)])],
    "Join tensors with stack([a, b]) or concat([a, b]).": [
      () => tensor([x(2), x(2)]),
      () => [u.stack([x(2), x(2)]), u.concat([x(2), x(2)])],
    ],
    "Write it as an array: [...data].": [() => tensor(new Set([1, 2])), () => tensor([...new Set([1, 2])])],
    "CharVocabulary.fromText(text) makes one from a text.": [
      () => new text.CharVocabulary("hello"),
      () => text.CharVocabulary.fromText("hello"),
    ],
    "WordVocabulary.fromText(text) makes one from a text.": [
      () => new text.WordVocabulary("hello"),
      () => text.WordVocabulary.fromText("hello"),
    ],
    "Leave it out, or build the vocabulary with { unknown: true }.": [
      () => text.CharVocabulary.fromText("hello").encode("help"),
      () => [
        text.CharVocabulary.fromText("hello").encode("hel"),
        text.CharVocabulary.fromText("hello", { unknown: true }).encode("help"),
      ],
    ],
    "Make one with text.buildVocabulary().": [
      () => text.sameVocabulary({}, text.buildVocabulary("byte")),
      () => text.sameVocabulary(text.buildVocabulary("char", "hello"), text.buildVocabulary("byte")),
    ],
    "Convert it to UTF-8, or read it as bytes.": [
      () => text.decodeUtf8(Uint8Array.of(0xe9)),
      () => [text.decodeUtf8(Uint8Array.of(0xc3, 0xa9)), new text.ByteVocabulary().encodeBytes(Uint8Array.of(0xe9))],
    ],
    "Of a scalar tensor, pass loss.item().": [
      () => train.perplexity(tensor(1)),
      () => train.perplexity(tensor(1).item()),
    ],
    "Use a smaller hidden size, embedding, batch or sequence length.": [
      () => languageModel.checkMemory("f", languageModel.resolveConfig({ hidden: 5000 }), 10, 1e6),
      () =>
        languageModel.checkMemory(
          "f",
          languageModel.resolveConfig({ hidden: 4, embed: 4, batch: 1, seqLen: 2, layers: 1 }),
          10,
          1e6,
        ),
    ],
    "Use a smaller learning rate than …, or clip gradients to a smaller norm.": [
      () => trained(1e30),
      () => trained(0.01),
    ],
  };
}
