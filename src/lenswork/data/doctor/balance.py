"""Classes of very different numbers of pictures."""

from collections.abc import Mapping

from lenswork.data.doctor.codes import found
from lenswork.data.doctor.finding import Finding

# Google's course on imbalanced data sets calls it moderate from 20 % in the smaller of two
# classes, which is 4 to 1; there, who always answers the larger class is right 4 times in 5.
# (developers.google.com/machine-learning/crash-course/overfitting/imbalanced-datasets). Buda,
# Maki, Mazurowski 2018, "A systematic study of the class imbalance problem in convolutional
# neural networks": the loss grows with the ratio and the difficulty, no ratio is free of it.
IMBALANCE = 4.0


def balance_findings(pictures: Mapping[str, int], place: str) -> list[Finding]:
    """Whether the largest class has `IMBALANCE` times the training pictures of the smallest.

    `place` is the data as a shell takes it.
    """
    having = {name: count for name, count in pictures.items() if count}
    if len(having) < 2:
        return []
    most, least = max(having, key=having.__getitem__), min(having, key=having.__getitem__)
    ratio = having[most] / having[least]
    if ratio < IMBALANCE:
        return []
    share = having[most] / sum(having.values())
    return [
        found(
            "imbalance",
            f"{most} has {having[most]:,} training pictures, {least} has {having[least]:,}: "
            f"{ratio:,.1f} to 1",
            f"always answering {most} would be right for {share:.0%} of them, so that accuracy "
            f"says little about {least}: look at the accuracy of each class",
            f"lenswork train {place} --class-weights balanced",
        )
    ]
