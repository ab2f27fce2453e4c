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


def read_problem(path):
    with open(path, "rb") as file:
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


class Peer:
    def __init__(self, problem, threads):
        torch.set_num_threads(threads)
        self.config, tensors = read_problem(problem)
        length, batch = tensors["inputs"].shape
        self.tokens = length * batch
        self.x = tensors.pop("inputs").long()
        self.y = tensors.pop("targets").long().reshape(-1)
        self.model, self.loss_fn = LM(self.config), nn.CrossEntropyLoss()
        self.model.load_state_dict(tensors)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.one, self.state = torch.zeros(1, 1, dtype=torch.long), None
        self.actions = {"train": self.train, "forward": self.forward, "stream": self.stream}

    def train(self):
        self.optimizer.zero_grad()
        loss = self.loss_fn(self.model(self.x)[0].view(self.tokens, -1), self.y)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.25)
        self.optimizer.step()
        return loss

    def forward(self):
        with torch.no_grad():
            self.model(self.x)

    def stream(self):
        with torch.no_grad():
            self.state = self.model(self.one, self.state)[1]

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


def memory():
    try:
        with open("/proc/self/status") as status:
            return {"peakMb": int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024}
    except OSError:
        import resource

        return {"peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}  # bytes on macOS


def main():
    peer = None
    replies = os.fdopen(3, "w")
    for line in sys.stdin:
        request = json.loads(line)
        op = request.pop("op")
        try:
            if op == "prepare":
                peer = Peer(**request)
                answer = {
                    "version": torch.__version__,
                    "detail": blas(),
                    "threads": torch.get_num_threads(),
                    "same": True,
                    "tokensPerStep": peer.tokens,
                    "can": {"train": True, "forward": True, "stream": True},
                }
            else:
                answer = memory() if op == "memory" else getattr(peer, op)(**request)
        except Exception as error:
            answer = {"error": str(error).split("\n")[0]}
        print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    main()
