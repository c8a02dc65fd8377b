"""The student's side of a test: answers what the judge asks about the names of the student's kernel.

It runs in the student's process, so the student can change all of it. That is allowed for: what comes out of
here is data, and the judge checks every bit of it.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import inspect
import io
import itertools
import operator
import select
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_lib.grading.engine import claims, frames
from course_lib.grading.engine.peer import Peer
from course_lib.grading.engine.values import BadValue, Decoder, Encoder, Node
from course_lib.grading.restrict import without

_MOST_TEXT = 4000
_MOST_PRINTED = 100_000
_MOST_FRAMES = 12
_ARGS: Any = BaseException.__dict__["args"]  # a subclass may have something else under this name


def serve(connection: socket.socket, namespace: dict[str, Any], wake: socket.socket | None = None) -> bool:
    """Answer the judge at the other end of `connection`, with the names in `namespace`.

    Returns True as soon as `wake` has something to read (between two requests), False when the judge has
    closed the connection. To go on after True, keep an `Agent` and call its `serve`.
    """
    return Agent(connection, namespace).serve(wake)


class Agent(Peer):
    """Serves one judge. It remembers the objects that the judge holds proxies of."""

    def __init__(self, connection: socket.socket, namespace: dict[str, Any]) -> None:
        super().__init__(connection)
        self.namespace = namespace
        self._objects: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._fresh = itertools.count()
        self._restrictions: list[without] = []
        self._late_errors: dict[int, BaseException] = {}
        self._functions: dict[int, TestFunction] = {}
        self._depth = 0
        self._thread = 0
        self._cpu = 0.0
        self._printed: io.StringIO | None = None

    def fileno(self) -> int:
        """Of the connection, for select."""
        return self.sock.fileno()

    def serve(self, wake: socket.socket | None = None) -> bool:
        """As the function `serve`, for this agent."""
        while True:
            if wake is not None:
                ready, _, _ = select.select([wake, self.sock], [], [])
                if wake in ready:
                    return True
            try:
                self.handle()
            except (EOFError, OSError, frames.FrameError, BadValue):
                self.close()
                return False

    def handle(self) -> None:
        """Read and answer one request. Raises EOFError when the judge has gone."""
        request, buffers = frames.receive(self.sock)
        self.serve_request(request, buffers)

    def close(self) -> None:
        """Give everything back: the names taken away, the judge's handles, the connection."""
        while self._restrictions:
            self._restrictions.pop().__exit__(None, None, None)
        self._objects.clear()
        self._handles.clear()
        self.sock.close()

    # What the judge asks for

    def perform(self, request: dict[str, Any], args: list[Any]) -> Any:
        for handle in request.get("drop", []):
            dropped = self._objects.pop(handle, None)
            self._handles.pop(id(dropped), None)
            self._late_errors.pop(id(dropped), None)
        if self._depth == 0:
            self._cpu, self._thread = time.process_time(), threading.get_ident()
            self._printed = io.StringIO() if request.get("capture") else None
        self._depth += 1
        try:
            with contextlib.ExitStack() as stack:
                if self._printed is not None:
                    stack.enter_context(contextlib.redirect_stdout(self._printed))
                if "input" in request:
                    stack.enter_context(_input_from(self.resolve(request["input"])))
                return self._do(request["do"], args)
        finally:
            self._depth -= 1

    def closing(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._depth:
            return {}
        said: dict[str, Any] = {"cpu": max(0.0, time.process_time() - self._cpu)}
        if self._printed is not None:
            said["printed"] = self._printed.getvalue()[:_MOST_PRINTED]
            self._printed = None
        return said

    def _do(self, what: str, args: list[Any]) -> Any:
        own: Callable[..., Any] | None = getattr(self, f"_do_{what}", None)
        return own(*args) if own else OPERATIONS[what](*args)

    def _do_name(self, name: str) -> Any:
        if name not in self.namespace:
            raise NameError(f"name {name!r} is not defined")
        return self.namespace[name]

    def _do_has_name(self, name: str) -> bool:
        return name in self.namespace

    def _do_set_name(self, name: str, value: Any) -> None:
        self.namespace[name] = value

    def _do_delete_name(self, name: str) -> None:
        if name not in self.namespace:
            raise NameError(f"name {name!r} is not defined")
        del self.namespace[name]

    def _do_names(self) -> list[str]:
        return [name for name in self.namespace if type(name) is str]

    def _do_restrict(self, names: list[str]) -> None:
        restriction = without(*names, namespace=self.namespace)
        restriction.__enter__()
        self._restrictions.append(restriction)

    def _do_unrestrict(self) -> None:
        self._restrictions.pop().__exit__(None, None, None)

    def _do_seed(self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        claims.find(module, name)(*args, **kwargs)

    def _do_signature(self, function: Any) -> list[tuple[str, str, bool, Any]]:
        """Name, kind, whether there is a default, and the default of each parameter."""
        parameters = inspect.signature(function).parameters.values()
        return [
            (p.name, p.kind.name, p.default is not p.empty, None if p.default is p.empty else p.default)
            for p in parameters
        ]

    def _do_next(self, iterator: Any, most: int) -> tuple[list[Any], bool]:
        """Up to `most` items, and whether there may be more."""
        late = self._late_errors.pop(id(iterator), None)
        if late is not None:
            raise late
        items: list[Any] = []
        try:
            for _ in range(most):
                items.append(next(iterator))
        except StopIteration:
            return items, False
        except BaseException as error:
            if not items:
                raise
            self._late_errors[id(iterator)] = error
        return items, True

    # What crosses

    def refer(self, value: Any) -> Node:
        if type(value) is TestFunction:
            return ["o", value.number]
        handle = self._handles.get(id(value))
        if handle is None:
            handle = self._handles[id(value)] = next(self._fresh)
            self._objects[handle] = value
        return ["h", handle, claims.describe(value)]

    def resolve(self, node: list[Any]) -> Any:
        tag, *rest = node
        if tag == "o":
            return self._objects[rest[0]]
        if tag == "f":
            return self._functions.setdefault(rest[0], TestFunction(self, rest[0], rest[1]))
        if tag == "it":
            return TestIterator(self, rest[0])
        if tag == "g":
            return claims.find(rest[0], rest[1])
        if tag == "m":
            return self._do_name(rest[0])
        if tag == "rng":
            generator = np.random.Generator(getattr(np.random, rest[0])())
            generator.bit_generator.state = Decoder([]).decode(rest[1])
            return generator
        raise BadValue(f"unknown tag {tag!r}")

    def ask_judge(self, what: str, *args: Any) -> Any:
        """Ask the test something while it waits for an answer. Raises RuntimeError when it does not."""
        if not self._depth or threading.get_ident() != self._thread:
            raise RuntimeError("a test's function can only be called while the test waits for its answer")
        return self.ask(what, *args)

    def describe_error(self, error: BaseException, encoder: Encoder) -> dict[str, Any]:
        kind = type(error)
        described: dict[str, Any] = {
            "classes": claims.ancestors(kind),
            "text": _cut(error),
            "traceback": _traceback_of(error),
            "args": [
                arg if type(arg) in (int, float, bool, type(None)) else _cut(arg)
                for arg in _ARGS.__get__(error)[:8]
            ],
        }
        if kind.__module__ == "__main__":
            described["class"], described["error"] = self.refer(kind), self.refer(error)
        return described

    def raise_error(self, described: Any, decoder: Decoder) -> None:
        kind = claims.find(*described["class"])
        raise kind(*described["args"])


class TestFunction:
    """A function of the test, in the student's process: calling it calls the test's."""

    __test__ = False

    def __init__(self, agent: Agent, number: int, name: str) -> None:
        self._agent = agent
        self.number = number
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._agent.ask_judge("call", self.number, args, kwargs)


class TestIterator:
    """An iterator of the test, in the student's process."""

    __test__ = False

    def __init__(self, agent: Agent, number: int) -> None:
        self._agent = agent
        self._number = number

    def __iter__(self) -> TestIterator:
        return self

    def __next__(self) -> Any:
        more, item = self._agent.ask_judge("next", self._number)
        if not more:
            raise StopIteration
        return item


@contextlib.contextmanager
def _input_from(function: Callable[..., str]) -> Iterator[None]:
    """Lets `input()` of the student's code ask the test."""
    before = builtins.input
    builtins.input = function
    try:
        yield
    finally:
        builtins.input = before


def _array_of(value: Any) -> Any:
    made = np.asarray(value)
    if made.dtype.hasobject and not isinstance(value, np.ndarray):
        raise TypeError(f"a {type(value).__name__} object cannot be read as an array")
    return made


def _call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


_REFLECTED = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
    *("lshift", "rshift", "and_", "xor", "or_"),
)

OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "isinstance": isinstance,
    "issubclass": issubclass,
    "len": len,
    "iter": iter,
    "reversed": reversed,
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "str": str,
    "repr": repr,
    "format": format,
    "round": round,
    "abs": abs,
    "neg": operator.neg,
    "pos": operator.pos,
    "invert": operator.invert,
    "array": _array_of,
    "dir": dir,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": lambda manager: type(manager).__exit__(manager, None, None, None),
    **{name: getattr(operator, name) for name in _REFLECTED},
    **{name: getattr(operator, name) for name in ("iadd", "isub", "imul", "imatmul", "itruediv")},
}


def _cut(value: Any) -> str:
    try:
        return str(value)[:_MOST_TEXT]
    except Exception as error:
        return f"(its text cannot be made: {type(error).__name__})"


def _traceback_of(error: BaseException) -> list[str]:
    """Where in the student's code it happened, outermost first; this package's own frames are left out."""
    own = __name__.rpartition(".")[0]
    steps = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not str(frame.f_globals.get("__name__", "")).startswith(own)
    ]
    return [_cut(f"line {line}, in {frame.f_code.co_name}")[:200] for frame, line in steps[-_MOST_FRAMES:]]
