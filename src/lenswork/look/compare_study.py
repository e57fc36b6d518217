"""Settings of a study, to be compared; apart from the rest because a plan loads torch."""

from collections.abc import Sequence
from pathlib import Path

from lenswork.errors import LensworkError, UsageError
from lenswork.look.settings import Setting, is_trial
from lenswork.record.run import Run
from lenswork.study.folder import Study, open_study


def settings_of_study(
    name: str, wanted: Sequence[str], home: str | Path | None = None
) -> list[Setting]:
    """The finished runs of a study's settings; `wanted` are their names as the plan or slugs.

    Left out, they are all of a study of two. Raises `UsageError` that lists the settings there
    are, or for one that is named twice or has no finished run.
    """
    study = open_study(name, home)
    there = {setting.name: setting.slug for setting in study.plan.settings}
    listed = ", ".join(there)
    if not wanted and len(there) == 2:
        wanted = list(there)
    chosen = []
    for words in wanted:
        found = [setting for setting, slug in there.items() if words in (setting, slug)]
        if not found:
            raise UsageError(f"study {study.name} has no setting {words!r}; it has: {listed}")
        chosen.append(found[0])
    if len(chosen) < 2 or len(set(chosen)) < len(chosen):
        got = ", ".join(chosen) or "none"
        raise UsageError(
            f"name two settings or more of study {study.name}, each once, got {got}; it has: "
            f"{listed}"
        )
    settings = [Setting(one, study.runs(one)) for one in chosen]
    for setting in settings:
        if not setting.runs:
            raise UsageError(
                f"study {study.name} has no finished run of {setting.name!r} yet: lenswork study "
                f"{study.path / 'plan.toml'} carries it on"
            )
    return settings


def names_in_studies(runs: Sequence[Run]) -> dict[Path, str]:
    """The settings' names, as their plans have them, of the runs that are trials of a study."""
    names: dict[Path, str] = {}
    slugs: dict[Path, dict[str, str]] = {}
    for run in filter(is_trial, runs):
        folder = run.path.parents[1]
        if folder not in slugs:
            slugs[folder] = _slugs(folder)
        slug = run.name.rpartition("-seed")[0]
        if slug in slugs[folder]:
            names[run.path] = slugs[folder][slug]
    return names


def _slugs(folder: Path) -> dict[str, str]:
    """The names of a study's settings by their slugs; none of a plan that cannot be read."""
    try:
        return {setting.slug: setting.name for setting in Study(folder).plan.settings}
    except LensworkError:
        return {}
