"""`hub/kubernetes/check.py`, which is a script and no part of a package."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).resolve().parents[2] / "hub" / "kubernetes" / "check.py"
_spec = importlib.util.spec_from_file_location("check", _PATH)
assert _spec is not None
assert _spec.loader is not None
check = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check)
