"""The NumPy hall: every idea written out with its derivative."""
