"""Which studies a request may name: those of the home, and no other folder."""

from lenswork.errors import RunError
from lenswork.record.home import RECIPE
from lenswork.record.run import Run
from lenswork.study.folder import PLAN, Study, studies_folder
from lenswork.web.named import NAME
from lenswork.web.settings import Settings


def study_named(settings: Settings, name: str) -> Study:
    """The study of the home with this name; raises `RunError` for any other text."""
    folder = studies_folder(settings.home)
    path = folder / name
    if (
        NAME.fullmatch(name)
        and (path / PLAN).is_file()
        and path.resolve().is_relative_to(folder.resolve())
    ):
        return Study(path)
    raise RunError(f"there is no study {name!r} in {folder}: it may have been deleted")


def trial_named(study: Study, name: str) -> Run:
    """A trial of a study by its name; raises `RunError` for any other text."""
    path = study.trials_folder / name
    if (
        NAME.fullmatch(name)
        and (path / RECIPE).is_file()
        and path.resolve().is_relative_to(study.trials_folder.resolve())
    ):
        return Run(path)
    raise RunError(f"there is no trial {name!r} in study {study.name}")
