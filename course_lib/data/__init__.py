"""Embedded datasets and cached loaders: NumPy arrays in, NumPy arrays out, no framework."""

from course_lib.data.augmentation import affine_maps
from course_lib.data.batching import batches
from course_lib.data.cache import DataUnavailable, cache_dir
from course_lib.data.digits import digits
from course_lib.data.downloads import cifar10, fashion_mnist, mnist
from course_lib.data.glyphs import glyph_names, glyphs
from course_lib.data.processes import Regression, regression
from course_lib.data.split import Split
from course_lib.data.tabular import TabularNames, tabular, tabular_names
from course_lib.data.toys import Toy, circles, gaussians, two_moons, xor

__all__ = [
    "DataUnavailable",
    "Regression",
    "Split",
    "TabularNames",
    "Toy",
    "affine_maps",
    "batches",
    "cache_dir",
    "cifar10",
    "circles",
    "digits",
    "fashion_mnist",
    "gaussians",
    "glyph_names",
    "glyphs",
    "mnist",
    "regression",
    "tabular",
    "tabular_names",
    "two_moons",
    "xor",
]
