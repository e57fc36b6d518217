"""One picture in a run's network, kept for a while because a page asks about its numbers."""

import copy
import hashlib
from dataclasses import dataclass

from lenswork.kinds import Picture
from lenswork.look.activations import LayerOutput, activations
from lenswork.look.pictures import Shown, change_of
from lenswork.model.classifier import Classifier
from lenswork.record.run import Run
from lenswork.web.opened import Shelf, classifier_of


@dataclass(frozen=True)
class Look:
    """What every layer makes of a picture; `shown` has it at the network's size.

    `changed` says what was done to bring it there.
    """

    key: str
    classifier: Classifier
    shown: Shown
    outputs: tuple[LayerOutput, ...]
    changed: str

    @property
    def picture(self) -> Picture:
        """The picture as the network sees it before scaling, (height, width, channels)."""
        return self.shown.picture

    def apart(self) -> Classifier:
        """The classifier with a network of its own.

        captum hooks itself into layers: a pass of another page through them would be taken for
        one of its own.
        """
        return Classifier(
            copy.deepcopy(self.classifier.network), self.classifier.contract, self.classifier.golden
        )


_LOOKS: Shelf[Look] = Shelf(4)  # of a 300x300 net each has some 13 MB


def look_at(run: Run, shown: Shown, done: str = "") -> Look:
    """Look at a picture of any size; `done` says what was done to it before."""
    classifier = classifier_of(run)
    preprocess = classifier.contract.preprocess
    changed = "; ".join(filter(None, (shown.reading, done, change_of(shown.picture, preprocess))))
    seen = Shown(shown.id, preprocess.apply(shown.picture), shown.truth)
    digest = hashlib.sha256(repr((seen.id, seen.truth, changed)).encode())
    digest.update(seen.picture.tobytes())
    key = digest.hexdigest()[:20]

    def look() -> Look:
        outputs = tuple(activations(classifier, [seen.picture]))
        return Look(key, classifier, seen, outputs, changed)

    return _LOOKS.get(_place(run, classifier, key), look)


def kept_look(run: Run, key: str) -> Look | None:
    """A look that was taken a moment ago; None when others have taken its place."""
    return _LOOKS.peek(_place(run, classifier_of(run), key))


def _place(run: Run, classifier: Classifier, key: str) -> tuple[object, ...]:
    """A classifier that was trained anew under the same name is another one."""
    return (run.path, id(classifier), key)
