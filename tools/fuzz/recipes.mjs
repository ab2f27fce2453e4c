/**
 * Arguments that work, by target: so that calls reach deep, and so that methods have something to be called on. A target without an entry
 * gets drawn arguments alone. Constructors' entries also make the receivers of their methods.
 */
export function recipes(u, l) {
  const made = things(u, l);
  const groups = [ofTensors, ofModules, ofFunctions, ofTraining, ofData, ofLanguageModels, ofLayers];
  const table = Object.assign({}, ...groups.map((group) => group(made)));
  addFamilies(table, made);
  return { table, methods: methods(made) };
}

function trainerParts({ nn, optim, randn }) {
  const net = new nn.Linear(3, 1);
  const batches = {
    position: { epoch: 0, step: 0 },
    steps: 2,
    next() {
      const { epoch, step } = this.position;
      this.position = step === 1 ? { epoch: epoch + 1, step: 0 } : { epoch, step: step + 1 };
      return 0;
    },
  };
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
  const forward = () => ({ loss: net.forward(randn([2, 3])).sum(), count: 2 });
  return [{ model: net, optimizer, batches, forward, clipGradNorm: nn.utils.clipGradNorm }, { epochs: 1 }];
}

/** What the recipes are made of, new at each use. */
function things(u, l) {
  const { nn, optim, tensor, randn, text } = u;
  const ids = (shape = [2, 3]) => tensor(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 3), { shape, dtype: "int32" }); // biome-ignore format: one line
  const params = () => {
    const model = new nn.Linear(3, 2);
    model
      .forward(randn([2, 3]))
      .sum()
      .backward();
    return model.parameters();
  };
  const sgd = () => new optim.SGD(params(), { lr: 0.1 });
  const vocab = () => text.CharVocabulary.fromText("hello world", { unknown: true });
  const stream = () => new Int32Array(60).map((_, i) => i % 5);
  const packed = () => nn.utils.rnn.packSequence([randn([3, 3]), randn([2, 3])]);
  const recurrent = () => [3, 4, { numLayers: 2 }];
  const samples = () => ({ data: new Float32Array(12), shape: [6, 2] });
  const a = (...shape) => l.randn(shape);
  const lids = (shape) => l.array(ids(shape).data(), shape);
  const cell = (gates) => [a(3, gates * 2), a(2, gates * 2), l.zeros([gates * 2])];
  const P = (gates) => ({ Wx: a(3, gates * 2), Wh: a(2, gates * 2), b: l.zeros([gates * 2]) });
  const config = () => ({ ...u.languageModel.resolveConfig({ embed: 3, hidden: 4, layers: 1 }) });
  const model = () => new u.LanguageModel({ ...config(), embed: 3, hidden: 4, layers: 1 }, vocab());
  const trainer = () => trainerParts(u);
  const pixel = () =>
    u.diagnostics.svg.heatMap({ title: "t", rows: [{ name: "a", values: [1, 2] }], columns: ["x", "y"] });
  return {
    u,
    l,
    nn,
    optim,
    tensor,
    randn,
    text,
    ids,
    params,
    sgd,
    vocab,
    stream,
    packed,
    recurrent,
    samples,
    a,
    lids,
    cell,
    P,
    config,
    model,
    trainer,
    pixel,
  };
}

