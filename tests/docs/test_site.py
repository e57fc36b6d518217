"""The pages become a site without a warning, and the site asks no other host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, ROOT

ASKED = re.compile(
    r"<(?:script|img|iframe|source|audio|video)\b[^>]*\bsrc=[\"'](?P<src>[^\"']+)"
    r"|<link\b[^>]*\bhref=[\"'](?P<href>[^\"']+)"
    r"|@import|url\(\s*[\"']?(?P<url>(?:https?:)?//[^)]+)"
)


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    folders = ["-c", "docs/site", "-d", str(tmp_path / "kept"), ".", str(site)]
    done = subprocess.run([*build, *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pages = {path.stem for path in (site / "docs").glob("*.html")}
    assert {path.stem for path in DOCS.glob("*.md")} - pages == set()
    assert (site / "index.html").is_file()
    assert [one for one in asked(site) if re.match(r"(https?:)?//", one)] == []


def asked(site: Path) -> list[str]:
    """The addresses that the pages and styles of a site load by themselves."""
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    found = [match for file in files for match in ASKED.finditer(file.read_text("utf-8"))]
    return [one["src"] or one["href"] or one["url"] or one[0] for one in found]
