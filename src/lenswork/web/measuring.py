"""One measurement of time after another."""

from threading import Lock

ALONE = Lock()  # two at once would measure one another
