/** Cells that `torch.nn` has, as its modules are written. */
export const TORCH_CELLS: Readonly<Record<string, string>> = {
  lstm: "nn.LSTM",
  gru: "nn.GRU",
  rnn: "nn.RNN",
  irnn: "nn.RNN",
};

/** What else such a module is told. */
export const TORCH_OPTIONS: Readonly<Record<string, string>> = { irnn: 'nonlinearity="relu"' };

/** Layers of any other cell, of which `shapes`, `inputs` and `step` say what it does. */
export const LAYERS = `class Layers(nn.Module):
    """Recurrent layers of a cell that torch.nn lacks, step by step; parameters are named as in nn.LSTM."""

    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False, proj_size=0):
        super().__init__()
        self.hidden_size, self.num_layers, self.proj_size = hidden_size, num_layers, proj_size
        self.directions = ["", "_reverse"] if bidirectional else [""]
        for layer in range(num_layers):
            size = input_size if layer == 0 else (proj_size or hidden_size) * len(self.directions)
            for direction in self.directions:
                for name, shape in self.all_shapes(size, hidden_size).items():
                    self.register_parameter(f"{name}_l{layer}{direction}", nn.Parameter(torch.zeros(shape)))

    def all_shapes(self, i, h):
        p, shapes = self.proj_size, self.shapes(i, h)
        return {**shapes, "weight_hh": (shapes["weight_hh"][0], p), "weight_hr": (p, h)} if p else shapes

    def forward(self, x, states=None, lengths=None):
        steps, batch = x.shape[:2]
        if states is None:
            sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: self.states]
            states = tuple(x.new_zeros(self.num_layers * len(self.directions), batch, size) for size in sizes)
        ends = []
        for layer in range(self.num_layers):
            outputs = []
            for direction in self.directions:
                names = self.all_shapes(0, 0)
                p = SimpleNamespace(**{name: getattr(self, f"{name}_l{layer}{direction}") for name in names})
                inputs = self.inputs(x, p)
                state = tuple(each[len(ends)] for each in states)
                y = [None] * steps
                for t in reversed(range(steps)) if direction else range(steps):
                    after = self.step(inputs[t], state, p)
                    if self.proj_size:
                        after = (F.linear(after[0], p.weight_hr), *after[1:])
                    if lengths is None:
                        state, y[t] = after, after[0]
                    else:
                        runs = (t < lengths).unsqueeze(1)
                        state = tuple(torch.where(runs, new, old) for new, old in zip(after, state))
                        y[t] = torch.where(runs, after[0], torch.zeros_like(after[0]))
                ends.append(state)
                outputs.append(torch.stack(y))
            x = torch.cat(outputs, 2)
        return x, tuple(torch.stack(each) for each in zip(*ends))
`;