function ofTensors({ u, tensor, randn, ids }) {
  return {
    tensor: () => [[[1, 2], [3, 4]], { dtype: "float64" }], // biome-ignore format: one line
    full: () => [[2, 3], 1.5, { dtype: "float64" }],
    zeros: () => [[2, 3], {}],
    ones: () => [[2, 3], { requiresGrad: true }],
    rand: () => [[2, 3], { generator: new u.Generator(1) }],
    randn: () => [[2, 3], {}],
    randint: () => [0, 5, [2, 3], {}],
    arange: () => [0, 5, 1, {}],
    linspace: () => [0, 1, 5, {}],
    eye: () => [3, {}],
    fullLike: () => [randn([2]), 1, {}],
    zerosLike: () => [randn([2]), {}],
    onesLike: () => [randn([2]), {}],
    concat: () => [[randn([2, 3]), randn([2, 3])], 0],
    stack: () => [[randn([2, 3]), randn([2, 3])], 0],
    split: () => [randn([4, 3]), 2, 0],
    chunk: () => [randn([4, 3]), 2, 0],
    roll: () => [randn([4, 3]), 1, 0],
    unbind: () => [randn([4, 3]), 0],
    embedding: () => [ids(), randn([3, 4])],
    gather: () => [randn([2, 3]), 1, ids([2, 2])],
    indexSelect: () => [randn([3, 3]), 0, ids([4])],
    oneHot: () => [ids(), 3],
    checkIndices: () => ["f", "ids", ids(), 3, "fix"],
    linear: () => [randn([2, 3]), randn([4, 3]), randn([4])],
    matmul: () => [randn([2, 3]), randn([3, 2])],
    outer: () => [randn([2]), randn([3])],
    where: () => [ids(), randn([2, 3]), 0],
    sort: () => [randn([2, 3]), { axis: 0, descending: true }],
    topk: () => [randn([2, 3]), 2, { axis: 1 }],
    dropout: () => [randn([2, 3]), 0.5, {}],
    compare: () => ["lt", randn([2, 3]), 0],
    backward: () => [randn([2], { requiresGrad: true }).sum(), tensor(1)],
    noGrad: () => [() => randn([2])],
    enableGrad: () => [() => randn([2])],
    gradcheck: () => {
      const x = randn([2], { dtype: "float64", requiresGrad: true });
      return [() => x.square().sum(), [x], {}];
    },
    defineFunction: () => [{ name: "f", forward: (_c, x) => x.mul(2), backward: (_c, d) => [d] }],
    manualSeed: () => [1],
    configure: () => [{ threads: 1 }],
    show: () => [1],
  };
}

function ofData({ u, nn, randn, stream, samples, pixel }) {
  return {
    "data.batchRows": () => [6, { batchSize: 2 }],
    "data.batches": () => [[samples(), samples()], { batchSize: 2 }],
    "data.shuffle": () => [[samples()], new u.Generator(1)],
    "data.slidingWindows": () => [samples(), { window: 2, horizon: 1 }],
    "data.loader": () => [
      [
        [randn([2]), 1],
        [randn([2]), 0],
        [randn([2]), 1],
      ],
      { batchSize: 2, shuffle: true },
    ],
    "data.kFold": () => [6, 2, { shuffle: true }],
    "data.split.random": () => [9, { valid: 0.3, seed: 1 }],
    "data.split.stratified": () => [[0, 0, 1, 1, 0, 1], { valid: 0.5 }],
    "data.split.byGroup": () => [["a", "a", "b", "c"], { test: 0.3 }],
    "data.split.byTime": () => [[3, 1, 2], { test: 1 }],
    "data.StandardScaler": () => [{ features: 2 }],
    "data.MinMaxScaler": () => [{ featureRange: [0, 1] }],
    "data.RobustScaler": () => [{ quantileRange: [10, 90] }],
    "data.takeRows": () => [samples(), [0, 2]],
    "data.trainValidationSplit": () => [stream(), 0.2],
    "data.StreamBatcher": () => [stream(), { batchSize: 2, seqLen: 5 }],
    "data.StreamBatcher.minimumLength": () => [{ batchSize: 2, seqLen: 5 }],
    "diagnostics.architecture": () => [new nn.LSTM(3, 4)],
    "diagnostics.spectralRadii": () => [new nn.LSTM(3, 4)],
    "diagnostics.spectralRadius": () => [randn([3, 3])],
    "diagnostics.trace": () => [new nn.LSTM(3, 4), randn([5, 2, 3]), {}],
    "diagnostics.watch": () => [new nn.LSTM(3, 4), () => undefined],
    "diagnostics.weightSnapshot": () => [new nn.Linear(3, 2)],
    "diagnostics.updateRatio": () => {
      const net = new nn.Linear(3, 2);
      return [net, u.diagnostics.weightSnapshot(net)];
    },
    "diagnostics.saturation": () => [{ low: [[1]], high: [[1]], mean: [[1]] }],
    "diagnostics.svg.heatMap": () => [{ title: "t", rows: [{ name: "a", values: [1, 2] }], columns: ["x", "y"] }],
    "diagnostics.svg.lineChart": () => [{ title: "t", xTitle: "x", yTitle: "y", series: [{ name: "a", points: [[0, 1], [1, 2]] }] }], // biome-ignore format: one line
    "diagnostics.svg.beside": () => [[pixel(), pixel()], 3],
    "diagnostics.svg.stack": () => [[pixel(), pixel()], 3],
    "diagnostics.svg.toSvg": () => [pixel(), "title"],
    "diagnostics.svg.escapeXml": () => ["<a>"],
    "diagnostics.svg.textOn": () => [0.5],
    "diagnostics.svg.divergingLevel": () => [0.5],
    "io.decodeSafetensors": () => [
      u.io.encodeSafetensors({ a: { dtype: "float32", shape: [2], data: new Float32Array(2) } }),
      "f",
    ],
    "io.encodeSafetensors": () => [{ a: { dtype: "float32", shape: [2], data: new Float32Array(2) } }, { k: "v" }],
  };
}

