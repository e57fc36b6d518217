"""Prometheus can read what the metrics say."""

from lenswork.use.serve.metrics import Metrics


def test_buckets_are_cumulative_and_end_in_all() -> None:
    metrics = Metrics()
    for pictures in (1, 2, 2, 100):
        metrics.batch("a", pictures, 0.004)
    lines = metrics.text({"a": 3}).splitlines()
    sizes = [line for line in lines if line.startswith("lenswork_batch_pictures_bucket")]
    assert [int(line.split()[-1]) for line in sizes] == [1, 3, 3, 3, 3, 3, 3, 4]
    assert 'lenswork_batch_pictures_sum{model="a"} 105' in lines
    assert 'lenswork_batch_pictures_count{model="a"} 4' in lines
    assert 'lenswork_batch_seconds_bucket{model="a",le="0.0025"} 0' in lines
    assert 'lenswork_batch_seconds_bucket{model="a",le="0.005"} 4' in lines
    assert 'lenswork_queue_pictures{model="a"} 3' in lines


def test_every_kind_of_metric_has_its_help_and_type_before_it() -> None:
    metrics = Metrics()
    metrics.batch("a", 1, 0.1)
    metrics.request("/predict", 200, 0.1)
    seen: set[str] = set()
    for line in metrics.text({"a": 0}).splitlines():
        if line.startswith("# TYPE"):
            seen.add(line.split()[2])
        elif not line.startswith("#"):
            name = line.split("{")[0]
            assert any(name in (one, f"{one}_bucket", f"{one}_sum", f"{one}_count") for one in seen)


def test_quotes_and_line_ends_in_names_are_escaped() -> None:
    metrics = Metrics()
    metrics.batch('a"b\\c\nd', 1, 0.1)
    assert 'lenswork_pictures_total{model="a\\"b\\\\c\\nd"} 1' in metrics.text({})
