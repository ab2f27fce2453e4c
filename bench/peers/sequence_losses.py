"""PyTorch's CTC loss, and a CRF as pytorch-crf writes it, for `--sequence-losses`: JSON lines as in pytorch.py."""
import json
import os
import sys

import torch
from torch.nn import functional as F

from pytorch import Peer


class CRF(torch.nn.Module):
    def __init__(self, tags):
        super().__init__()
        self.start_transitions = torch.nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.end_transitions = torch.nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.transitions = torch.nn.Parameter(torch.empty(tags, tags).uniform_(-0.1, 0.1))

    def forward(self, emissions, tags, mask):
        n = torch.arange(tags.shape[1])
        score = self.start_transitions[tags[0]] + emissions[0, n, tags[0]]
        for t in range(1, len(tags)):
            score = score + (self.transitions[tags[t - 1], tags[t]] + emissions[t, n, tags[t]]) * mask[t]
        score = score + self.end_transitions[tags[mask.long().sum(0) - 1, n]]
        alpha = self.start_transitions + emissions[0]
        for t in range(1, len(tags)):
            after = torch.logsumexp(alpha.unsqueeze(2) + self.transitions + emissions[t].unsqueeze(1), 1)
            alpha = torch.where(mask[t].bool().unsqueeze(1), after, alpha)
        return (score - torch.logsumexp(alpha + self.end_transitions, 1)).sum()


class SequenceLoss:
    time = Peer.time

    def __init__(self, kind, steps, batch, classes, letters, threads):
        torch.set_num_threads(threads)
        self.x = torch.randn(steps, batch, classes)
        self.x = (self.x.log_softmax(-1) if kind == "ctc" else self.x).requires_grad_()
        self.input_lengths, self.target_lengths = [steps] * batch, [letters] * batch
        self.targets = torch.randint(1, classes, (batch, letters))
        self.crf = CRF(classes)
        self.tags, self.mask = torch.randint(classes, (steps, batch)), torch.ones(steps, batch)
        self.actions = {"train": {"ctc": self.ctc, "crf": self.likelihood}[kind]}

    def ctc(self):
        self.x.grad = None
        F.ctc_loss(self.x, self.targets, self.input_lengths, self.target_lengths).backward()

    def likelihood(self):
        self.x.grad = None
        self.crf.zero_grad()
        (-self.crf(self.x, self.tags, self.mask)).backward()


def main():
    peer = None
    replies = os.fdopen(3, "w")
    for line in sys.stdin:
        request = json.loads(line)
        op = request.pop("op")
        if op == "prepare":
            peer = SequenceLoss(**request)
        print(json.dumps({"version": torch.__version__} if op == "prepare" else peer.time(**request)), file=replies, flush=True)


if __name__ == "__main__":
    main()
