"""How fast pictures are decoded: Pillow, OpenCV and Lenswork, as data."""

from part import PROJECT, Contender, Group, Measure, Part, Target

GROUP = Group(
    title="Decoders",
    about=(
        "Files to rows of one uint8 array: read, decoded to RGB, brought to size, placed. The "
        "files are remembered by the system before the clock starts."
    ),
    conditions=(
        (
            "Every measurement is a fresh process; imports and the start of the threads are not "
            "counted. Threads are Python's, each with the next file; OpenCV's own are off. "
            "Processor time is that of all threads together, which other work on the machine "
            "disturbs less than the rate."
        ),
        (
            "Pillow and OpenCV keep nothing and know no EXIF orientation here. Lenswork is "
            "`Preprocess.read_all` on the cores it was given: it turns pictures upright, lays "
            "transparent ones on white, checks PNGs for missing pieces and, cold, keeps the rows "
            "on disk with the checksums of files and rows."
        ),
    ),
)
RATE = Measure("pictures_a_second", "pictures a second", "", 0)
BUSY = Measure("busy_ms", "processor time a picture", "ms", 2)
TARGET = 0.9  # of the bare decoder's rate
_NAMES = {"pillow": "Pillow", "opencv": "OpenCV"}
_ENVIRONMENTS = {"pillow": PROJECT, "opencv": "opencv"}


def _bare(side: int, pictures: int, *, reduced: bool) -> tuple[Contender, ...]:
    """Both libraries, on one and on two threads, decoding whole and perhaps reduced."""
    return tuple(
        Contender(
            f"{library}{'-reduced' if small else ''}-{threads}",
            f"{_NAMES[library]}, {threads} thread{'s' if threads > 1 else ''}"
            + (", decoding at reduced size" if small else ""),
            _ENVIRONMENTS[library],
            f"{library}_decoder.py",
            (
                "--folder", "{folder}", "--side", str(side), "--most", str(pictures),
                "--threads", str(threads), *(("--reduced",) if small else ()),
            ),
        )
        for small in ((False, True) if reduced else (False,))
        for library in ("pillow", "opencv")
        for threads in (1, 2)
    )  # fmt: skip


def _ours(side: int, pictures: int, *, reduced: bool) -> tuple[Contender, ...]:
    what = ", decoding at reduced size" if reduced else ""
    asked = (
        "--folder", "{folder}", "--side", str(side), "--most", str(pictures), "--home", "{home}",
        *(("--reduced",) if reduced else ()),
    )  # fmt: skip
    name = "lenswork-reduced" if reduced else "lenswork"
    script = "lenswork_decoder.py"
    return (
        Contender(
            f"{name}-off", f"`read_all` without a cache{what}", PROJECT, script, (*asked, "--off")
        ),
        Contender(f"{name}-cold", f"`read_all`, nothing kept yet{what}", PROJECT, script, asked),
    )


def _target(of: str, to: str) -> Target:
    return Target(of, RATE.name, to=to, at_least=TARGET)


def _busy(of: str, to: str) -> Target:
    return Target(of, BUSY.name, to=to, at_most=1 / TARGET)


PNG = Part(
    name="decoders-png",
    title="PNG, 300 x 300",
    about="The training pictures of horses-or-humans (RGBA, nothing transparent) at their size.",
    conditions=(),
    contenders=(
        *_bare(300, 400, reduced=False),
        *_ours(300, 400, reduced=False),
        Contender(
            "lenswork-warm",
            "`read_all` of what was kept",
            PROJECT,
            "lenswork_decoder.py",
            (
                "--folder", "{folder}", "--side", "300", "--most", "400", "--home", "{home}",
                "--warm",
            ),
        ),
    ),
    measures=(RATE, BUSY),
    targets=(
        _target("lenswork-off", "pillow-2"),
        _target("lenswork-cold", "pillow-2"),
        _busy("lenswork-cold", "pillow-2"),
    ),
    folder="horses-or-humans",
    group="decoders",
)  # fmt: skip

JPEG = Part(
    name="decoders-jpeg",
    title="JPEG, 2,400 x 1,600",
    about=(
        "Photographs that the bench draws, to 150 x 150. Reduced: the decoder itself leaves out "
        "frequencies, to a half, a quarter or an eighth of the size and no less than twice the "
        "target; here a quarter."
    ),
    conditions=(
        (
            "Resizing averages: Pillow with its bilinear filter, OpenCV with INTER_AREA (its "
            "bilinear filter would look at four pixels only)."
        ),
    ),
    contenders=(
        *_bare(150, 60, reduced=True),
        *_ours(150, 60, reduced=False),
        *_ours(150, 60, reduced=True),
    ),
    measures=(RATE, BUSY),
    targets=(
        _target("lenswork-off", "pillow-2"),
        _target("lenswork-cold", "pillow-2"),
        _target("lenswork-reduced-off", "pillow-reduced-2"),
        _target("lenswork-reduced-cold", "pillow-reduced-2"),
        _busy("lenswork-cold", "pillow-2"),
        _busy("lenswork-reduced-cold", "pillow-reduced-2"),
    ),
    folder="photos",
    group="decoders",
)
DECODERS = (PNG, JPEG)