function ofLanguageModels({ u, vocab, config, model }) {
  return {
    trainLanguageModel: () => ["hello world ".repeat(20), { embed: 3, hidden: 4, layers: 1, batch: 2, seqLen: 5 }],
    "languageModel.resolveConfig": () => [{ hidden: 4 }],
    "languageModel.estimateMemory": () => [config(), 10],
    "languageModel.checkMemory": () => ["f", config(), 10, 1e9],
    "languageModel.readCorpus": () => ["hello world ".repeat(40), config(), {}],
    "languageModel.sampleToken": () => [[0, 1, 2], { temperature: 1 }, new u.Generator(1)],
    "languageModel.samplingProbabilities": () => [[0, 1, 2], { topK: 2 }],
    "languageModel.checkSamplingOptions": () => [{ temperature: 0.5 }],
    "languageModel.encodeLanguageModel": () => [model()],
    "languageModel.decodeLanguageModel": () => [u.languageModel.encodeLanguageModel(model())],
    loadLanguageModel: () => [u.languageModel.encodeLanguageModel(model())],
    "languageModel.buildLanguageModel": () => [u.languageModel.decodeLanguageModel(u.languageModel.encodeLanguageModel(model()))], // biome-ignore format: one line
    "languageModel.checkResumableConfig": () => [u.languageModel.decodeLanguageModel(u.languageModel.encodeLanguageModel(model())), config()], // biome-ignore format: one line
    LanguageModel: () => [{ ...config(), embed: 3, hidden: 4, layers: 1 }, vocab()],
  };
}

function ofModules({ nn, randn, params, packed }) {
  return {
    "nn.AWDLSTM": () => [5, { embeddingDim: 3, hiddenSize: 4, numLayers: 2 }],
    "nn.Bidirectional": () => [() => new nn.LSTM(3, 4), { mergeMode: "sum" }],
    "nn.Dropout": () => [0.5],
    "nn.Embedding": () => [5, 3, {}],
    "nn.EmbeddingDropout": () => [new nn.Embedding(5, 3), 0.1],
    "nn.LayerNorm": () => [3, {}],
    "nn.Linear": () => [3, 2, { bias: true }],
    "nn.LockedDropout": () => [0.3],
    "nn.ModuleList": () => [[new nn.Linear(3, 2)]],
    "nn.Sequential": () => [new nn.Linear(3, 2), new nn.Linear(2, 2)],
    "nn.PackedSequence": () => [randn([5, 3]), [2, 2, 1], null],
    "nn.Parameter": () => [randn([2, 3]), {}],
    "nn.RecurrentStack": () => [[new nn.LSTM(3, 4), new nn.GRU(4, 2)], {}],
    "nn.TimeDistributed": () => [new nn.Linear(3, 2)],
    "nn.WeightDrop": () => [new nn.LSTM(3, 4), 0.2, {}],
    "nn.tieWeights": () => [new nn.Embedding(5, 3), new nn.Linear(3, 5)],
    "nn.utils.clipGradNorm": () => [params(), 1, {}],
    "nn.utils.clipGradValue": () => [params(), 1],
    "nn.utils.detachState": () => [{ h: randn([2]) }],
    "nn.utils.rnn.packPaddedSequence": () => [randn([3, 2, 3]), [3, 1], {}],
    "nn.utils.rnn.packSequence": () => [[randn([3, 3]), randn([2, 3])], {}],
    "nn.utils.rnn.padPackedSequence": () => [packed(), {}],
    "nn.utils.rnn.padSequence": () => [[randn([3, 3]), randn([2, 3])], {}],
    "nn.utils.rnn.unpackSequence": () => [packed()],
    "nn.Attention": () => [3, {}],
    "nn.MultiheadAttention": () => [4, 2, {}],
    "nn.PoolOverTime": () => ["mean", {}],
    "nn.CRF": () => [3, {}],
    "nn.bioConstraints": () => [["O", "B-a", "I-a"]],
    "nn.Conv1d": () => [3, 4, 2, { padding: 1 }],
    "nn.MaxPool1d": () => [2, { stride: 1 }],
    "nn.AvgPool1d": () => [2, { stride: 1 }],
    "nn.BatchNorm1d": () => [3, {}],
    "nn.init.calculateGain": () => ["tanh", 0.1],
  };
}

