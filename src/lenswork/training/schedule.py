"""How the learning rate moves over a run."""

import math

WARM_UP = 0.25  # of the run; one-cycle's rise
COOL = 1e-3  # of the peak; where one-cycle ends


def learning_rate_at(schedule: str, peak: float, progress: float) -> float:
    """The learning rate when `progress` (0 to 1) of the run's steps is done.

    constant: `peak`. cosine: from `peak` to 0 by half a cosine (Loshchilov and Hutter 2017,
    "SGDR", equation 5, without restarts). one-cycle: a straight rise over the first quarter,
    then a straight fall (Smith and Topin 2018, "Super-convergence", section 3).
    """
    if schedule == "constant":
        return peak
    if schedule == "cosine":
        return peak * (1 + math.cos(math.pi * progress)) / 2
    if progress < WARM_UP:
        return peak * (0.1 + 0.9 * progress / WARM_UP)
    return peak * max(COOL, (1 - progress) / (1 - WARM_UP))
