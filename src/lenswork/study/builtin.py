"""The questions of the course's notes as plans, by name."""

from lenswork.study.plan import Plan

_NOTES = {"data": "mnist", "recipe": "notes", "epochs": 10}
_TWO = "conv {filters}, pool, conv {filters}, pool, flatten, dense 128, dense classes"

BUILTIN: dict[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan(
            name="filters",
            question="How many filters?",
            base={**_NOTES, "net": _TWO},
            axes={"filters": {f"{count} filters": count for count in (16, 32, 64)}},
        ),
        Plan(
            name="depth",
            question="How many convolutions?",
            base=_NOTES,
            axes={
                "net": {
                    "1 convolution": "conv-32x1",
                    "2 convolutions": "conv-32x2",
                    "3 convolutions": "conv-32x3",
                }
            },
        ),
        Plan(
            name="epochs",
            question="How many epochs?",
            base={"data": "mnist", "recipe": "notes", "net": "conv-32x2"},
            axes={"epochs": {f"{count} epochs": count for count in (5, 10, 15, 30)}},
        ),
        Plan(
            name="normalise",
            question="What does dividing by 255 do?",
            base={**_NOTES, "net": "conv-32x2"},
            axes={"normalise": {"divided by 255": True, "not divided": False}},
        ),
        Plan(
            name="size",
            question="How large need the pictures be?",
            base={
                "data": "horses-or-humans",
                "recipe": "notes",
                "net": "conv 16, pool, conv 32, pool, conv 64, pool, flatten, dense 512, "
                "dense classes",
            },
            axes={"size": {f"{side} pixels": f"{side}x{side}" for side in (300, 150, 75)}},
        ),
        Plan(
            name="convolutions-or-dense",
            question="Do convolutions help?",
            base=_NOTES,
            axes={"net": {"dense 512": "dense-512", "2 convolutions of 32": "conv-32x2"}},
        ),
    )
}
