"""Classifiers behind HTTP, for programs."""
