"""Seeing inside: arrays and data first, figures made from them."""
