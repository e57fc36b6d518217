"""A classifier is judged on pictures that it answers now, class by class under its name."""

import numpy as np
import pytest
from portable import noise, portable

from lenswork.data.dataset import ArraySource, Cut, Dataset, Part
from lenswork.errors import UsageError
from lenswork.kinds import SplitName
from lenswork.look.judged_on import compare_on, judge_on
from lenswork.model.classifier import Classifier

ORDER = ("class 2", "class 0", "class 1")  # a folder's, unlike the classifier's


def answered(classifier: Classifier, classes: tuple[str, ...], **counts: int) -> Dataset:
    """Parts of pictures whose true classes are what the classifier calls them."""
    parts: dict[SplitName, Part] = {}
    for seed, (name, count) in enumerate(counts.items()):
        pictures = noise((count, *classifier.contract.preprocess.input_shape), seed)
        said = classifier.predictions(classifier.probabilities(pictures))
        labels = np.array([classes.index(one.class_name) for one in said], np.int64)
        ids = tuple(f"{name}/{place}" for place in range(count))
        parts[name] = Part(ArraySource(pictures), labels, ids)  # type: ignore[index]
    return Dataset("noise", classes, parts)


def test_classes_are_matched_by_their_names_and_not_by_their_order() -> None:
    classifier = portable()
    judged = judge_on(classifier, "net", answered(classifier, ORDER, train=9, validation=40))
    assert (judged.run, judged.part, judged.classes) == ("net", "validation", ORDER)
    assert judged.accuracy.fraction == 1
    np.testing.assert_allclose(judged.probabilities.sum(axis=1), 1, atol=1e-6)


def test_all_pictures_of_data_without_parts_are_judged() -> None:
    classifier = portable()
    whole = answered(classifier, ORDER, train=30, validation=10)
    cut = Dataset(whole.name, whole.classes, whole.parts, cut=Cut(0.25))
    assert len(judge_on(classifier, "net", cut)) == 40
    assert judge_on(classifier, "net", cut).part == "test"
    assert len(judge_on(classifier, "net", cut, "validation")) == 10


def test_a_class_that_the_data_lack_is_kept_behind_theirs() -> None:
    classifier = portable(classes=4)
    alone = Part(ArraySource(noise((1, 12, 10, 3))), np.zeros(1, np.int64), ("a",))
    fewer = Dataset("few", ORDER, {"test": alone})
    assert judge_on(classifier, "net", fewer).classes == (*ORDER, "class 3")


def test_a_class_that_the_classifier_does_not_know_is_named() -> None:
    classifier = portable()
    data = answered(classifier, (*ORDER, "horse"), test=5)
    with pytest.raises(UsageError, match=r"has the class 'horse', and net tells apart class 0"):
        judge_on(classifier, "net", data)


def test_a_part_that_is_not_there_is_refused() -> None:
    classifier = portable()
    with pytest.raises(UsageError, match="noise has no test part: it has train"):
        judge_on(classifier, "net", answered(classifier, ORDER, train=5), "test")


def test_classifiers_are_compared_picture_by_picture() -> None:
    classifier = portable()
    data = answered(classifier, ORDER, test=60)
    other = portable("flatten, dense classes")
    judged = [judge_on(classifier, "one", data), judge_on(other, "two", data)]
    compared = compare_on(judged)
    wrong = int((judged[1].answer != judged[1].truth).sum())
    assert wrong > 0
    assert (compared.flips[0].a_only, compared.flips[0].b_only) == (wrong, 0)
    assert compared.verdict.pairs[0].first == "one"


def test_fewer_than_two_and_two_of_one_name_are_refused() -> None:
    classifier = portable()
    one = judge_on(classifier, "one", answered(classifier, ORDER, test=5))
    for judged in ([one], [one, one]):
        with pytest.raises(UsageError, match="expected two different classifiers or more"):
            compare_on(judged)
