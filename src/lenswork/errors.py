"""Errors that say what was expected, what came, where, and what to do now."""


class LensworkError(Exception):
    """Something failed while working; its text is one or two sentences for the user."""

    exit_code = 1


class UsageError(LensworkError):
    """The user asked for something that cannot be done as asked; nothing was started."""

    exit_code = 2


class NetError(UsageError):
    """A net that cannot be built; the text names the word or layer and its input shape.

    `span` is the place in the line of the word that is wrong, where there is such a word.
    """

    span: tuple[int, int] | None = None


class RecipeError(UsageError):
    """A recipe with a field or value that does not exist or does not fit the data."""


class PlanError(UsageError):
    """A study's plan that cannot be carried out; the text names the axis, setting or field."""


class DataError(UsageError):
    """Data that must not be trained on; the text names the path and the likely cure."""


class PictureError(DataError):
    """One picture that cannot be read."""


class ClassifierError(UsageError):
    """A classifier file that is damaged, foreign, or does not keep its contract."""


class RunError(UsageError):
    """A run that does not exist or whose folder lacks what is asked of it."""


class DownloadError(LensworkError):
    """A download that did not arrive whole; nothing of it was kept."""
