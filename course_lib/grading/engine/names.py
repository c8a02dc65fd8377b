"""The namespace that tests run in: the judge's own names, and behind them those of the student's kernel."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from course_lib.grading.engine import remote
from course_lib.grading.engine.remote import Student

_PLAIN = (type(None), bool, int, float, complex, str, bytes)


class Names(dict[str, Any]):
    """Globals of the judge. A name that neither a cell of the author nor Python defines is the student's.

    So is a name that a solution cell defines (`give`), until a set-up cell of the author assigns it again. A test
    that assigns or deletes a name of the student does so in the student's kernel.
    """

    def __init__(self) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins, __doc__=None)
        self.student: Student | None = None
        self.students: set[str] = set()
        self._testing = False
        self._announced: set[str] = set()
        self._before: dict[str, Any] = {}
        self._shared: dict[int, tuple[str, Any]] = {}

    def connect(self, student: Student) -> None:
        """From now on the student's names are those of `student`; proxies of an earlier one are forgotten."""
        self.student = student
        student.before_asking = self.flush
        student.shared = self.shared_name
        for name in [name for name, value in self.items() if remote.is_remote(value)]:
            dict.__delitem__(self, name)  # asked for again: the set-up cells have run in the new kernel too

    def give(self, names: Iterable[str]) -> None:
        """Names that solution cells have defined. The ones that were not among the latest become the student's."""
        announced = set(names)
        for name in announced - self._announced:
            self.students.add(name)
            dict.pop(self, name, None)
        self._announced = announced

    def start_cell(self, testing: bool) -> None:
        """A test, or a set-up cell that the student's kernel has run as well."""
        self._testing = testing
        self._before = dict(self)

    def restore(self) -> None:
        """The judge's names as they were when the cell began, to run it once more."""
        for name in [name for name in dict.keys(self) if name not in self._before]:
            dict.__delitem__(self, name)
        dict.update(self, self._before)

    def end_cell(self) -> None:
        """Notes which objects both kernels have under one name."""
        if self._testing:
            self.flush()
            return
        for name in list(dict.keys(self)):
            value = dict.__getitem__(self, name)
            if name.startswith("__") or isinstance(value, _PLAIN) or self._before.get(name) is value:
                continue
            self._shared[id(value)] = (name, value)

    def shared_name(self, value: Any) -> str | None:
        """The name under which the student's kernel has its own copy of `value`, an object of a set-up cell."""
        name, known = self._shared.get(id(value), ("", None))
        return name if known is value and name else None

    def flush(self) -> None:
        """Hands over names of the student that a function of the test assigned with `global`."""
        for name in self.students:
            if dict.__contains__(self, name):
                value = dict.pop(self, name)
                self._of_student().ask("set_name", name, value)

    def _of_student(self) -> Student:
        if self.student is None:
            raise remote.StudentGone("no process runs your code")
        return self.student

    def __missing__(self, name: str) -> Any:
        if self.student is None or _is_python(name, self.students):
            raise KeyError(name)
        try:
            value = self.student.ask("name", name)
        except NameError as error:
            raise KeyError(name) from error
        # It is this process's own module, where nothing is taken away.
        if self.student.restrictions and name in self.students and isinstance(value, ModuleType):
            raise TypeError(f"{name} is the module {value.__name__} of a library: write your own")
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self.students:
            if self._testing:
                self._of_student().ask("set_name", name, value)
                return
            self.students.discard(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self.students:
            super().__delitem__(name)
            return
        try:
            self._of_student().ask("delete_name", name)
        except NameError as error:
            raise KeyError(name) from error

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        if type(name) is not str or self.student is None or _is_python(name, self.students):
            return False
        return self.student.ask("has_name", name) is True

    def get(self, name: str, default: Any = None) -> Any:
        """As of any dict, the student's names included."""
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        return iter(list(dict.keys(self)))


def _is_python(name: str, students: set[str]) -> bool:
    return name not in students and (name.startswith("__") or hasattr(builtins, name))
