"""A training's golden pictures, for which shards that are elsewhere are not asked again."""

from dataclasses import replace

from lenswork.data.dataset import Dataset
from lenswork.data.shards.fetch import fetched
from lenswork.data.shards.source import ShardSource
from lenswork.kinds import Picture
from lenswork.model.contract import golden_pictures, golden_places


def keep_golden(data: Dataset) -> None:
    """Have the first pass over shards that are elsewhere bring their golden pictures."""
    source = data.train.source
    if isinstance(source, ShardSource) and source.remote:
        source.keep(golden_places(data.train, len(data.classes)))


def brought_golden(data: Dataset) -> list[Picture]:
    """The golden pictures; what no pass has brought is asked for once a shard."""
    train, classes = data.train, len(data.classes)
    if not (isinstance(train.source, ShardSource) and train.source.remote):
        return golden_pictures(train, classes)
    places = golden_places(train, classes)
    firsts = replace(train.subset(places), source=fetched(train.source.subset(places)))
    golden = golden_pictures(firsts, classes)
    train.source.table.kept.let_go()
    return golden
