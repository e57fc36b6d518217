"""Verdicts: the correction over pairs, which pairs, what is refused, and the words."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from lenswork.errors import UsageError
from lenswork.study.crossed import Correct
from lenswork.study.simulate import World, draw
from lenswork.study.verdict import PairVerdict, holm, verdicts
from lenswork.study.words import lines, notes, sentences, time_sentences


def study(
    accuracies: Sequence[float], seeds: int = 5, pictures: int = 2000, likeness: float = 0.95
) -> dict[str, Correct]:
    chance = np.random.default_rng(7)
    world = World(pictures, tuple(accuracies), likeness=likeness)
    tables = draw(world, chance).train(seeds, chance)
    return dict(zip(("16", "32", "64", "128"), tables, strict=False))


def only_pair(tables: dict[str, Correct]) -> PairVerdict:
    (pair,) = verdicts(tables).pairs
    return pair


def rows(*right: int, pictures: int = 1000) -> Correct:
    """A seed a number: its first pictures are right, the others wrong."""
    return np.array([np.arange(pictures) < count for count in right])


def test_holms_adjusted_values_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_one_pair_is_not_corrected() -> None:
    pair = only_pair(study([0.9, 0.91]))
    assert pair.here is not None
    assert pair.here.adjusted_p == pair.here.p
    assert pair.anew.adjusted_p == pair.anew.p


def test_every_pair_is_asked_for_with_the_higher_mean_first() -> None:
    pairs = verdicts(study([0.8, 0.9, 0.85])).pairs
    assert [(pair.first, pair.second) for pair in pairs] == [
        ("32", "16"),
        ("64", "16"),
        ("32", "64"),
    ]
    assert all(pair.difference > 0 for pair in pairs)


def test_a_baseline_is_what_the_others_are_compared_with() -> None:
    pairs = verdicts(study([0.8, 0.9, 0.85]), baseline="32").pairs
    assert [(pair.first, pair.second) for pair in pairs] == [("16", "32"), ("64", "32")]
    assert [pair.here and pair.here.word for pair in pairs] == ["worse", "worse"]


def test_pairs_can_be_chosen() -> None:
    pairs = verdicts(study([0.8, 0.9, 0.85]), pairs=[("64", "16")]).pairs
    assert [(pair.first, pair.second) for pair in pairs] == [("64", "16")]


def test_a_clear_difference_is_better_on_both_questions() -> None:
    pair = only_pair(study([0.8, 0.9]))
    assert pair.here is not None
    assert (pair.here.word, pair.anew.word) == ("better", "better")
    assert pair.here.advice is None
    first, second = sentences(pair)
    assert first.startswith("On these very pictures: 32 did better than 16 by ")
    assert second.startswith("On new pictures like these: 32 did better than 16 by ")


def test_the_sentence_gives_points_and_the_interval() -> None:
    """Means 0.905 and 0.885: 2.00 points; 2.941 degrees, 3.2199 x 0.12910 = 0.4157."""
    pair = only_pair({"16": rows(884, 885, 886), "64": rows(903, 905, 907)})
    assert sentences(pair)[0] == (
        "On these very pictures: 64 did better than 16 by 2.00 points (1.58 to 2.42)."
    )
    turned = verdicts(
        {"16": rows(884, 885, 886), "64": rows(903, 905, 907)}, pairs=[("16", "64")]
    ).pairs[0]
    assert sentences(turned)[0] == (
        "On these very pictures: 16 did worse than 64 by 2.00 points (1.58 to 2.42)."
    )


def test_what_cannot_be_told_comes_with_the_seeds_that_would() -> None:
    pair = only_pair({"16": rows(880, 885, 890), "64": rows(885, 890, 895)})
    said = sentences(pair)[0]
    assert pair.here is not None
    assert pair.here.advice is not None
    assert pair.here.advice.seeds == 17  # effect 1 standard deviation: Cohen 1988, table 2.4.1
    assert said == (
        "On these very pictures: cannot tell 64 from 16: 64 is ahead by 0.50 points "
        "(-0.63 to 1.63); about 14 more seeds of each would show a difference of this size "
        "(0.50 points); a difference of 1.52 points would have shown 4 times of 5."
    )


def test_too_few_pictures_are_said_to_be_too_few() -> None:
    pair = only_pair(study([0.9, 0.915], pictures=500, likeness=0.5, seeds=10))
    assert pair.anew.advice is not None
    assert pair.anew.advice.seeds is None
    assert "no number of seeds would show" in sentences(pair)[1]
    assert "500 pictures are too few, at least about" in sentences(pair)[1]


def test_a_difference_that_would_count_alone_is_said_to() -> None:
    tables = {"a": rows(880, 885, 890), "b": rows(893, 896, 899), "c": rows(881, 886, 889)}
    by_name = {(pair.first, pair.second): pair for pair in verdicts(tables).pairs}
    pair = by_name["b", "a"]
    assert pair.here is not None
    assert pair.here.p < 0.05 < pair.here.adjusted_p
    assert pair.here.alone
    assert "alone this would count, among 3 comparisons it does not" in sentences(pair)[0]


def test_two_networks_are_not_taken_for_two_settings() -> None:
    tables = study([0.8, 0.9], seeds=1)
    pair = only_pair(tables)
    assert pair.here is None
    assert pair.mcnemar is not None
    said = sentences(pair)
    assert "this network of 32 did better than this one of 16" in said[0]
    assert len(said) == 1


def test_that_one_seed_says_little_is_said_once_at_the_end() -> None:
    found = verdicts(study([0.8, 0.85, 0.9], seeds=1))
    said = lines(found)
    assert len(said) == 3 + 3 + 1
    assert said[-1] == (
        "One seed each says nothing of the settings, only of these networks: train each with 3 "
        "seeds or more."
    )
    [alone] = notes(verdicts(study([0.8, 0.9], seeds=1)))
    assert alone.endswith("only of these two networks: train both with 3 seeds or more.")
    assert notes(verdicts(study([0.8, 0.9], seeds=3))) == []


def test_where_some_pairs_have_one_seed_each_they_are_named() -> None:
    tables = study([0.8, 0.85, 0.9])
    tables = {"16": tables["16"][:1], "32": tables["32"][:1], "64": tables["64"]}
    [said] = [one for one in notes(verdicts(tables)) if one.startswith("One seed")]
    assert said.startswith("One seed each (32 and 16) says nothing of the settings")


def test_a_single_seed_against_several_says_what_was_borrowed() -> None:
    tables = study([0.8, 0.9])
    pair = only_pair({"16": tables["16"][:1], "32": tables["32"]})
    assert pair.borrowed
    assert sentences(pair)[-1].startswith(
        "16 has one seed; how much its seeds vary is taken from 32"
    )


def test_settings_that_answer_alike_are_equal_in_words() -> None:
    table = rows(880, 885, 890)
    said = sentences(only_pair({"16": table, "32": table}))
    assert "they are equal (-1.13 to 1.13)" in said[0]
    assert "would show" not in said[0]


def test_equal_settings_are_equal_however_their_answers_lie() -> None:
    tables = {"a": rows(88, 90, pictures=99), "b": rows(91, 87, pictures=99)[:, ::-1]}
    for sentence in sentences(only_pair(tables)):
        assert "they are equal (" in sentence
        assert "of this size" not in sentence
        assert "points would have shown 4 times of 5" in sentence


def test_a_difference_of_less_than_a_hundredth_of_a_point_gets_no_advice() -> None:
    tables = {
        "a": rows(29_990, 30_011, pictures=60_000),
        "b": rows(29_996, 30_006, pictures=60_000),
    }
    for sentence in sentences(only_pair(tables)):
        assert "they are less than 0.01 points apart (" in sentence
        assert "of this size" not in sentence
        assert "0.00 points" not in sentence
        assert "points would have shown 4 times of 5" in sentence


def test_training_times_are_compared_with_the_longer_one_first() -> None:
    pair = only_pair(study([0.8, 0.9]))
    assert (pair.first, pair.second) == ("32", "16")
    slow = time_sentences(pair, {"16": [1.0, 1.1, 0.9], "32": [2.1, 2.2, 2.0]})
    assert slow == ["32 took 2.1 times as long to train as 16 (1.7 to 2.6)."]
    quick = time_sentences(pair, {"16": [42.0, 44.0], "32": [2.0]})
    assert quick == [
        "16 took 21 times as long to train as 32; with one timed trial of 32 no interval is known."
    ]
    once = time_sentences(pair, {"16": [42.0], "32": [2.0]})
    assert once[0].endswith("; with one timed trial of each no interval is known.")


def test_times_that_may_as_well_be_equal_are_not_said_to_differ() -> None:
    pair = only_pair(study([0.8, 0.9]))
    [said] = time_sentences(pair, {"16": [1.0, 1.4, 0.8], "32": [1.2, 1.5, 1.1]})
    assert said.startswith("Training times cannot be told apart: 32 took 1.21 times as long to ")


def test_ratios_near_1_and_intervals_of_every_size_can_be_read() -> None:
    pair = only_pair(study([0.8, 0.9]))
    near = time_sentences(pair, {"16": [1.0, 1.01, 0.99], "32": [1.04, 1.05, 1.03]})
    assert near == ["32 took 1.04 times as long to train as 16 (1.02 to 1.06)."]
    [wide] = time_sentences(pair, {"16": [1.0, 9.0], "32": [2.0, 30.0]})
    assert "(under 0.01 to over 1,000)" in wide


def test_a_time_of_0_has_no_ratio() -> None:
    assert time_sentences(only_pair(study([0.8, 0.9])), {"16": [0.0], "32": [1.0]}) == []


def test_two_seeds_and_few_errors_are_cautioned_about() -> None:
    table = np.ones((2, 100), dtype=bool)
    table[0, 0] = False
    found = verdicts({"16": table, "32": ~rows(50, 51, pictures=100)}).cautions
    assert found[0].startswith("2 seeds (16, 32) say little of how much seeds vary")
    assert found[1] == (
        "1 of 100 pictures was ever answered wrong by 16, too few for exact intervals on new "
        "pictures"
    )
    assert len(found) == 2


def test_a_setting_that_is_never_wrong_is_cautioned_about_in_words() -> None:
    perfect = np.ones((3, 100), dtype=bool)
    [caution] = verdicts({"16": perfect}).cautions
    assert caution.startswith("none of 100 pictures was ever answered wrong by 16, too few")


def test_a_setting_alone_has_a_result_and_no_pairs() -> None:
    found = verdicts({"16": rows(880, 890)})
    assert found.pairs == ()
    assert lines(found)[0].startswith("16: 88.50%, standard deviation 0.71 points over 2 seeds; ")


def test_everything_goes_into_json_and_comes_back() -> None:
    found = verdicts(study([0.8, 0.81, 0.9])).as_dict()
    back = json.loads(json.dumps(found, allow_nan=False))
    assert back["pairs"][0]["here"]["word"] in ("better", "worse", "cannot tell")
    assert back["settings"][0]["name"] == "16"


def test_different_numbers_of_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match=r"only on the same pictures.*16 1,000, 32 900"):
        verdicts({"16": rows(880), "32": rows(880, pictures=900)})


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no setting is called '8'; there are 16, 32"):
        verdicts(study([0.8, 0.9]), baseline="8")


def test_a_setting_against_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be compared with itself, got '16' twice"):
        verdicts(study([0.8, 0.9]), pairs=[("16", "16")])


def test_a_study_without_finished_trials_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one setting with a finished trial, got none"):
        verdicts({})
