"""Decoded pictures that are kept on disk, and mapped into memory."""
