/** What the mistakes and their remedies are made of. */
export function things(u, l, inner) {
  const { nn, optim, tensor, randn, rand, data, text, train, diagnostics, io, languageModel, metrics } = u;
  const F = nn.functional;
  const R = nn.utils.rnn;
  const net = () => new nn.Linear(3, 2);
  const sgd = (params = net().parameters()) => new optim.SGD(params, { lr: 0.1 });
  const lstm = (options) => new nn.LSTM(3, 4, options);
  const x = (...shape) => randn(shape);
  const leaf = (...shape) => randn(shape, { requiresGrad: true });
  const ids = (...values) => tensor(values, { dtype: "int32" });
  const entry = () => ({ dtype: "float32", shape: [2], data: new Float32Array(2) });
  const table = (rows) => inner.readTable(new TextEncoder().encode(rows), "t.csv");
  const config = { hidden: 4, layers: 1, batch: 2, seqLen: 5 };
  const corpus = "hello world ".repeat(40);
  const cells = () => new l.TimeLSTM(l.randn([3, 8]), l.randn([2, 8]), l.zeros([8]));
  const packed = () => R.packSequence([x(3, 3), x(2, 3)]);
  const squareSum = (v) => v.square().sum();

  return {
    last,
    shortened,
    u,
    l,
    inner,
    F,
    R,
    cells,
    config,
    corpus,
    data,
    diagnostics,
    entry,
    finite,
    trained,
    ids,
    infinite,
    io,
    languageModel,
    leaf,
    lstm,
    metrics,
    model,
    net,
    nn,
    optim,
    packed,
    rand,
    randn,
    sgd,
    sgdOf,
    squareSum,
    table,
    tensor,
    text,
    tied,
    train,
    x,
  };

  /** An LSTM of which nothing but the last state comes out. */
  function last() {
    return new (class extends nn.Module {
      rnn = lstm();
      forward(input) {
        return this.rnn.forward(input)[1].h;
      }
    })();
  }

  /** An LSTM that leaves the first step out of what it returns. */
  function shortened() {
    return new (class extends nn.Module {
      rnn = lstm();
      forward(input) {
        const [y, state] = this.rnn.forward(input);
        return [y.narrow(0, 1, y.shape[0] - 1), state];
      }
    })();
  }

  function tied() {
    const make = () => {
      const [embedding, head] = [new nn.Embedding(5, 3), new nn.Linear(3, 5, { bias: false })];
      nn.tieWeights(embedding, head);
      return new nn.Sequential(embedding, head);
    };
    const module = make();
    const state = new Map(module.stateDict());
    const names = ["0.weight", "1.weight"];
    for (const name of names) state.set(name, x(5, 3));
    return [module, state];
  }

  function infinite() {
    const module = net();
    module.forward(x(1, 3)).mul(Infinity).sum().backward();
    return module.parameters();
  }

  function finite() {
    const module = net();
    module.forward(x(1, 3)).sum().backward();
    return module.parameters();
  }

  function model() {
    const settings = {
      ...languageModel.resolveConfig({ embed: 3, hidden: 4, layers: 1 }),
      embed: 3,
      hidden: 4,
      layers: 1,
    };
    return new u.LanguageModel(settings, text.CharVocabulary.fromText("hello world"));
  }

  function trained(lr) {
    const module = net();
    const batches = {
      position: { epoch: 0, step: 0 },
      steps: 9,
      next() {
        const { epoch, step } = this.position;
        this.position = step === 8 ? { epoch: epoch + 1, step: 0 } : { epoch, step: step + 1 };
        return 0;
      },
    };
    const forward = () => ({
      loss: module
        .forward(u.ones([2, 3]))
        .square()
        .square()
        .sum(),
      count: 2,
    });
    return new train.Trainer(
      { model: module, optimizer: sgdOf(module, lr), batches, forward, clipGradNorm: nn.utils.clipGradNorm },
      { epochs: 1 },
    ).fit();
  }

  function sgdOf(module, lr) {
    return new optim.SGD(module.parameters(), { lr });
  }
}