/** Cells that it lacks: the name of their class, and its text. */
export const PYTHON_CELLS: Readonly<Record<string, readonly [name: string, text: string]>> = {
  "peephole-lstm": [
    "PeepholeLSTM",
    `class PeepholeLSTM(Layers):
    """LSTM whose gates see the cell itself (Gers & Schmidhuber 2000); weight_ch has the rows i, f, o."""

    states = 2

    def shapes(self, i, h):
        return {"weight_ih": (4 * h, i), "weight_hh": (4 * h, h), "weight_ch": (3, h), "bias_ih": (4 * h,), "bias_hh": (4 * h,)}

    def inputs(self, x, p):
        return F.linear(x, p.weight_ih, p.bias_ih + p.bias_hh)

    def step(self, x, state, p):
        h, c = state
        i, f, g, o = (x + F.linear(h, p.weight_hh)).chunk(4, 1)
        i = torch.sigmoid(i + c * p.weight_ch[0])
        f = torch.sigmoid(f + c * p.weight_ch[1])
        c = f * c + i * torch.tanh(g)
        o = torch.sigmoid(o + c * p.weight_ch[2])
        return o * torch.tanh(c), c
`,
  ],
  mgu: [
    "MGU",
    `class MGU(Layers):
    """Minimal gated unit (Zhou et al. 2016): one gate forgets and resets; rows f, n."""

    states = 1

    def shapes(self, i, h):
        return {"weight_ih": (2 * h, i), "weight_hh": (2 * h, h), "bias_ih": (2 * h,), "bias_hh": (2 * h,)}

    def inputs(self, x, p):
        return F.linear(x, p.weight_ih, p.bias_ih + p.bias_hh)

    def step(self, x, state, p):
        (h,) = state
        x_f, x_n = x.chunk(2, 1)
        w_f, w_n = p.weight_hh.chunk(2, 0)
        f = torch.sigmoid(x_f + F.linear(h, w_f))
        n = torch.tanh(x_n + F.linear(f * h, w_n))
        return (h + f * (n - h),)
`,
  ],
  "ind-rnn": [
    "IndRNN",
    `class IndRNN(Layers):
    """Independently recurrent network (Li et al. 2018): each unit sees its own past alone."""

    states = 1

    def shapes(self, i, h):
        return {"weight_ih": (h, i), "weight_hh": (h,), "bias_ih": (h,)}

    def inputs(self, x, p):
        return F.linear(x, p.weight_ih, p.bias_ih)

    def step(self, x, state, p):
        (h,) = state
        return (torch.relu(x + h * p.weight_hh),)
`,
  ],
  "layer-norm-lstm": [
    "LayerNormLSTM",
    `class LayerNormLSTM(Layers):
    """LSTM with layer normalisation (Ba, Kiros & Hinton 2016)."""

    states = 2

    def shapes(self, i, h):
        norms = {f"{kind}_{name}": (size,) for name, size in (("ih", 4 * h), ("hh", 4 * h), ("c", h)) for kind in ("norm", "bias")}
        return {"weight_ih": (4 * h, i), "weight_hh": (4 * h, h), **norms}

    def inputs(self, x, p):
        return F.layer_norm(F.linear(x, p.weight_ih), p.norm_ih.shape, p.norm_ih, p.bias_ih)

    def step(self, x, state, p):
        h, c = state
        sums = x + F.layer_norm(F.linear(h, p.weight_hh), p.norm_hh.shape, p.norm_hh, p.bias_hh)
        i, f, g, o = sums.chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(F.layer_norm(c, p.norm_c.shape, p.norm_c, p.bias_c)), c
`,
  ],
  "layer-norm-gru": [
    "LayerNormGRU",
    `class LayerNormGRU(Layers):
    """GRU with layer normalisation (Ba, Kiros & Hinton 2016): the gates together, the candidate by itself; rows r, z, n."""

    states = 1

    def shapes(self, i, h):
        sides = (("ih_gates", 2 * h), ("ih_n", h), ("hh_gates", 2 * h), ("hh_n", h))
        norms = {f"{kind}_{name}": (size,) for name, size in sides for kind in ("norm", "bias")}
        return {"weight_ih": (3 * h, i), "weight_hh": (3 * h, h), **norms}

    def normalized(self, x, side, p):
        gates, n = x.split(2 * x.shape[-1] // 3, -1)
        norm = lambda y, name: F.layer_norm(y, y.shape[-1:], getattr(p, f"norm_{name}"), getattr(p, f"bias_{name}"))
        return torch.cat([norm(gates, f"{side}_gates"), norm(n, f"{side}_n")], -1)

    def inputs(self, x, p):
        return self.normalized(F.linear(x, p.weight_ih), "ih", p)

    def step(self, x, state, p):
        (h,) = state
        x_r, x_z, x_n = x.chunk(3, 1)
        h_r, h_z, h_n = self.normalized(F.linear(h, p.weight_hh), "hh", p).chunk(3, 1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        return (n + z * (h - n),)
`,
  ],
  "min-gru": [
    "MinGRU",
    `class MinGRU(Layers):
    """Minimal GRU (Feng et al. 2024): gates that see the inputs alone; rows z, h."""

    states = 1

    def shapes(self, i, h):
        return {"weight_ih": (2 * h, i), "bias_ih": (2 * h,)}

    def inputs(self, x, p):
        return F.linear(x, p.weight_ih, p.bias_ih)

    def step(self, x, state, p):
        (h,) = state
        z, g = x.chunk(2, 1)
        z, g = torch.sigmoid(z), torch.where(g >= 0, g + 0.5, torch.sigmoid(g))
        return ((1 - z) * h + z * g,)
`,
  ],
  "min-lstm": [
    "MinLSTM",
    `class MinLSTM(Layers):
    """Minimal LSTM (Feng et al. 2024): gates that see the inputs alone and share one whole; rows i, f, h."""

    states = 1

    def shapes(self, i, h):
        return {"weight_ih": (3 * h, i), "bias_ih": (3 * h,)}

    def inputs(self, x, p):
        return F.linear(x, p.weight_ih, p.bias_ih)

    def step(self, x, state, p):
        (h,) = state
        i, f, g = x.chunk(3, 1)
        keep, g = torch.sigmoid(F.logsigmoid(f) - F.logsigmoid(i)), torch.where(g >= 0, g + 0.5, torch.sigmoid(g))
        return (keep * h + (1 - keep) * g,)  # keep = f / (f + i)
`,
  ],
};
