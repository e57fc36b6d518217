"""What one studio serves, and the limits on what it takes."""

import ipaddress
import secrets
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK_NAMES = frozenset({"localhost"})
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104  # recognised, never a default


@dataclass(frozen=True)
class Settings:
    """Where runs and data are, where the studio listens, and what an upload may be.

    `folders` are the only ones whose pictures a page may open, beside the known data sets. With a
    `token` every request must show it.
    """

    home: Path
    folders: tuple[Path, ...] = ()
    data_home: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = field(default=None, repr=False)
    upload_bytes: int = 64_000_000
    upload_pixels: int = 50_000_000
    upload_count: int = 500
    upload_seconds: float = 120.0

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers, in small letters, of requests that are meant for this studio."""
        names = {_in_address(self.host).lower(), "localhost", "127.0.0.1", "[::1]"}
        plain = names if self.port == 80 else set()
        return frozenset({f"{name}:{self.port}" for name in names} | plain)

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it, with the token if there is one."""
        host = "127.0.0.1" if self.host in WILDCARDS else _in_address(self.host)
        query = f"?token={self.token}" if self.token else ""
        return f"http://{host}:{self.port}/{query}"


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach `host`."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(24)


def _in_address(host: str) -> str:
    """An IPv6 address goes in brackets, without the interface, which only this machine knows."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host
