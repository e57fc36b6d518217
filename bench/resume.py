"""The part that kills trainings and compares what they come to, as data."""

from part import PROJECT, Contender, Measure, Part, Target

RESUME = Part(
    name="resume",
    title="Kill -9 at random moments",
    about=(
        "`lenswork train fashion-mnist` is killed by SIGKILL at a moment that chance picks between "
        "its start and its end, and the same command is given again. Its history (metrics, "
        "learning rates, pictures of every epoch), the probabilities of every held-out picture and "
        "the final weights are then compared, bit by bit, with those of a run that nobody killed. "
        "The net has dropout and batch normalisation, the recipe a one-cycle schedule, patience "
        "and the weights of the best epoch."
    ),
    conditions=(
        "Each round has a seed of its own, a run that is not killed, and 10 that are, once each.",
        (
            "6,000 pictures, 6 epochs; checkpoints after epochs and every 0.3 s, so that many "
            "moments fall within the writing of one. Moments before the first checkpoint count."
        ),
    ),
    contenders=(
        Contender(
            "lenswork",
            "the same command again after a kill",
            PROJECT,
            "lenswork_resume.py",
            (
                "--seed", "{seed}", "--pictures", "{pictures}", "--home", "{home}",
                "--lenswork", "{bin}/lenswork",
            ),
        ),
    ),
    measures=(
        Measure("kills", "kills", "", 0),
        Measure("identical", "identical afterwards", "", 0),
        Measure("different", "different", "", 0),
        Measure("continued", "continued from a checkpoint", "", 0),
        Measure("wall_seconds", "training without a kill", "s", 1),
        Measure("again_seconds", "the command after a kill, mean", "s", 1),
    ),
    targets=(Target("lenswork", "different", at_most=0.0),),
)  # fmt: skip
