"""The part of IPython that an author's cells use in the judge: magics that are harmless, none that are not."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from IPython.core.error import UsageError

_WITHOUT_EFFECT = frozenset(
    (
        *("matplotlib", "pylab", "config", "precision", "colors", "xmode", "pdb"),
        *("load_ext", "reload_ext", "unload_ext", "autoreload", "autosave"),
    )
)
_RUN = frozenset(("time", "timeit", "capture", "prun", "memit", "mprun", "python", "python3"))


class Magics:
    """What `get_ipython()` gives in the judge. `run` runs code in the judge's `user_ns`."""

    def __init__(self, user_ns: MutableMapping[str, Any], run: Callable[[str], Any]) -> None:
        self.user_ns = user_ns
        self._run = run

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        """Raises UsageError for a magic that a test cannot use."""
        if name in _RUN and line.strip():
            return self._run(line)
        if name not in _WITHOUT_EFFECT and name not in _RUN:
            raise UsageError(f"the magic %{name} is not available in a test")
        return None

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Raises UsageError for a magic that a test cannot use."""
        if name not in _RUN:
            raise UsageError(f"the magic %%{name} is not available in a test")
        return self._run(cell)

    def system(self, command: str) -> None:
        """Raises UsageError: tests start no programs."""
        raise UsageError("a test cannot start programs with '!'")

    getoutput = system
