"""How the learning rate moves over a run."""

import math

ONE_CYCLE_WARM_UP = 0.25  # of the run, unless it is said
START = 0.1  # of the peak; where a warm-up begins
COOL = 1e-3  # of the peak; where one-cycle ends


def learning_rate_at(schedule: str, peak: float, progress: float, warm_up: float) -> float:
    """The learning rate when `progress` (0 to 1) of the run's steps is done.

    During `warm_up` of them it rises straight from a tenth of `peak` (Goyal et al. 2017,
    "Accurate, large minibatch SGD", section 2.2). After that, constant: `peak`. cosine: to 0 by
    half a cosine (Loshchilov and Hutter 2017, "SGDR", equation 5, without restarts). one-cycle: a
    straight fall (Smith and Topin 2018, "Super-convergence", section 3).
    """
    if progress < warm_up:
        return peak * (START + (1 - START) * progress / warm_up)
    rest = (progress - warm_up) / (1 - warm_up)
    if schedule == "constant":
        return peak
    if schedule == "cosine":
        return peak * (1 + math.cos(math.pi * rest)) / 2
    return peak * max(COOL, 1 - rest)


def usual_warm_up(schedule: str | None) -> float:
    """What a schedule rises over where nothing is said."""
    return ONE_CYCLE_WARM_UP if schedule == "one-cycle" else 0.0
