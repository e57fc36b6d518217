"""Other work is what the cores did that was not ours."""

from machine import Usage, other_work_percent, usage_now

BEFORE = Usage(busy_seconds=100.0, all_seconds=1000.0, our_seconds=7.0)


def test_other_work_is_the_busy_time_less_our_own() -> None:
    after = Usage(busy_seconds=116.0, all_seconds=1020.0, our_seconds=18.0)
    assert other_work_percent([(BEFORE, after)]) == 25.0  # 16 busy, 11 ours, of 20 seconds


def test_rounding_of_ticks_does_not_make_it_negative() -> None:
    after = Usage(busy_seconds=110.0, all_seconds=1020.0, our_seconds=17.02)
    assert other_work_percent([(BEFORE, after)]) == 0.0


def test_it_is_unknown_where_the_system_does_not_tell_or_no_time_has_passed() -> None:
    assert other_work_percent([(None, BEFORE)]) is None
    assert other_work_percent([(BEFORE, BEFORE)]) is None


def test_processor_time_never_runs_backwards() -> None:
    first, second = usage_now(), usage_now()
    if first is not None and second is not None:
        assert second.all_seconds >= first.all_seconds
        assert second.our_seconds >= first.our_seconds


def test_only_what_happened_within_the_spans_counts() -> None:
    after = Usage(
        BEFORE.busy_seconds + 16, BEFORE.all_seconds + 20, BEFORE.our_seconds + 11
    )  # 25% of other work
    quiet = Usage(BEFORE.busy_seconds + 20, BEFORE.all_seconds + 20, BEFORE.our_seconds + 20)

    assert other_work_percent([(BEFORE, after), (BEFORE, quiet)]) == 12.5
