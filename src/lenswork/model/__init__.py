"""Nets and classifiers: from a line of text to one file that keeps its contract."""
