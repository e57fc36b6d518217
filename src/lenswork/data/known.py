"""The table of known data sets: what they are, whose they are, and where to fetch them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lenswork.kinds import SplitName


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch: `checksum` is `sha256:…` or `md5:…` of the file as it is served.

    A zip archive is unpacked as the part `unpacks_to`; any other file is kept as it is.
    """

    url: str
    checksum: str
    size_bytes: int
    unpacks_to: SplitName | None = None

    @property
    def name(self) -> str:
        """The file's name on disk."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class ArrayFiles:
    """The idx files of one part, and the sha256 of each one's uncompressed content."""

    stem: str  # the files are STEM-images-idx3-ubyte and STEM-labels-idx1-ubyte, also with .gz
    npz_suffix: str  # the arrays are x_SUFFIX and y_SUFFIX in Keras's archive
    pictures_sha256: str
    labels_sha256: str


@dataclass(frozen=True)
class KnownSet:
    """A data set that is found, and fetched, by its name.

    `counts` gives the pictures of each class in each part. `folders` are the names it goes by in
    a data home; the first is the one it is fetched to. With `arrays` it is idx files or an npz
    archive, without it is folders of pictures with the suffix `suffix`.
    """

    name: str
    description: str
    classes: tuple[str, ...]
    counts: Mapping[SplitName, tuple[int, ...]]
    licence: str
    attribution: str
    folders: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    side: int
    arrays: Mapping[SplitName, ArrayFiles] = field(default_factory=dict)
    suffix: str = ""
    notes: tuple[str, ...] = ()

    @property
    def form(self) -> Literal["arrays", "pictures"]:
        """Whether it is arrays in idx or npz files, or folders of pictures."""
        return "arrays" if self.arrays else "pictures"

    @property
    def pictures(self) -> Mapping[SplitName, int]:
        """The number of pictures in each part."""
        return {part: sum(counts) for part, counts in self.counts.items()}

    @property
    def download_bytes(self) -> int:
        """What there is to fetch, in all."""
        return sum(file.size_bytes for file in self.files)


_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TENSORFLOW = "https://storage.googleapis.com/download.tensorflow.org/data/"
_CREDIT = "Laurence Moroney (lmoroney@gmail.com / laurencemoroney.com), 2019"
_BACKGROUNDS = (
    "the training pictures have scenery behind the figures and the validation pictures plain "
    "white: validation accuracy is jumpy, and that is a fact about the data"
)

MNIST = KnownSet(
    name="mnist",
    description="grey handwritten digits",
    classes=tuple("0123456789"),
    counts={
        "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    },
    licence="CC BY-SA 3.0",
    attribution="Yann LeCun and Corinna Cortes",
    folders=("mnist", "MNIST/raw"),  # the second is torchvision's
    files=(
        RemoteFile(
            _KERAS + "mnist.npz",
            "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            11_490_434,
        ),
    ),
    side=28,
    arrays={
        "train": ArrayFiles(
            "train",
            "train",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        "test": ArrayFiles(
            "t10k",
            "test",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    },
)

FASHION_MNIST = KnownSet(
    name="fashion-mnist",
    description="grey pictures of clothes",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    counts={"train": (6000,) * 10, "test": (1000,) * 10},
    licence="MIT",
    attribution="Zalando SE",
    folders=("fashion-mnist", "FashionMNIST/raw"),
    files=(
        RemoteFile(
            _KERAS + "train-images-idx3-ubyte.gz",
            "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            26_421_880,
        ),
        RemoteFile(
            _KERAS + "train-labels-idx1-ubyte.gz", "md5:25c81989df183df01b3e8a0aad5dffbe", 29_515
        ),
        RemoteFile(
            _KERAS + "t10k-images-idx3-ubyte.gz",
            "md5:bef4ecab320f06d8554ea6380940ec79",
            4_422_102,
        ),
        RemoteFile(
            _KERAS + "t10k-labels-idx1-ubyte.gz", "md5:bb300cfdad3c16e7a12a480ee83cd310", 5_148
        ),
    ),
    side=28,
    arrays={
        "train": ArrayFiles(
            "train",
            "train",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        "test": ArrayFiles(
            "t10k",
            "test",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    },
)

HORSES_OR_HUMANS = KnownSet(
    name="horses-or-humans",
    description="computer-generated horses and humans, in colour",
    classes=("horses", "humans"),
    counts={"train": (500, 527), "validation": (128, 128)},
    licence="CC BY 2.0",
    attribution=_CREDIT,
    folders=("horses-or-humans", "horse-or-human"),
    files=(
        RemoteFile(
            _TENSORFLOW + "horse-or-human.zip",
            "sha256:e2e6f70d3d549c5dd10a57165e55af253ee66ad750403f95c0fb76bb943633a9",
            149_574_867,
            unpacks_to="train",
        ),
        RemoteFile(
            _TENSORFLOW + "validation-horse-or-human.zip",
            "sha256:ae5fff2f4f5554791f05358108e2e05d9801b191f1896ea101402f0e7f6c32c0",
            11_480_187,
            unpacks_to="validation",
        ),
    ),
    side=300,
    suffix=".png",
    notes=(_BACKGROUNDS,),
)

SAMPLE = KnownSet(
    name="horses-or-humans-150",
    description="the same at 150x150, inside Lenswork",
    classes=HORSES_OR_HUMANS.classes,
    counts=HORSES_OR_HUMANS.counts,
    licence=HORSES_OR_HUMANS.licence,
    attribution=_CREDIT,
    folders=(),
    files=(),
    side=150,
    suffix=".jpg",
    notes=(_BACKGROUNDS,),
)

KNOWN: Mapping[str, KnownSet] = {
    known.name: known for known in (MNIST, FASHION_MNIST, HORSES_OR_HUMANS)
}
