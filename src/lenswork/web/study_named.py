"""Which studies a request may name: those of the home, and no other folder."""

from lenswork.errors import RunError
from lenswork.record.run import Run
from lenswork.study.folder import PLAN, Study, studies_folder
from lenswork.web.named import child_named, is_file, lies_in, quoted, run_in
from lenswork.web.settings import Settings


def study_named(settings: Settings, name: str) -> Study:
    """The study of the home with this name; raises `RunError` for any other text."""
    folder = studies_folder(settings.home)
    path = child_named(folder, name)
    if path is None or not is_file(path / PLAN) or not lies_in(path / PLAN, folder):
        raise RunError(f"there is no study {quoted(name)} in {folder}: it may have been deleted")
    return Study(path)


def trial_named(study: Study, name: str) -> Run:
    """A trial of a study by its name; raises `RunError` for any other text."""
    run = run_in(study.trials_folder, name)
    if run is None:
        raise RunError(f"there is no trial {quoted(name)} in study {study.name}")
    return run
