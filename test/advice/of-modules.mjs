/**
 * What the errors of the library advise, each by its text as `adviceIn` of tools/support/advice.mjs finds it (`…` for what is filled in):
 * a call that gets the advice, and what it becomes when that is followed. Plain JavaScript, because the first of each is a mistake.
 */
export function ofModules({
  u,
  l,
  inner,
  cells,
  data,
  diagnostics,
  entry,
  F,
  finite,
  ids,
  infinite,
  io,
  languageModel,
  last,
  leaf,
  lstm,
  metrics,
  model,
  net,
  nn,
  optim,
  packed,
  R,
  rand,
  randn,
  sgd,
  shortened,
  table,
  tensor,
  tied,
  x,
}) {
  return {
    "Close it, or double it.": [() => table('a,b\n"1,2\n'), () => table('a,b\n"1",2\n')],
    'Write a quote in a cell as "".': [() => table('a,b\n"1"x,2\n'), () => table('a,b\n"1""x",2\n')],
    "Its columns are ….": [() => inner.classNames(table("a,b\n1,2\n"), "zzzzzz"), () => inner.classNames(table("a,b\n1,2\n"), "a")], // biome-ignore format: one line
    "Write it with a point: ….": [() => inner.numberAt(table('a;b\n1,5;2\n'), 0, 0), () => inner.numberAt(table("a;b\n1.5;2\n"), 0, 0)], // biome-ignore format: one line
    "Rename one of them.": [() => table("a,a\n1,2\n"), () => table("a,b\n1,2\n")],
    "Name it.": [() => table("a,\n1,2\n"), () => table("a,b\n1,2\n")],
    "Give it samples.": [() => new data.SampleBatcher(0, { batchSize: 2 }), () => new data.SampleBatcher(4, { batchSize: 2 })], // biome-ignore format: one line
    "Use a smaller batchSize, or keep the last batch.": [
      () => new data.SampleBatcher(3, { batchSize: 4, dropLast: true }),
      () => [new data.SampleBatcher(3, { batchSize: 2, dropLast: true }), new data.SampleBatcher(3, { batchSize: 4 })],
    ],
    "Use the samples and batchSize that it was saved with.": [
      () => Object.assign(new data.SampleBatcher(4, { batchSize: 2 }), { position: { epoch: 0, step: 9 } }),
      () => Object.assign(new data.SampleBatcher(40, { batchSize: 2 }), { position: { epoch: 0, step: 9 } }),
    ],
    "Write …([inputs, targets], ...).": [
      () => data.shuffle(undefined, new u.Generator(1)),
      () => data.shuffle([{ data: new Float32Array(4), shape: [2, 2] }, { data: new Float32Array(2), shape: [2] }], new u.Generator(1)), // biome-ignore format: one line
    ],
    "Encode the text, or write Int32Array.from(ids).": [
      () => new data.StreamBatcher("hello world", { batchSize: 1, seqLen: 2 }),
      () => new data.StreamBatcher(Int32Array.from([1, 2, 3, 4]), { batchSize: 1, seqLen: 2 }),
    ],
    "Use a longer text, or a smaller batchSize or seqLen.": [
      () => new data.StreamBatcher(new Int32Array(9), { batchSize: 3, seqLen: 9 }),
      () => [new data.StreamBatcher(new Int32Array(90), { batchSize: 3, seqLen: 9 }), new data.StreamBatcher(new Int32Array(9), { batchSize: 1, seqLen: 2 })], // biome-ignore format: one line
    ],
    "Use the text, batchSize and seqLen that it was saved with.": [
      () =>
        Object.assign(new data.StreamBatcher(new Int32Array(9), { batchSize: 1, seqLen: 4 }), {
          position: { epoch: 0, step: 9 },
        }),
      () =>
        Object.assign(new data.StreamBatcher(new Int32Array(90), { batchSize: 1, seqLen: 4 }), {
          position: { epoch: 0, step: 9 },
        }),
    ],
    "An LSTM's weight_hh is four matrices, one above the other: pass one, or use spectralRadii(module).": [
      () => diagnostics.spectralRadius(lstm().weight_hh_l0 ?? x(16, 4)),
      () => [diagnostics.spectralRadius(x(4, 4)), diagnostics.spectralRadii(lstm())],
    ],
    "Pass the recurrent part of a model: trace(model.lstm, x).": [
      () => diagnostics.trace(net(), x(5, 2, 3)),
      () => diagnostics.trace(lstm(), x(5, 2, 3)),
    ],
    "Compute it from y, and reduce it with mean() or sum().": [
      () => diagnostics.trace(lstm(), x(5, 2, 3), { loss: (y) => y }),
      () => diagnostics.trace(lstm(), x(5, 2, 3), { loss: (y) => y.mean() }),
    ],
    "Take it from the same module: weightSnapshot(module).": [
      () => diagnostics.updateRatio(net(), diagnostics.weightSnapshot(lstm())),
      () => {
        const module = net();
        diagnostics.updateRatio(module, diagnostics.weightSnapshot(module));
      },
    ],
    "Write watch(model, () => { ... }).": [() => diagnostics.watch(lstm()), () => diagnostics.watch(lstm(), () => {})],
    "Use 1 to ….": [() => u.configure({ threads: 0 }), () => u.configure({ threads: 1 })],

    "Store long metadata as a tensor.": [
      () => io.encodeSafetensors({}, { a: "x".repeat(2 ** 26 + 1) }),
      () => io.encodeSafetensors({ a: { dtype: "int32", shape: [3], data: Int32Array.of(1, 2, 3) } }),
    ],
    "Of a tensor x, write { dtype: x.dtype, shape: x.shape, data: x.data() }.": [
      () => io.encodeSafetensors({ a: x(2) }),
      () => {
        const a = x(2);
        io.encodeSafetensors({ a: { dtype: a.dtype, shape: a.shape, data: a.data() } });
      },
    ],
    "Add it to b.": [
      () => new l.GRU(l.randn([3, 6]), l.randn([2, 6]), l.zeros([6]), l.zeros([6]), { resetAfter: false }),
      () => new l.GRU(l.randn([3, 6]), l.randn([2, 6]), l.zeros([6]), null, { resetAfter: false }),
    ],
    'Make ids with array(data, "int32").': [
      () => new l.Embedding(l.randn([5, 3])).forward(l.array([0, 1])),
      () => new l.Embedding(l.randn([5, 3])).forward(l.array([0, 1], "int32")),
    ],
    "The layer's params are …: make both alike.": [
      () => new l.Affine(l.randn([3, 2]), l.zeros([2])).forward(l.zeros([1, 3], "float64")),
      () => new l.Affine(l.randn([3, 2]), l.zeros([2])).forward(l.zeros([1, 3], "float32")),
    ],
    "Call forward first.": [
      () => new l.Affine(l.randn([3, 2]), l.zeros([2])).backward(l.randn([1, 2])),
      () => {
        const affine = new l.Affine(l.randn([3, 2]), l.zeros([2]));
        affine.forward(l.randn([1, 3]));
        affine.backward(l.randn([1, 2]));
      },
    ],
    "Use array() for others.": [() => new l.NdArray([1, 2], [2]), () => l.array([1, 2])],
    "Make one with layers.array().": [() => l.T([1]), () => l.T(l.array([[1]]))],
    "Build the layer from float64 arrays to check it.": [
      () => l.numericalGradient(() => 1, l.randn([2])),
      () => l.numericalGradient(() => 1, l.randn([2], 1, { dtype: "float64" })),
    ],
    "Pass model.grads.": [() => l.clipGrads(cells(), 1), () => l.clipGrads(cells().grads, 1)],
    "Pass model.params and model.grads.": [
      () => new l.SGD().update(cells()),
      () => {
        const model = cells();
        new l.SGD().update(model.params, model.grads);
      },
    ],
    "Take what stateDict() or toStateDict() gave.": [
      () =>
        l.loadStateDict(
          cells(),
          Object.fromEntries(
            Object.entries(l.toStateDict(cells())).map(([name, { shape }]) => [name, { shape: [...shape] }]),
          ),
        ),
      () => l.loadStateDict(cells(), l.toStateDict(cells())),
    ],
    "The state carried on is that of a batch of another size: call resetState().": [
      () => {
        const layer = new l.TimeLSTM(l.randn([3, 8]), l.randn([2, 8]), l.zeros([8]), { stateful: true });
        layer.forward(l.randn([2, 4, 3]));
        layer.forward(l.randn([3, 4, 3]));
      },
      () => {
        const layer = new l.TimeLSTM(l.randn([3, 8]), l.randn([2, 8]), l.zeros([8]), { stateful: true });
        layer.forward(l.randn([2, 4, 3]));
        layer.resetState();
        layer.forward(l.randn([3, 4, 3]));
      },
    ],
    "Use mae(): there is no error of a naive forecast to compare with.": [
      () => (metrics ?? inner.metrics).mase([1, 1, 1, 1]),
      () => (metrics ?? inner.metrics).mae(),
    ],

    "Write () => new nn.LSTM(64, 128), say.": [
      () => new nn.Bidirectional(lstm()),
      () => new nn.Bidirectional(() => lstm()),
    ],
    "Write new ModuleList([a, b]).": [() => new nn.ModuleList(net()), () => new nn.ModuleList([net(), net()])],
    "Write new RecurrentStack([a, b]).": [
      () => new nn.RecurrentStack(lstm()),
      () => new nn.RecurrentStack([lstm(), new nn.GRU(4, 2)]),
    ],
    "Broadcast explicitly with expand() if that is meant.": [
      () => F.mseLoss(x(2, 3), x(1, 3)),
      () => F.mseLoss(x(2, 3), x(1, 3).expand([2, 3])),
    ],
    "Classes are the last dimension of the input, and targets have every other one.": [
      () => F.crossEntropy(x(2, 3), ids(0, 1, 2)),
      () => F.crossEntropy(x(2, 3), ids(0, 1)),
    ],
    "Check the vocabulary that made them.": [
      () => F.crossEntropy(x(2, 3), ids(0, 3)),
      () => F.crossEntropy(x(2, 3), ids(0, 2)),
    ],
    "Pass it detached.": [
      () => F.bceWithLogits(leaf(2), rand([2]), { weight: leaf(2) }),
      () => F.bceWithLogits(leaf(2), rand([2]), { weight: leaf(2).detach() }),
    ],
    "Pass the state that forward() returned, or none.": [
      () => new nn.MinGRU(3, 4).forward(x(2, 1, 3), tensor([[[-1, -1, -1, -1]]])),
      () => {
        const module = new nn.MinGRU(3, 4);
        const [, state] = module.forward(x(2, 1, 3));
        module.forward(x(2, 1, 3), state);
        module.forward(x(2, 1, 3));
      },
    ],
    "Take the last outputs of a module that returns sequences.": [
      () => lstm({ residual: true, bidirectional: true, returnSequences: false }),
      () => {
        const [y] = lstm({ residual: true, bidirectional: true }).forward(x(5, 2, 3));
        y.select?.(0, -1);
      },
    ],
    "Pass bidirectional: true as well.": [
      () => lstm({ mergeMode: "sum" }),
      () => lstm({ mergeMode: "sum", bidirectional: true }),
    ],
    "nn.utils.rnn.packPaddedSequence() makes one.": [
      () => lstm().forwardPacked(x(3, 2, 3)),
      () => lstm().forwardPacked(R.packPaddedSequence(x(3, 2, 3), [3, 1])),
    ],
    "Options come after it: forward(x, null, { lengths }).": [
      () => lstm().forward(x(3, 2, 3), { lengths: [3, 1] }),
      () => lstm().forward(x(3, 2, 3), null, { lengths: [3, 1] }),
    ],
    "They know their own.": [() => lstm().forward(packed(), null, { lengths: [3, 2] }), () => lstm().forward(packed())],
    "Cut it with narrow().": [
      () => lstm().forward(x(3, 3), null, { lengths: [2] }),
      () => lstm().forward(x(3, 3).narrow(0, 0, 2)),
    ],
    "No sequence may be cut.": [
      () => R.padPackedSequence(packed(), { totalLength: 2 }),
      () => R.padPackedSequence(packed(), { totalLength: 3 }),
    ],
    "Pass { enforceSorted: false } to have them sorted.": [
      () => R.packSequence([x(2, 3), x(3, 3)]),
      () => R.packSequence([x(2, 3), x(3, 3)], { enforceSorted: false }),
    ],
    "Pass a padded tensor with { lengths }, or take the last states.": [
      () => lstm({ returnSequences: false }).forward(packed()),
      () => [
        lstm({ returnSequences: false }).forward(x(3, 2, 3), null, { lengths: [3, 2] }),
        lstm().forward(packed())[1].h,
      ],
    ],
    "If features are not last, permute first.": [
      () => lstm().forward(x(3, 5, 2)),
      () => lstm().forward(x(3, 5, 2).permute([1, 2, 0])),
    ],
    "Call resetState() after a change of type.": [
      () => {
        const module = lstm({ stateful: true });
        module.forward(x(2, 1, 3));
        module.to("float64");
        module.forward(randn([2, 1, 3], { dtype: "float64" }));
      },
      () => {
        const module = lstm({ stateful: true });
        module.forward(x(2, 1, 3));
        module.to("float64");
        module.resetState();
        module.forward(randn([2, 1, 3], { dtype: "float64" }));
      },
    ],
    "Call resetState() before a batch of another size.": [
      () => {
        const module = lstm({ stateful: true });
        module.forward(x(2, 1, 3));
        module.forward(x(2, 2, 3));
      },
      () => {
        const module = lstm({ stateful: true });
        module.forward(x(2, 1, 3));
        module.resetState();
        module.forward(x(2, 2, 3));
      },
    ],
    "A state carried from a batch of another size does not fit: start again without one.": [
      () => lstm().forward(x(2, 2, 3), lstm().forward(x(2, 1, 3))[1]),
      () => lstm().forward(x(2, 2, 3)),
    ],
    "Leave one of them out.": [
      () => {
        const [a, b] = tied();
        a.loadStateDict(b);
      },
      () => {
        const [a, b] = tied();
        b.delete([...b.keys()].at(-1));
        a.loadStateDict(b);
      },
    ],
    "Build the module with the sizes that the weights were trained with.": [
      () => net().loadStateDict(new nn.Linear(4, 2).stateDict()),
      () => new nn.Linear(4, 2).loadStateDict(new nn.Linear(4, 2).stateDict()),
    ],
    "Pass { strict: false } to load only the names that match.": [
      () => net().loadStateDict(new Map([["weight", x(2, 3)]])),
      () => net().loadStateDict(new Map([["weight", x(2, 3)]]), { strict: false }),
    ],
    "Put a Linear between them when the sizes differ.": [
      () => nn.tieWeights(new nn.Embedding(5, 3), new nn.Linear(4, 5)),
      () => {
        const between = new nn.Linear(4, 3);
        const [embedding, head] = [new nn.Embedding(5, 3), new nn.Linear(3, 5)];
        nn.tieWeights(embedding, head);
        head.forward(between.forward(x(2, 4)));
      },
    ],
    "Nothing was scaled: skip this step.": [
      () => nn.utils.clipGradNorm(infinite(), 1, { errorIfNonfinite: true }),
      () => nn.utils.clipGradNorm(finite(), 1, { errorIfNonfinite: true }),
    ],

    "Pass model.parameters().": [() => new optim.Adam(3), () => new optim.Adam(net().parameters())],
    "Write optimizer.withAverages(() => evaluate(model)).": [
      () => new optim.ASGD(net().parameters()).withAverages(3),
      () => new optim.ASGD(net().parameters()).withAverages(() => 3),
    ],
    "Load it into the optimiser that it was saved from.": [
      () =>
        new optim.Adam(new nn.LSTM(3, 4).parameters()).loadStateDict(new optim.Adam(net().parameters()).stateDict()),
      () => new optim.Adam(net().parameters()).loadStateDict(new optim.Adam(net().parameters()).stateDict()),
    ],
    "Pass the loss: schedule.step(loss).": [
      () => new optim.ReduceLROnPlateau(sgd()).step(),
      () => new optim.ReduceLROnPlateau(sgd()).step(0.5),
    ],
    "Write new optim.…(optimizer, { ... }).": [
      () => new optim.StepLR(undefined),
      () => new optim.StepLR(sgd(), { stepSize: 2 }),
    ],
    "Write new optim.LambdaLR(optimizer, (epoch) => 0.95 ** epoch).": [
      () => new optim.LambdaLR(sgd(), 0.95),
      () => new optim.LambdaLR(sgd(), (epoch) => 0.95 ** epoch),
    ],
    "One that goes by a figure, as ReduceLROnPlateau does, is stepped by itself.": [
      () => {
        const optimizer = sgd();
        new optim.SequentialLR(optimizer, { schedules: [new optim.ReduceLROnPlateau(optimizer)], milestones: [] });
      },
      () => {
        const optimizer = sgd();
        const sequence = new optim.SequentialLR(optimizer, {
          schedules: [new optim.StepLR(optimizer, { stepSize: 2 })],
          milestones: [],
        });
        const plateau = new optim.ReduceLROnPlateau(optimizer);
        sequence.step();
        plateau.step(0.5);
      },
    ],
    "For single-step cells, and models whose output is no sequence, there is watch().": [
      () => diagnostics.trace(last(), x(5, 2, 3)),
      () => diagnostics.watch(last(), () => {}),
    ],
    "Pass lengths only to modules whose forward takes them, and watch() a model whose output is no sequence.": [
      () => diagnostics.trace(shortened(), x(5, 2, 3)),
      () => [diagnostics.watch(shortened(), () => {}), diagnostics.trace(lstm(), x(5, 2, 3), { lengths: [5, 2] })],
    ],
    "Only a checkpoint that unrolled wrote says how to build its model.": [
      () => u.loadLanguageModel(io.encodeSafetensors({ a: entry() })),
      () => u.loadLanguageModel(languageModel.encodeLanguageModel(model())),
    ],
  };
}
