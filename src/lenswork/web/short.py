"""Nets and data in few words, for tables."""

import re
import textwrap
from itertools import groupby
from pathlib import Path

from lenswork.data.known import KNOWN
from lenswork.data.shards.names import is_url, shown_source

LAYER = re.compile(r"(conv|dense) (\d+)\b")
LONGEST = 44


def short_net(net: str) -> str:
    """Such as "conv 16-32-64, dense 512": the filters and units that can be chosen.

    Layers without them, the last one and what stands beside a size are left out; a net that has
    nothing else is said as it is.
    """
    layers = [LAYER.match(word.strip()) for word in net.split(",")]
    sized = [(found[1], found[2]) for found in layers if found]
    kinds = [
        f"{kind} {'-'.join(size for _, size in same)}"
        for kind, same in groupby(sized, key=lambda layer: layer[0])
    ]
    return textwrap.shorten(", ".join(kinds) or net, LONGEST, placeholder=" …")


def short_data(data: str) -> str:
    """A known data set's name, or the last part of a folder's or an address's."""
    said = shown_source(data)
    if data in KNOWN or is_url(data):
        return said
    return Path(said).name or said
