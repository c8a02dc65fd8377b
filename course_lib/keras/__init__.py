"""The Keras hall: same modules and names as :mod:`course_lib.pytorch`, on any Keras backend."""
