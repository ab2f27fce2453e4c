"""PyTorch as a peer: JSON lines on stdin, answers on descriptor 3, as peers/host.mjs describes them."""
import json
import os
import re
import sys
import time

import torch
from torch import nn


class LM(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed = nn.Embedding(config["vocabulary"], config["embedding"])
        self.rnn = getattr(nn, config["cell"])(config["embedding"], config["hidden"], config["layers"])
        self.head = nn.Linear(config["hidden"], config["vocabulary"])

    def forward(self, x, state=None):
        y, state = self.rnn(self.embed(x), state)
        return self.head(y), state


class LengthsLM(nn.Module):
    """Of sequences of many lengths, packed: a class of each step, or of each sequence."""

    def __init__(self, config):
        super().__init__()
        self.embed = nn.Embedding(config["vocabulary"], config["embedding"])
        both = config["bidirectional"]
        self.rnn = getattr(nn, config["cell"])(
            config["embedding"], config["hidden"], config["layers"], bidirectional=both
        )
        self.head = nn.Linear(config["hidden"] * (2 if both else 1), config["classes"])
        self.both, self.steps = both, config["tells"] == "steps"

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embed(x), lengths, enforce_sorted=False)
        y, state = self.rnn(packed)
        if self.steps:
            return self.head(nn.utils.rnn.pad_packed_sequence(y)[0])
        h = state[0] if isinstance(state, tuple) else state
        return self.head(torch.cat([h[-2], h[-1]], 1) if self.both else h[-1])


PROBLEM = 4


def read_problem():
    """From the descriptor that it is open on: this may run where no path of the parent's leads."""
    with os.fdopen(PROBLEM, "rb") as file:
        header = file.readline()
        body = bytearray(file.read())
    meta = json.loads(header)
    tensors = {}
    for name, spec in meta["tensors"].items():
        count = 1
        for size in spec["shape"]:
            count *= size
        dtype = torch.int32 if spec["dtype"] == "int32" else torch.float32
        flat = torch.frombuffer(body, dtype=dtype, count=count, offset=spec["offset"])
        tensors[name] = flat.reshape(spec["shape"]).clone()
    return meta["config"], tensors


def blas():
    """The file that answers for matrix products, seen in the process itself: a slow one would make the comparison unfair."""
    try:
        with open("/proc/self/maps") as maps:
            found = sorted(set(re.findall(r"\S*/(\S*(?:blas|mkl_rt)\S*\.so\S*)", maps.read())))
        return ", ".join(found) or "BLAS built in"
    except OSError:
        return ""


class Steps:
    """What training of every kind of model shares."""

    def prepare(self, model, tensors):
        self.model, self.loss_fn = model, nn.CrossEntropyLoss()
        self.model.load_state_dict(tensors)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)

    def train(self):
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.25)
        self.optimizer.step()
        return loss

    def losses(self, k, limit):
        found, seconds, start = [], [], time.perf_counter()
        for _ in range(k):
            before = time.perf_counter()
            found.append(self.train().item())
            seconds.append(time.perf_counter() - before)
            if time.perf_counter() - start > limit:
                break
        return {"losses": found, "seconds": seconds}

    def time(self, what, seconds):
        """As timedRuns in timing.mjs."""
        run, most = self.actions[what], 20000 if what == "stream" else 5000

        def elapsed():
            start = time.perf_counter()
            run()
            return time.perf_counter() - start

        warm_until = time.perf_counter() + seconds / 10
        last = elapsed()
        while time.perf_counter() < warm_until:
            last = elapsed()
        if last >= seconds:
            return {"ms": last * 1e3, "runs": 1}
        times, end = [elapsed()], time.perf_counter() + seconds
        while time.perf_counter() < end and len(times) < most:
            times.append(elapsed())
        return {"ms": sorted(times)[len(times) // 2] * 1e3, "runs": len(times)}


class LengthsPeer(Steps):
    """The batch is made of its sequences in the step, as everywhere."""

    def __init__(self, config, tensors):
        lengths = tensors.pop("lengths").tolist()
        inputs, targets = tensors.pop("inputs").long(), tensors.pop("targets").long()
        sequences = inputs.split(lengths)
        told = targets.split(lengths) if config["tells"] == "steps" else targets
        n = config["batch"]
        self.batches = [(sequences[i : i + n], told[i : i + n]) for i in range(0, len(lengths), n)]
        self.steps, self.at = config["tells"] == "steps", 0
        self.tokens = sum(lengths) / config["batches"]
        self.prepare(LengthsLM(config), tensors)
        self.actions = {"train": self.train, "forward": self.forward}

    def batch(self):
        sequences, told = self.batches[self.at % len(self.batches)]
        self.at += 1
        pad = nn.utils.rnn.pad_sequence
        y = pad(told, padding_value=-100).reshape(-1) if self.steps else told
        return pad(sequences), torch.tensor([len(x) for x in sequences]), y

    def loss(self):
        x, lengths, y = self.batch()
        scores = self.model(x, lengths)
        return self.loss_fn(scores.reshape(-1, scores.shape[-1]), y)

    def forward(self):
        x, lengths, _ = self.batch()
        with torch.no_grad():
            self.model(x, lengths)


class Peer(Steps):
    def __init__(self, config, tensors):
        self.config = config
        length, batch = tensors["inputs"].shape
        self.tokens = length * batch
        self.x = tensors.pop("inputs").long()
        self.y = tensors.pop("targets").long().reshape(-1)
        self.prepare(LM(self.config), tensors)
        self.one, self.state = torch.zeros(1, 1, dtype=torch.long), None
        self.actions = {"train": self.train, "forward": self.forward, "stream": self.stream}

    def loss(self):
        return self.loss_fn(self.model(self.x)[0].view(self.tokens, -1), self.y)

    def forward(self):
        with torch.no_grad():
            self.model(self.x)

    def stream(self):
        with torch.no_grad():
            self.state = self.model(self.one, self.state)[1]


def memory():
    try:
        with open("/proc/self/status") as status:
            return {"peakMb": int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024}
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"peakMb": peak / (2**20 if sys.platform == "darwin" else 1024)}


def main():
    peer = None
    replies = os.fdopen(3, "w")
    for line in sys.stdin:
        request = json.loads(line)
        op = request.pop("op")
        try:
            if op == "prepare":
                torch.set_num_threads(request["threads"])
                config, tensors = read_problem()
                peer = LengthsPeer(config, tensors) if "lengths" in config else Peer(config, tensors)
                answer = {
                    "version": torch.__version__,
                    "detail": blas(),
                    "threads": torch.get_num_threads(),
                    "same": True,
                    "tokensPerStep": peer.tokens,
                    "can": {kind: kind in peer.actions for kind in ("train", "forward", "stream")},
                }
            else:
                answer = memory() if op == "memory" else getattr(peer, op)(**request)
        except Exception as error:
            answer = {"error": str(error).split("\n")[0]}
        print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    main()
