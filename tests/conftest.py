"""No test writes to the cache of decoded pictures that the user has."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Decoded pictures are kept in a temporary folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LENSWORK_CACHE", str(tmp_path_factory.mktemp("decoded-pictures")))
        patch.delenv("LENSWORK_CACHE_LIMIT", raising=False)
        yield
