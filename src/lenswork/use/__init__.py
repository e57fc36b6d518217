"""Putting a classifier to work."""