function ofFunctions({ u, randn, ids }) {
  return {
    "nn.functional.activationRegularization": () => [randn([3, 2, 3]), 0.1],
    "nn.functional.temporalActivationRegularization": () => [randn([3, 2, 3]), 0.1],
    "nn.functional.bceWithLogits": () => [randn([2, 3]), u.rand([2, 3]), {}],
    "nn.functional.crossEntropy": () => [randn([2, 3]), ids([2]), {}],
    "nn.functional.nllLoss": () => [randn([2, 3]), ids([2]), {}],
    "nn.functional.mseLoss": () => [randn([2, 3]), randn([2, 3]), {}],
    "nn.functional.conv1d": () => [randn([2, 3, 5]), randn([4, 3, 2]), randn([4]), {}],
    "nn.functional.maxPool1d": () => [randn([2, 3, 5]), 2, {}],
    "nn.functional.avgPool1d": () => [randn([2, 3, 5]), 2, {}],
    "nn.functional.batchNorm": () => [randn([4, 3]), randn([3]), u.rand([3]), { training: true }],
    "nn.functional.embedding": () => [randn([5, 3]), ids([4]), { maxNorm: 1 }],
    "nn.functional.l1Loss": () => [randn([2, 3]), randn([2, 3]), {}],
    "nn.functional.smoothL1Loss": () => [randn([2, 3]), randn([2, 3]), { beta: 0.5 }],
    "nn.functional.huberLoss": () => [randn([2, 3]), randn([2, 3]), { delta: 2 }],
    "nn.functional.gaussianNLLLoss": () => [randn([2, 3]), randn([2, 3]), u.rand([2, 3]), {}],
    "nn.functional.quantileLoss": () => [randn([2, 3]), randn([2]), {}],
    "nn.functional.klDiv": () => [randn([2, 3]), u.rand([2, 3]), {}],
    "nn.functional.bceLoss": () => [u.rand([2, 3]), u.rand([2, 3]), {}],
    "nn.functional.linearCrossEntropy": () => [randn([2, 3]), randn([4, 3]), randn([4]), ids([2]), {}],
    "nn.functional.embeddingDropout": () => [ids(), randn([3, 4]), 0.1],
    "nn.functional.lockedDropout": () => [randn([3, 2, 3]), 0.1],
    "nn.functional.layerNorm": () => [randn([2, 3]), [3]],
    "nn.functional.linearScan": () => [u.rand([4, 2]), randn([4, 2])],
    "nn.functional.logScan": () => [u.rand([4, 2]), randn([4, 2])],
    "nn.functional.indRNN": () => [randn([4, 2, 3]), randn([3]), randn([2, 3]), "tanh"],
  };
}

