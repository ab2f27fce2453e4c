import type { BestPathStep, Blueprint } from "../blueprint.js";
import { attributeOf } from "./names.js";

/** What finds the best tags of whole sequences. */
export const CHAIN = `class Chain(nn.Module):
    """Tags one after another: scores of the first, of each after another (from row to column) and of the last; -inf for what may not be."""

    def __init__(self, tags):
        super().__init__()
        for name, shape in (("start", (tags,)), ("end", (tags,)), ("transitions", (tags, tags))):
            self.register_buffer(name, torch.zeros(shape))

    def forward(self, scores, lengths):
        """The best tags of each sequence (Viterbi 1967): scores [L, N, K] to [L, N], 0 beyond a sequence's end."""
        best, came = self.start + scores[0], []
        own = torch.arange(scores.shape[2], device=scores.device).expand_as(best)
        for t in range(1, len(scores)):
            runs = (t < lengths).unsqueeze(1)
            reached, by = (best.unsqueeze(2) + self.transitions).max(1)
            best = torch.where(runs, reached + scores[t], best)
            came.append(torch.where(runs, by, own))
        tags = [(best + self.end).argmax(1)]
        for by in reversed(came):
            tags.append(by.gather(1, tags[-1].unsqueeze(1)).squeeze(1))
        tags = torch.stack(tags[::-1])
        return tags * within(tags, lengths).squeeze(2)
`;

/** The chains of a network, each once. */
export function chainsOf({ programs }: Blueprint): BestPathStep[] {
  const steps = programs.flatMap((program) => program.steps).filter((step) => step.op === "best-path");
  return [...new Map(steps.map((step) => [step.chain, step])).values()];
}

export function chainLine({ chain, tags }: BestPathStep): string {
  return `self.${attributeOf(chain)} = Chain(${tags})`;
}
