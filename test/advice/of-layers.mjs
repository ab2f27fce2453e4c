/** What the errors of newer layers, losses and schedules advise: as in of-modules.mjs. */
export function ofLayers({ u, ids, net, nn, F, optim, sgd, tensor, text, x, rand }) {
  const cycle = (options) => new optim.CyclicLR(sgd(), { baseLr: 0.1, maxLr: 1, cycleMomentum: false, ...options });
  const oneCycle = (options) => new optim.OneCycleLR(sgd(), { cycleMomentum: false, maxLr: 1, ...options });
  const logs = (...shape) => x(...shape).logSoftmax(-1);
  const step = (logProbs) => () => ({ logProbs, state: null });
  const beam = (logProbs) => F.beamSearch(step(logProbs), { state: null, token: 0 }, { beamWidth: 2, maxLength: 2 });
  const tokenizer = (changes) => ({
    ...text.toTokenizerJSON(text.BPEVocabulary.fromText("hello hello", { maxSize: 260 })),
    ...changes,
  });
  const square = { module: { Tokenizer: class {} } };
  const forbidden = nn.bioConstraints(["O", "B-a", "I-a"]);
  const keeps = (make, from = nn.Module) =>
    new (class extends from {
      kept = make();
      twice() {
        return 2 * this.training;
      }
    })();
  class Held {
    inner = x(2);
  }
  class Copied extends Held {
    clone() {
      return new Copied();
    }
  }
  class Private extends nn.Module {
    #inner = 1;
    get inner() {
      return this.#inner;
    }
  }
  class Open extends nn.Module {
    inner = 1;
  }
  class Own extends Private {
    clone() {
      return new Own();
    }
  }

  return {
    "Write the number itself, in its place.": [() => new nn.LSTM({ inputSize: 3 }, 4), () => new nn.LSTM(3, 4)],
    "Write them by name: { …: … }.": [() => new nn.LSTM(3, 4, 2), () => new nn.LSTM(3, 4, { numLayers: 2 })],
    "Write the number alone.": [() => x(2, 3).squeeze([0]), () => x(1, 3).squeeze(0)],
    'The score "general" compares two widths.': [
      () => new nn.Attention(4, { keySize: 3 }),
      () => new nn.Attention(4, { keySize: 3, score: "general" }),
    ],
    "Attention learns a query of that width.": [
      () => new nn.PoolOverTime("attention"),
      () => new nn.PoolOverTime("attention", { size: 4 }).forward(x(3, 2, 4)),
    ],
    "Put tril() into the mask.": [
      () => F.scaledDotProductAttention(x(3, 2), x(3, 2), x(3, 2), { attnMask: u.zeros([3, 3]), isCausal: true }),
      () =>
        F.scaledDotProductAttention(x(3, 2), x(3, 2), x(3, 2), {
          attnMask: u.tril(u.ones([3, 3])).to("int32"),
        }),
    ],
    "Write new …(...).": [() => new nn.Sequential(nn.Tanh), () => new nn.Sequential(new nn.Tanh())],
    "logSoftmax makes them.": [() => beam([0.5, -1]), () => beam(tensor([0.5, -1]).logSoftmax(0).data())],
    "Give its class a clone() method.": [
      () => keeps(() => new Held()).clone(),
      () => keeps(() => new Copied()).clone(),
    ],
    "Make it a method of the class.": [
      () =>
        keeps(function () {
          return () => this;
        }).clone(),
      () =>
        keeps(() => 1)
          .clone()
          .twice(),
    ],
    "Write private in place of #, or give the class a clone() method of its own.": [
      () => new Private().clone(),
      () => [new Open().clone(), new Own().clone()],
    ],
    "Use eval(), or a larger batch.": [
      () => new nn.BatchNorm1d(3).forward(x(1, 3)),
      () => {
        const norm = new nn.BatchNorm1d(3);
        norm.forward(x(2, 3));
        norm.eval();
        norm.forward(x(1, 3));
      },
    ],
    "Channels are dimension -2: [N, C, L]. Use transpose(1, 2) for [N, L, C].": [
      () => new nn.Conv1d(3, 2, 2).forward(x(2, 5, 3)),
      () => new nn.Conv1d(3, 2, 2).forward(x(2, 5, 3).transpose(1, 2)),
    ],
    "Channels are dimension 1. Use transpose(1, 2) for [N, L, C].": [
      () => new nn.BatchNorm1d(3).forward(x(2, 5, 3)),
      () => new nn.BatchNorm1d(3).forward(x(2, 5, 3).transpose(1, 2)),
    ],
    "Apply sigmoid() first, or use bceWithLogits().": [
      () => F.bceLoss(tensor([2, -1]), rand([2])),
      () => [F.bceLoss(tensor([2, -1]).sigmoid(), rand([2])), F.bceWithLogits(tensor([2, -1]), rand([2]))],
    ],
    "Make it positive: softplus() or exp().": [
      () =>
        F.gaussianNLLLoss(
          x(2, 3),
          x(2, 3),
          tensor([
            [-1, 1, 1],
            [1, 1, 1],
          ]),
        ),
      () => [F.softplus(x(2, 3)), x(2, 3).exp()].map((variance) => F.gaussianNLLLoss(x(2, 3), x(2, 3), variance)),
    ],
    "Write quantiles: [0.1, 0.5, 0.9].": [
      () => new nn.QuantileLoss({ quantiles: 0.5 }),
      () => new nn.QuantileLoss({ quantiles: [0.1, 0.5, 0.9] }).forward(x(2, 3), x(2)),
    ],
    "Make it one of these, a class by `extends nn.Module`; what is not to be learned goes into a #private field.": [
      () =>
        keeps(
          () =>
            new (class {
              inner = net();
            })(),
        ).parameters(),
      () => {
        const inModule = keeps(() => keeps(() => net()));
        for (const module of [
          inModule,
          keeps(() => [net()]),
          keeps(() => ({ a: net() })),
          keeps(() => new Map([["a", net()]])),
        ])
          if (module.parameters().length !== 2) throw new Error("not found");
        new (class extends nn.Module {
          #teacher = { inner: net() };
          get teacher() {
            return this.#teacher;
          }
        })().parameters();
      },
    ],
    "Correct the labels, or train without constraints.": [
      () => new nn.CRF(3, { constraints: forbidden }).forward(x(2, 1, 3), ids(0, 2).reshape([2, 1])),
      () => [
        new nn.CRF(3, { constraints: forbidden }).forward(x(2, 1, 3), ids(1, 2).reshape([2, 1])),
        new nn.CRF(3).forward(x(2, 1, 3), ids(0, 2).reshape([2, 1])),
      ],
    ],
    "Outputs with batchFirst are transposed first: x.transpose(0, 1).": [
      () => F.ctcLoss(logs(3), ids(1), [3], [1]),
      () => F.ctcLoss(logs(2, 4, 3).transpose(0, 1), ids(1, 2).reshape([2, 1]), [4, 4], [1, 1]),
    ],
    "Targets of rank 1 are all letters, one target after another; padded ones have shape [N, S].": [
      () => F.ctcLoss(logs(4, 2, 3), ids(1, 2, 1), [4, 4], [1, 1]),
      () => [
        F.ctcLoss(logs(4, 2, 3), ids(1, 2), [4, 4], [1, 1]),
        F.ctcLoss(logs(4, 2, 3), ids(1, 2, 1, 2).reshape([2, 2]), [4, 4], [1, 1]),
      ],
    ],
    "Blanks stand between letters by themselves: leave them out, or choose another { blank }.": [
      () => F.ctcLoss(logs(4, 1, 3), ids(1, 0), [4], [2]),
      () => [F.ctcLoss(logs(4, 1, 3), ids(1), [4], [1]), F.ctcLoss(logs(4, 1, 3), ids(1, 0), [4], [2], { blank: 2 })],
    ],
    "Write a number, or an array of one a group.": [
      () => cycle({ maxLr: "1" }),
      () => [cycle({ maxLr: 1 }), cycle({ maxLr: [1] })],
    ],
    "Write { maxLr, totalSteps }, or { maxLr, epochs, stepsPerEpoch }.": [
      () => oneCycle({}),
      () => [oneCycle({ totalSteps: 5 }), oneCycle({ epochs: 2, stepsPerEpoch: 3 })],
    ],
    "Write { scaleFn: (cycle) => 0.9 ** cycle }.": [
      () => cycle({ scaleFn: 0.9 }),
      () => cycle({ scaleFn: (at) => 0.9 ** at }).step(),
    ],
    "Call it: model.parameters().": [() => new optim.Adam(net().parameters), () => new optim.Adam(net().parameters())],
    "Call restore() first.": [
      () => {
        const ema = new optim.EMA(net());
        ema.update();
        ema.swap();
        ema.update();
      },
      () => {
        const ema = new optim.EMA(net());
        ema.update();
        ema.swap();
        ema.restore();
        ema.update();
      },
    ],
    "Write withAverages(() => evaluate(model)).": [
      () => new optim.EMA(net()).withAverages(3),
      () => new optim.EMA(net()).withAverages(() => 3),
    ],
    "Write x.add(y), x.mul(y), x.lt(y), x.max(); x.item() for one number; `${x}` for text.": [
      () => x(2) + x(2),
      () => [x(2).add(x(2)), x(2).mul(x(2)), x(2).lt(x(2)), x(2).max(), tensor(1).item(), `${x(2)}`],
    ],
    "Write ….": [() => x(2, 3).logsumexp(0), () => x(2, 3).logSumExp()],
    "BPEVocabulary.fromText(text) makes one from a text.": [
      () => new text.BPEVocabulary("hello", []),
      () => text.BPEVocabulary.fromText("hello", { maxSize: 260 }),
    ],
    "Write JSON.parse(text).": [
      () => text.loadTokenizer("{}", square),
      () => text.loadTokenizer(JSON.parse("{}"), square),
    ],
    "Build it with { special: true }.": [
      () => text.CharVocabulary.fromText("hello").encode("he", { addBos: true }),
      () => text.CharVocabulary.fromText("hello", { special: true }).encode("he", { addBos: true }),
    ],
    "Read it with loadTokenizer(json), which needs @huggingface/tokenizers.": [
      () => text.bpeFromTokenizerJSON(tokenizer({ normalizer: { type: "NFC" } })),
      () => text.loadTokenizer(tokenizer({ normalizer: { type: "NFC" } })),
    ],
  };
}