function ofTraining({ optim, randn, text, params, sgd, vocab, trainer }) {
  return {
    "optim.ASGD": () => [params(), { lr: 0.1 }],
    "optim.SequentialLR": () => [sgd(), { schedules: [new optim.StepLR(sgd(), { stepSize: 1 })], milestones: [] }],
    "optim.LambdaLR": () => [sgd(), (step) => 1 / (step + 1)],
    "optim.MultiStepLR": () => [sgd(), { milestones: [2, 4], gamma: 0.1 }],
    "optim.StepLR": () => [sgd(), { stepSize: 2, gamma: 0.5 }],
    "optim.ExponentialLR": () => [sgd(), { gamma: 0.9 }],
    "optim.CosineAnnealingLR": () => [sgd(), { tMax: 10 }],
    "optim.ConstantLR": () => [sgd(), { factor: 0.5 }],
    "optim.LinearLR": () => [sgd(), {}],
    "optim.OneCycleLR": () => [sgd(), { maxLr: 0.1, totalSteps: 9 }],
    "optim.CyclicLR": () => [sgd(), { baseLr: 0.01, maxLr: 0.1, stepSizeUp: 2 }],
    "optim.CosineAnnealingWarmRestarts": () => [sgd(), { t0: 3, tMult: 2 }],
    "optim.EMA": () => [params(), 0.9],
    "optim.AveragedModel": () => [params()],
    "text.BPEVocabulary.fromText": () => ["hello hello world", { maxSize: 262 }],
    "text.toTokenizerJSON": () => [text.BPEVocabulary.fromText("hello hello", { maxSize: 258 })],
    "optim.ReduceLROnPlateau": () => [sgd(), { patience: 1 }],
    "text.CharVocabulary": () => [["a", "b", "c"], true],
    "text.CharVocabulary.fromText": () => ["hello", { minCount: 1 }],
    "text.WordVocabulary": () => [["<eos>", "a", "b"], {}],
    "text.WordVocabulary.fromText": () => ["hello world", {}],
    "text.ByteVocabulary": () => [],
    "text.buildVocabulary": () => ["word", "hello world", {}],
    "text.decodeUtf8": () => [new Uint8Array([104, 105]), "f"],
    "text.sameVocabulary": () => [vocab(), new text.ByteVocabulary()],
    "text.vocabularyDifference": () => [vocab(), new text.ByteVocabulary()],
    "text.vocabularyFromJSON": () => [JSON.parse(JSON.stringify(vocab()))],
    "train.EarlyStopping": () => [2],
    "train.Trainer": trainer,
    "train.checkWeights": () => ["f", new Map([["a", randn([2])]]), new Map([["a", [2]]])],
    "train.encodeCheckpoint": () => [
      { task: "t", weights: new Map([["a", randn([2])]]), description: {}, training: null },
    ],
    "train.detachTree": () => [{ a: [randn([2])] }],
    "train.disposeTree": () => [{ a: [randn([2])] }],
    "train.treeToJson": () => [{ a: [randn([2]), 1] }, "p", new Map()],
    "train.jsonToTree": () => [{ a: 1 }, new Map()],
  };
}

function ofLayers({ cell, l, a, P }) {
  return {
    "layers.array": () => [[[1, 2], [3, 4]], "float64"], // biome-ignore format: one line
    "layers.NdArray": () => [new Float32Array(6), [2, 3]],
    "layers.zeros": () => [[2, 3], "float32"],
    "layers.randn": () => [[2, 3], 0.1, {}],
    "layers.numericalGradient": () => [() => 1, a(2, 3)],
    "layers.clipGrads": () => [[a(2, 3)], 1],
    "layers.Affine": () => [a(3, 2), a(2)],
    "layers.TimeAffine": () => [a(3, 2), a(2)],
    "layers.Embedding": () => [a(5, 3)],
    "layers.TimeEmbedding": () => [a(5, 3)],
    "layers.TimeBiLSTM": () => [...cell(4), ...cell(4)],
    "layers.TimeDropout": () => [0.5],
    "layers.CBOW": () => [5, 3],
    "layers.BetterRnnlm": () => [5, 3, {}],
    "layers.loadStateDict": () => {
      const layer = new l.TimeLSTM(...cell(4));
      return [layer, l.toStateDict(layer)];
    },
    "layers.toStateDict": () => [new l.TimeLSTM(...cell(4))],
    "layers.rnnStep": () => [a(2, 3), a(2, 2), P(1)],
    "layers.lstmStep": () => [a(2, 3), a(2, 2), a(2, 2), P(4)],
    "layers.gruStep": () => [a(2, 3), a(2, 2), { ...P(3), bh: l.zeros([6]) }],
    "layers.gruResetFirstStep": () => [a(2, 3), a(2, 2), P(3)],
    "layers.rnnStepBackward": () => [a(2, 2), l.rnnStep(a(2, 3), a(2, 2), P(1)), P(1)],
    "layers.lstmStepBackward": () => [a(2, 2), a(2, 2), l.lstmStep(a(2, 3), a(2, 2), a(2, 2), P(4)), P(4)],
    "layers.T": () => [a(2, 3)],
    "layers.matmul": () => [a(2, 3), a(3, 2)],
    "layers.scale": () => [a(2, 3), 2],
    "layers.SoftmaxWithLoss": () => [{}],
    "layers.TimeSoftmaxWithLoss": () => [{}],
  };
}

