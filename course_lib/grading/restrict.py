"""Takes names away while a test runs, when a task asks for what a library already has."""

import importlib
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NoReturn, Protocol

_MISSING = object()


class Elsewhere(Protocol):
    """The process of the code under test, when that is another one than the test's."""

    def restrict(self, names: Sequence[str]) -> None:
        """Take `names` away there. Raises ValueError as `without` does."""

    def unrestrict(self) -> None:
        """Give back what the latest `restrict` took."""


_elsewhere: Elsewhere | None = None


def act_in(process: Elsewhere | None) -> None:
    """From now on `without` acts in `process`; None for this process again."""
    global _elsewhere
    _elsewhere = process


class NotAvailable(RuntimeError):
    """The code under test used a name that its task does not allow."""


class without:
    """Context manager: inside it, calling one of `names` raises NotAvailable with one clear line.

    Names are full dotted names: functions and classes of modules (`"torch.softmax"`), or methods of classes
    written in Python (`"torch.Tensor.softmax"`). Names that the notebook
    imported with `from ... import` are covered too: in the caller's globals, or in `namespace` when it is given.

    >>> with without("math.factorial"):
    ...     answer = student_factorial(5)

    Raises ValueError for a name that does not exist or that Python does not let anyone replace.
    """

    def __init__(self, *names: str, namespace: dict[str, Any] | None = None) -> None:
        if not names:
            raise ValueError("without() needs at least one name, such as 'torch.softmax'")
        self.names = names
        self._globals = sys._getframe(1).f_globals if namespace is None else namespace
        self._undo: list[tuple[Any, str, Any]] = []
        self._elsewhere = _elsewhere

    def __enter__(self) -> None:
        if self._elsewhere is not None:
            self._elsewhere.restrict(self.names)
            return
        try:
            for name in self.names:
                self._block(name)
        except ValueError:
            self._restore()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._elsewhere is not None:
            self._elsewhere.unrestrict()
            return
        self._restore()

    def _block(self, name: str) -> None:
        owner, attribute = _resolve(name)
        original = getattr(owner, attribute)
        blocker = _blocker(name)
        before = vars(owner).get(attribute, _MISSING)
        try:
            setattr(owner, attribute, blocker)
        except TypeError as error:
            raise ValueError(
                f"without('{name}'): Python does not let '{attribute}' be replaced there"
            ) from error
        self._undo.append((owner, attribute, before))
        spaces = [self._globals, vars(sys.modules["__main__"])]
        for space in spaces:
            for alias in [key for key, value in space.items() if value is original and original is not None]:
                self._undo.append((space, alias, original))
                space[alias] = blocker

    def _restore(self) -> None:
        while self._undo:
            owner, attribute, before = self._undo.pop()
            if isinstance(owner, dict):
                owner[attribute] = before
            elif before is _MISSING:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, before)


def _blocker(name: str) -> Any:
    last = name.rpartition(".")[2]
    message = f"this task asks you to build {last} yourself: {name} is not available in its test"

    def blocked(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotAvailable(message)

    return blocked


def _resolve(name: str) -> tuple[Any, str]:
    """The object that holds the last part of a dotted name, and that last part."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:-1]:
            owner = getattr(owner, part, _MISSING)
        if owner is not _MISSING and hasattr(owner, parts[-1]):
            return owner, parts[-1]
    raise ValueError(
        f"without('{name}'): there is no such name; write the full dotted name of something that exists"
    )
