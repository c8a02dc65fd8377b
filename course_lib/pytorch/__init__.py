"""The PyTorch hall: same modules and names as :mod:`course_lib.keras`."""
