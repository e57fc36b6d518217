"""Which held-out pictures the network gets wrong just now, and how sure it is of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from lenswork.kinds import SplitName
from lenswork.model.classifier import probabilities_from
from lenswork.model.contract import Output

MOST = 24


@dataclass(frozen=True)
class Wrong:
    """A picture with a wrong answer: its row in the part, its id, classes by number.

    `confidence` is the probability of the answer.
    """

    row: int
    id: str
    truth: int
    said: int
    confidence: float


@dataclass(frozen=True)
class Evaluated:
    """What the network said of the pictures of a part when an epoch ended.

    `logits` are (count, outputs), `labels` (count,), `rows` (count,) where in the part the
    pictures are, None for all in order; `ids` are those of the whole part.
    """

    part: SplitName
    ids: Sequence[str]
    rows: Tensor | None
    logits: Tensor
    labels: Tensor
    output: Output

    def surely_wrong(self, most: int = MOST) -> tuple[Wrong, ...]:
        """The wrong answers of which the network is surest, surest first."""
        confidence, said = probabilities_from(self.logits.float(), self.output).max(dim=1)
        # where training has diverged, confidence is no number
        wrong = ((said != self.labels) & confidence.isfinite()).nonzero()[:, 0]
        chosen = wrong[confidence[wrong].argsort(descending=True, stable=True)[:most]]
        rows = chosen if self.rows is None else self.rows[chosen]
        columns = (rows, self.labels[chosen], said[chosen], confidence[chosen])
        return tuple(
            Wrong(row, self.ids[row], truth, answer, sure)
            for row, truth, answer, sure in zip(*(one.tolist() for one in columns), strict=True)
        )