/** Those that take what their siblings do. */
function addFamilies(table, { nn, randn, recurrent, a, cell }) {
  for (const [kind, gates] of [
    ["RNN", 1],
    ["LSTM", 4],
    ["GRU", 3],
  ]) {
    // biome-ignore format: one line
    table[`layers.${kind}`] = () => cell(gates);
    table[`layers.Time${kind}`] = () => cell(gates);
    table[`nn.${kind}Cell`] = () => [3, 4, {}];
  }
  for (const name of ["RNN", "LSTM", "GRU", "MGU", "IndRNN", "IRNN", "MinGRU", "MinLSTM", "LayerNormGRU", "LayerNormLSTM", "PeepholeLSTM"]) table[`nn.${name}`] = recurrent; // biome-ignore format: one line
  for (const name of ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "NTASGD"])
    table[`optim.${name}`] = table["optim.ASGD"];
  for (const name of ["uniform", "normal", "xavierUniform", "xavierNormal", "kaimingUniform", "kaimingNormal", "orthogonal", "zeros", "ones", "constant"]) table[`nn.init.${name}`] = () => [new nn.Parameter(randn([3, 3])), 1]; // biome-ignore format: one line
  for (const name of ["Rnnlm", "SimpleRnnlm", "Seq2seq", "PeekySeq2seq", "AttentionSeq2seq"]) table[`layers.${name}`] = () => [5, 3, 2, {}]; // biome-ignore format: one line
  for (const name of ["add", "sub", "mul"]) table[`layers.${name}`] = () => [a(2, 3), a(2, 3)];
  for (const name of ["tanh", "sigmoid", "relu", "softmax", "sumRows", "argmax", "oneMinus", "zerosLike"]) table[`layers.${name}`] = () => [a(2, 3)]; // biome-ignore format: one line
}

/** Arguments for methods, by name alone: what many classes have. */
function methods({ nn, randn, ids, packed, a, lids, u }) {
  return {
    // Recurrent modules take [L, N, I]; what does not fit is refused with a ShapeError, which is a good answer too.
    "nn forward": () => [[randn([4, 2, 3])], [randn([2, 3])], [packed()], [ids()], [randn([4, 3])]],
    "nn forwardPacked": () => [[packed()]],
    "nn step": () => [[randn([2, 3])]],
    "nn loadStateDict": () => [[new Map([["weight", randn([2, 3])], ["bias", randn([2])]])]], // biome-ignore format: one line
    "nn registerBuffer": () => [["x", randn([2])]],
    "nn to": () => [["float64"]],
    "nn apply": () => [[() => undefined]],
    "layers forward": () => [[a(2, 3)], [a(2, 3), a(2, 2)], [a(2, 3), a(2, 2), a(2, 2)], [a(2, 4, 3)], [lids([2, 3])], [lids([2, 3]), lids([2, 3])]], // biome-ignore format: one line
    "layers backward": () => [[a(2, 2)], [a(2, 4, 2)], []],
    "layers predict": () => [[lids([2, 3])]],
    "layers generate": () => [[lids([1, 3]), 0, 4]],
    "layers update": () => [[[a(2, 3)], [a(2, 3)]]],
    "LanguageModel forward": () => [[ids()]],
    "LanguageModel loss": () => [[{ inputs: new Int32Array(6), targets: new Int32Array(6), shape: [3, 2] }]],
    "LanguageModel sample": () => [[{ length: 5 }]],
    "LanguageModel stream": () => [[{ length: 5 }]],
    "LanguageModel evaluate": () => [["hello world"]],
    "Tensor reshape": () => [[[6]], [[3, 2]]],
    "Tensor permute": () => [[[1, 0]]],
    "Tensor add": () => [[randn([2, 3])], [2]],
    "Tensor set": () => [[new Float32Array(6)]],
    "Tensor to": () => [["float64"], ["int32"]],
    "Tensor sum": () => [[0, { keepDim: true }], [[0, 1]]],
    "Tensor backward": () => [[], [randn([2, 3])]],
    "Tensor register": () => [[() => undefined]],
    "Generator permutation": () => [[5]],
    "text encode": () => [["hello"]],
    "text decode": () => [[[0, 1, 2]]],
    "optim loadStateDict": () => {
      const optimizer = new u.optim.Adam(new nn.Linear(3, 2).parameters());
      return [[optimizer.stateDict()]];
    },
    "optim step": () => [[], [0.5]],
    "optim withAverages": () => [[() => 1]],
    "train update": () => [[0.5, 1]],
    "train add": () => [[0.5, 1]],
    "train trainStep": () => [[]],
  };
}
