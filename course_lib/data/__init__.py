"""Embedded datasets and cached loaders: NumPy arrays in, NumPy arrays out, no framework."""

from course_lib.data.batching import batches

__all__ = ["batches"]
