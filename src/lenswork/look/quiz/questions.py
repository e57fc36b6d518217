"""The thirteen questions of the notes, in order, with the idea that each asks about.

Nothing here needs torch, so that a list of the questions is there at once.
"""

from dataclasses import dataclass

from lenswork.errors import UsageError


@dataclass(frozen=True)
class Question:
    """One idea and the question about it; `choices[right]` is the notes' own answer.

    `lead` introduces the idea. `looks` says what the reader's own network will show.
    """

    number: int
    idea: str
    lead: str
    text: str
    choices: tuple[str, ...]
    right: int
    looks: str

    @property
    def answer(self) -> str:
        """The notes' answer."""
        return self.choices[self.right]


@dataclass(frozen=True)
class Chapter:
    """Ideas that belong together; `page` is where the studio does more with them, and its name."""

    title: str
    lead: str
    page: tuple[str, str]
    numbers: tuple[int, ...]


QUESTIONS: tuple[Question, ...] = (
    Question(
        1,
        "Convolution",
        "A filter is a small square of numbers. It is laid on the picture at one place after "
        "another: each pixel under it is multiplied by the number above it, the products are "
        "added up, and the sums make a new picture, a feature map. Nobody chose the numbers: "
        "training did.",
        "What is a convolution?",
        (
            "A way to make a picture smaller",
            "A way to isolate features in a picture",
            "A way to remove pictures that are of no use",
            "A way to tell which class a picture is of",
        ),
        1,
        "Your network's own filter is laid on your picture, place by place.",
    ),
    Question(
        2,
        "Pooling",
        "After a convolution there are many maps, all nearly as large as the picture. Pooling "
        "looks at each map through small windows that lie side by side, and keeps one number of "
        "each: the largest, or the mean.",
        "What does pooling do?",
        (
            "It isolates features",
            "It sharpens the picture",
            "It reduces the information while it keeps the features",
            "It joins several pictures into one",
        ),
        2,
        "A map of your network before and after pooling, with the numbers of one window.",
    ),
    Question(
        3,
        "Why convolutions help",
        "A network without convolutions sees a picture as one long row of pixels: move the "
        "figure by one pixel and everything is somewhere else. With convolutions the layers at "
        "the end are given something better than pixels.",
        "How do convolutions improve the recognition of pictures?",
        (
            "They make the pictures brighter",
            "They make the network larger",
            "They add pictures to the training set",
            "They isolate features, and those are what the rest decides on",
        ),
        3,
        "What your last convolution isolates in your picture, and what else excites each filter.",
    ),
    Question(
        4,
        "The size of a map",
        "A filter must lie wholly on the picture. It cannot be centred on the outermost pixels, "
        "so the map has fewer places than the picture has pixels. It looks like a bug at first.",
        "A 3x3 filter is laid on a picture of 28x28 pixels. How large is the map?",
        ("28x28", "26x26", "25x25", "30x30"),
        1,
        "The sizes in your own network, worked out and then measured; change the numbers.",
    ),
    Question(
        5,
        "The size after pooling",
        "Pooling windows lie side by side. What fills no whole window at the end is left out.",
        "A map of 26x26 is pooled with windows of 2x2. How large is what comes out?",
        ("26x26", "24x24", "13x13", "25x25"),
        2,
        "The poolings of your own network, worked out and then measured; change the numbers.",
    ),
    Question(
        6,
        "What a layer costs",
        "One more convolution is more work, yet it and its pooling leave a smaller map for the "
        "layers behind them. The notes say of their own nets: “16 seems the fastest, but I did "
        "not measure it, so I don't know.”",
        "Does adding convolutions make training faster?",
        (
            "Always: the maps get smaller",
            "Never: there is more to compute",
            "It depends, and a badly designed layer can be worse than none",
            "It makes no difference",
        ),
        2,
        "Your net, the same with one more convolution, and one without any: timed now, on your "
        "pictures.",
    ),
    Question(
        7,
        "Labels",
        "A network learns from pictures whose class is known. Nobody wants to write that down for "
        "a thousand files.",
        "How are the pictures in a folder labelled?",
        (
            "By the names of the files",
            "By a table beside the pictures",
            "The network finds the classes by itself",
            "By the directory that they lie in",
        ),
        3,
        "Your own data's directories, and the label of every picture checked against them.",
    ),
    Question(
        8,
        "Rescaling",
        "Pixels are whole numbers from 0 to 255. Weights begin near 0, and steps are small: a "
        "network learns sooner from numbers that are small too.",
        "Which setting brings the pixels into the range from 0 to 1?",
        (
            "Rescale: each pixel is divided by 255",
            "Normalise: each picture is made equally bright",
            "Target size: each picture is made smaller",
            "Batch size: fewer pictures at once",
        ),
        0,
        "Your network's answers to the same pictures, with the division and without it.",
    ),
    Question(
        9,
        "Target size",
        "Pictures come in all sizes, but a network has one fixed number of inputs.",
        "What sets the size of the pictures that a network is trained on?",
        (
            "The largest picture in the folder",
            "The target size: every picture is brought to it as it is read",
            "Nothing: each picture keeps its own size",
            "Whoever made the files has to resize them first",
        ),
        1,
        "Your picture as it was stored and as your network is given it; try other sizes.",
    ),
    Question(
        10,
        "Colours",
        "A grey picture is one sheet of numbers, a row for each row of pixels. A colour picture "
        "needs more than one number for each pixel.",
        "What does an input of 300x300x3 mean?",
        (
            "Three pictures of 300x300 pixels at once",
            "300 pictures of 300 pixels, three times over",
            "A picture of 300x300 pixels and three filters",
            "300 rows and 300 columns of pixels, each with its red, green and blue",
        ),
        3,
        "The three channels of a picture, and the numbers of one pixel.",
    ),
    Question(
        11,
        "Overfitting",
        "Validation pictures are never trained on. They show what the network makes of pictures "
        "that it has not seen.",
        "Training accuracy is close to 1.000, validation accuracy is not. What is this called?",
        ("Underfitting", "Overfitting", "Convergence", "Normalisation"),
        1,
        "The curves of your own run, and the gap between them.",
    ),
    Question(
        12,
        "Anywhere in the frame",
        "The horses and humans are seen from near and far, from the left and the right, "
        "standing and running. A filter is the same at every place.",
        "Why do convolutions suit pictures of horses and humans?",
        (
            "They find features anywhere in the frame, and there is great variety in both classes",
            "Horses and humans always stand in the middle",
            "The pictures are in colour",
            "There are only two classes",
        ),
        0,
        "Your picture is moved: see your network's map move with it, and what becomes of the "
        "answer.",
    ),
    Question(
        13,
        "Smaller pictures",
        "The notes train on 300x300 pixels, then on 150x150: faster, but a woman in a blue dress, "
        "seen from behind, turns from human into horse.",
        "After the pictures were made smaller the results differ. Why, say the notes?",
        (
            "Smaller pictures have other colours",
            "The labels were lost",
            "Convolutions were removed to handle the smaller pictures",
            "There were fewer pictures",
        ),
        2,
        "Two things had changed at once. Here they are apart: your net held while only detail is "
        "lost, and the nets of both sizes beside one another.",
    ),
)

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "Looking at a picture",
        "Small squares of numbers find features; pooling keeps what they found.",
        ("/lab", "Filter lab"),
        (1, 2, 3),
    ),
    Chapter(
        "Shapes and their price",
        "Every size follows from the one before it, and so does what it costs.",
        ("/new", "New run"),
        (4, 5, 6),
    ),
    Chapter(
        "Pictures from a folder",
        "Where labels come from, and what happens to each picture before a network sees it.",
        ("/data", "Data"),
        (7, 8, 9, 10),
    ),
    Chapter(
        "What to believe",
        "Learnt by heart or understood? And what made the difference?",
        ("/studies", "Studies"),
        (11, 12, 13),
    ),
)

OF_A_PICTURE = frozenset({1, 2, 3, 8, 9, 10, 12})
"""The questions whose demonstrations take a picture of the reader's own."""


def question(number: int) -> Question:
    """The question of this number; raises `UsageError` where there is none."""
    if not 1 <= number <= len(QUESTIONS):
        raise UsageError(f"questions are numbered 1 to {len(QUESTIONS)}, got {number}")
    return QUESTIONS[number - 1]
