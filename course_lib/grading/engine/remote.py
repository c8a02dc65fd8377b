"""The judge's side of a test: the student's objects, as proxies that ask the student's process.

A proxy never equals anything and is never ordered: a test compares plain values, and a comparison that the
student's process decided would be worth nothing. Nor can one compute with it, because a result's difference to
what is expected would be zero whenever its author likes; only the instances of a class that the task asks for
have operators. Everything that comes back is checked before it is used.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import socket
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from course_lib.grading.engine import claims, frames
from course_lib.grading.engine.peer import Peer
from course_lib.grading.engine.values import BadValue, CannotCross, Decoder, Encoder, Node

MOST_ITEMS = 1_000_000
"""That a test may take from one iterable of the student."""

_MOST_TEXT = 4000
_MOST_HANDLES = 1 << 53
_CHUNK = 64
_INPUT = builtins.input
_WITH_STATE = frozenset(("torch", "keras", "tensorflow", "sklearn"))


class StudentGone(BaseException):
    """The student's process ended or broke the conversation.

    Not an Exception, so that a test that expects its call to fail does not take this for the failure.
    """


class RemoteError(Exception):
    """An exception of the student's code. It is also of the builtin or library class that was raised, if any.

    trace: where in the student's code it happened, outermost first.
    """

    trace: tuple[str, ...] = ()
    remote: Any = None
    title = ""

    def __init__(self, *args: Any) -> None:
        self.args = args

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __getattr__(self, name: str) -> Any:
        remote = vars(self).get("remote")
        if remote is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(remote, name)


class Student(Peer):
    """The connection to the student's process.

    shared: names by the id of an object, for objects of set-up cells that the student's process has too.
    computing: names of the student's classes whose instances have operators.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.gone = ""
        self.failed_check: AssertionError | None = None
        self.changed_arguments = False
        self.cpu = 0.0
        self.before_asking: Callable[[], None] | None = None
        self.shared: Callable[[Any], str | None] = lambda value: None
        self.own_stdout: Any = sys.stdout
        self._proxies: weakref.WeakValueDictionary[int, Remote] = weakref.WeakValueDictionary()
        self.restrictions = 0
        self.computing: frozenset[str] = frozenset()
        self._computes = False
        self._made: set[int] = set()
        self._classes: dict[int, type[RemoteError]] = {}
        self._dropped: list[int] = []
        self._functions: list[Any] = []
        self._lock = threading.RLock()
        self._flushing = False

    # Asking

    def ask(self, what: str, *args: Any) -> Any:
        """The student's answer. Raises StudentGone, CannotCross, and what the student's code raised."""
        with self._lock:
            if self.gone:
                raise StudentGone(self.gone)
            if self.before_asking is not None and not self._flushing:
                self._flushing = True
                try:
                    self.before_asking()
                finally:
                    self._flushing = False
            before, self._computes = self._computes, self._gives_computing(what, args)
            try:
                return super().ask(what, *args)
            except (EOFError, OSError) as error:
                if isinstance(error, RemoteError) or not self._broken(error):
                    raise
                self._lose("the process that runs your code ended during this test")
            except (frames.FrameError, BadValue) as error:
                self._lose(f"the process that runs your code sent what is no answer ({error})")
            except KeyboardInterrupt as error:
                if self._broken(error):  # it may have come in the middle of a message
                    self.gone = "the test was interrupted"
                raise
            finally:
                self._computes = before

    def _gives_computing(self, what: str, args: tuple[Any, ...]) -> bool:
        """Whether the answer to a question is something that a test may compute with.

        Only a class that the task asks for, its instances, and what their operators give: not what a function
        or a method returns, in whose place a liar can put anything.
        """
        if what == "name":
            return args[0] in self.computing
        asked = (
            args[:2]
            if what in _COMPUTING
            else args[:1]
            if what in ("call", "enter", "copy", "deepcopy")
            else ()
        )
        known = [link_of(value) for value in asked if is_remote(value)]
        return any(link.computes and (what != "call" or link.kind == "class") for link in known)

    def _broken(self, error: BaseException) -> bool:
        """Whether `error` comes from the socket and not from the student's code (an OSError it raised)."""
        return getattr(error, "_of_student", None) is not self

    def _lose(self, why: str) -> NoReturn:
        self.gone = why[:_MOST_TEXT]
        self.sock.close()
        raise StudentGone(self.gone) from None

    def details(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if self._dropped:
            said["drop"], self._dropped = self._dropped, []
        if self._collecting():
            said["capture"] = True
        if builtins.input is not _INPUT:  # the test answers what the student's code asks a person
            said["input"] = ["f", self._hand_out(builtins.input), "input"]
        return said

    def notice(self, reply: dict[str, Any]) -> None:
        cpu = reply.get("cpu")
        if isinstance(cpu, int | float) and 0 <= cpu < 1e9:
            self.cpu += cpu
        if reply.get("changed") and ("error" in reply or reply.get("value") is not None):
            self.changed_arguments = True
        printed = reply.get("printed")
        if type(printed) is str and self._collecting():
            sys.stdout.write(printed)

    def _collecting(self) -> bool:
        """Whether the test collects what is printed."""
        return sys.stdout is not self.own_stdout and sys.stdout is not None

    def start_cell(self, write_back: bool = True) -> None:
        """Forget what belongs to the cell before: its functions, its failures, its CPU seconds."""
        self._functions.clear()
        self._made.clear()
        self.write_back = write_back
        self.failed_check, self.changed_arguments, self.cpu = None, False, 0.0

    def verdict(self) -> BaseException | None:
        """Why the cell has failed whatever it did with the exception: the student's process is gone, or an

        assertion in a function of the test that the student's code called did not hold.
        """
        return StudentGone(self.gone) if self.gone else self.failed_check

    def leave(self) -> None:
        """Close the connection; proxies of this student are of no use any more."""
        self.gone = self.gone or "the process that ran your code has been replaced"
        self.sock.close()

    def restrict(self, names: Sequence[str]) -> None:
        """Take names away in the student's process. Raises ValueError for one that does not exist."""
        self.ask("restrict", list(names))
        self.restrictions += 1

    def unrestrict(self) -> None:
        """Give back what the latest `restrict` took."""
        self.restrictions -= 1
        if not self.gone:
            self.ask("unrestrict")

    # Serving: what the student's code may call

    def perform(self, request: dict[str, Any], args: list[Any]) -> Any:
        what, (number, *rest) = request.get("do"), args or [None]
        if type(number) is not int or not 0 <= number < len(self._functions):
            raise BadValue("a function that the test did not hand out")
        target = self._functions[number]
        if what == "next" and not rest:
            return _next_of(target)
        if what != "call" or len(rest) != 2 or type(rest[0]) is not tuple or type(rest[1]) is not dict:
            raise BadValue("a request that no test serves")
        try:
            return target(*rest[0], **rest[1])
        except AssertionError as error:
            self.failed_check = self.failed_check or error
            raise

    def describe_error(self, error: BaseException, encoder: Encoder) -> dict[str, Any]:
        if isinstance(error, StudentGone):
            raise error
        kind = next(k for k in type(error).__mro__ if k.__module__ == "builtins")
        args = [
            arg if type(arg) in (int, float, bool, type(None)) else str(arg)[:_MOST_TEXT]
            for arg in error.args
        ]
        return {"class": ["builtins", kind.__name__], "args": args}

    # What crosses

    def refer(self, value: Any) -> Node:
        if type(value) in PROXIES:
            link = link_of(value)
            if link.student is not self:
                raise CannotCross("this object belongs to a kernel of the student that has ended")
            return ["o", link.handle]
        name = self.shared(value)
        if name is not None:
            return ["m", name]
        place = claims.where(value)
        if place is not None:
            return ["g", *place]
        if isinstance(value, np.random.Generator):
            return self._generator(value)
        if hasattr(type(value), "__next__"):
            return ["it", self._hand_out(value)]
        if _is_function(value):
            return ["f", self._hand_out(value), str(getattr(value, "__name__", type(value).__name__))]
        raise CannotCross(
            f"a {type(value).__name__} object does not cross into the student's kernel: pass plain values or arrays, "
            "or build it in a locked cell before the task, so that both sides have it under its name"
        )

    def _hand_out(self, value: Any) -> int:
        for number, known in enumerate(self._functions):
            if known is value:
                return number
        self._functions.append(value)
        return len(self._functions) - 1

    @staticmethod
    def _generator(value: np.random.Generator) -> Node:
        bits = value.bit_generator
        name = type(bits).__name__
        if name not in ("PCG64", "PCG64DXSM", "SFC64"):
            raise CannotCross(
                f"a random generator of type {name} does not cross: use np.random.default_rng(seed)"
            )
        state = Encoder().encode(bits.state)
        # The student draws from a copy. What the test draws next is another stream, which nobody's draws decide.
        bits.state = type(bits)(int(value.integers(1 << 62))).state
        return ["rng", name, state]

    def resolve(self, node: list[Any]) -> Any:
        tag, *rest = node
        if tag == "o" and len(rest) == 1 and type(rest[0]) is int and 0 <= rest[0] < len(self._functions):
            return self._functions[rest[0]]
        if tag != "h" or len(rest) != 2 or type(rest[0]) is not int or not 0 <= rest[0] < _MOST_HANDLES:
            raise BadValue("an unknown tag")
        handle, described = rest
        if type(described) is not dict:
            raise BadValue("an object without a description")
        if handle in self._dropped:
            self._dropped.remove(handle)
        known = self._proxies.get(handle)
        if known is not None:
            if not self._computes and handle not in self._made:
                # An instance of another test in the place of a result; a method of this one may return it.
                link_of(known).computes = False
            return self._classes.get(handle, known)
        return self._proxy(handle, described)

    def _proxy(self, handle: int, described: dict[str, Any]) -> Any:
        kind = described.get("kind")
        name = str(described.get("name"))[:200]
        if kind == "module":
            module = _library_module(name)
            if module is not None:
                return module
        classes = claims.library_classes(described.get("classes"))
        link = Link(self, handle, str(kind), name, tuple(classes), self._computes)
        proxy = (RemoteCallable if described.get("callable") is True else Remote)(link)
        self._proxies[handle] = proxy
        if self._computes:
            self._made.add(handle)
        weakref.finalize(proxy, self._drop, handle).atexit = False
        if kind == "class" and described.get("raises") is True:
            made = _error_class(name, classes)
            made.remote = proxy
            self._classes[handle] = made
            return made
        return proxy

    def _drop(self, handle: int) -> None:
        self._dropped.append(handle)
        self._made.discard(handle)

    # Errors

    def raise_error(self, described: Any, decoder: Decoder) -> NoReturn:
        if type(described) is not dict:
            raise BadValue("an error without a description")
        text = str(described.get("text"))[:_MOST_TEXT]
        found = described.get("classes")
        title = (
            found[0][1]
            if type(found) is list and found and type(found[0]) is list and len(found[0]) == 2
            else ""
        )
        title = title if type(title) is str and title.isidentifier() else "Exception"
        classes = claims.library_classes(found)
        args = described.get("args")
        args = args[:8] if type(args) is list and all(_is_plain(arg) for arg in args) else [text]
        error = _known_error(found, classes, args)
        if error is None:
            if "class" in described:
                made = decoder.decode(described["class"])
                if not (isinstance(made, type) and issubclass(made, RemoteError)):
                    raise BadValue("an error whose class is none")
                error = made(text)
                error.remote = decoder.decode(described.get("error"))
            else:
                error = _error_class(title, classes)(text)
        trace = described.get("traceback")
        if type(trace) is list:
            error.trace = tuple(str(line)[:200] for line in trace[:20])  # type: ignore[attr-defined]
        error._of_student = self  # type: ignore[attr-defined]
        raise error


def _is_plain(value: Any) -> bool:
    return (
        value is None
        or type(value) in (bool, int, float)
        or (type(value) is str and len(value) <= _MOST_TEXT)
    )


def _next_of(iterator: Any) -> tuple[bool, Any]:
    try:
        return True, next(iterator)
    except StopIteration:
        return False, None


def _is_function(value: Any) -> bool:
    """Whether calling `value` is all that anyone does with it: not so for a model, although it can be called."""
    library = type(value).__module__.partition(".")[0]
    return callable(value) and not isinstance(value, type) and library not in _WITH_STATE


def _library_module(name: str) -> Any:
    """The judge's own module where the student's name is bound to a module of a library."""
    module = sys.modules.get(name)
    return module if isinstance(module, types.ModuleType) and not claims.is_own(name) else None


# Raised inside a test's own loop these would end it early, as if everything had been looked at.
_LOOP_ENDING = (StopIteration, StopAsyncIteration, GeneratorExit)


def _known_error(found: Any, classes: list[type], args: list[Any]) -> BaseException | None:
    """The builtin exception itself, when the student's code raised exactly a builtin one."""
    first = found[0] if type(found) is list and found else None
    if type(first) is not list or len(first) != 2 or first[0] != "builtins" or not classes:
        return None
    kind = classes[0]
    if kind.__name__ != first[1] or not issubclass(kind, BaseException):
        return None
    if issubclass(kind, _LOOP_ENDING):
        return RuntimeError(f"the student's code raised {kind.__name__}")
    try:
        return kind(*args)
    except (TypeError, ValueError):
        return None


def _error_class(name: str, classes: list[type]) -> type[RemoteError]:
    """A class of the judge for an exception class of the student, below the library classes that it claims."""
    name = name if name.isidentifier() else "Exception"
    for base in classes:
        if issubclass(base, Exception) and not issubclass(base, (*_LOOP_ENDING, RemoteError)):
            with contextlib.suppress(TypeError):  # a builtin whose memory layout or arguments do not mix
                made = type(name, (RemoteError, base), {"title": name, "__module__": "__main__"})
                made("")
                return made
    return type(name, (RemoteError,), {"title": name, "__module__": "__main__"})


class Link:
    """What a proxy stands for: a handle of the student's process, and what that process claims about it."""

    __slots__ = ("classes", "computes", "handle", "kind", "name", "student")

    def __init__(
        self,
        student: Student,
        handle: int,
        kind: str,
        name: str,
        classes: tuple[type, ...],
        computes: bool,
    ) -> None:
        self.student = student
        self.handle = handle
        self.kind = kind
        self.name = name
        self.classes = classes
        self.computes = computes
        """Whether operators, `in` and methods that compare are the student's, see the module's text."""


def link_of(proxy: Any) -> Link:
    """The link of a proxy."""
    link: Link = object.__getattribute__(proxy, "_link")
    return link


def is_remote(value: Any) -> bool:
    """Whether `value` is an object of the student's process."""
    return type(value) in PROXIES


def _ask(what: str, proxy: Any, *args: Any) -> Any:
    return link_of(proxy).student.ask(what, proxy, *args)


def _checked(what: str, kind: type) -> Callable[[Any], Any]:
    """A conversion to the plain type `kind`; whatever else comes back is refused."""

    def convert(self: Any) -> Any:
        value = _ask(what, self)
        if type(value) is not kind:
            raise TypeError(f"{what}() of the student's object gave a {type(value).__name__}")
        return value

    return convert


def _refuse_comparison(self: Any, other: Any) -> NoReturn:
    raise TypeError(
        f"{phrase(self)} cannot be compared: only plain values can. "
        "Compare what its methods and attributes give, or convert it first"
    )


def _refuse_computing(proxy: Any, what: str) -> NoReturn:
    raise TypeError(
        f"{phrase(proxy)} {what}: a result has to be a number, an array, or another plain value. "
        "A test that wants it converts it first, as in float(x) or np.asarray(x)"
    )


def phrase(proxy: Any) -> str:
    """What a proxy stands for, in words."""
    link = link_of(proxy)
    if link.kind == "object":
        return f"an object of the class {link.name}"
    return f"the {link.kind} {link.name}"


def _equal(self: Any, other: Any) -> bool:
    if self is other:
        return True
    if other is None:
        return False
    _refuse_comparison(self, other)


def _unequal(self: Any, other: Any) -> bool:
    return not _equal(self, other)


# What libraries look for on every object; a proxy must not offer them, or they would take it for one of theirs.
_HIDDEN = frozenset(
    (
        *("__array_interface__", "__array_struct__", "__array_priority__", "__array_ufunc__"),
        *("__array_function__", "__array_wrap__", "__cuda_array_interface__", "__dlpack__"),
        *("__torch_function__", "__tf_tensor__", "__jax_array__", "__getstate__", "__reduce__"),
        *("__reduce_ex__", "__getnewargs__", "__getnewargs_ex__", "__wrapped__"),
        *("__set_name__", "__length_hint__", "__isabstractmethod__", "__mro_entries__", "__await__"),
        *("__text_signature__",),
    )
)
_COMPARING = frozenset(
    (
        *("equal", "equals", "eq", "ne", "allclose", "isclose", "array_equal", "__eq__", "__ne__", "__lt__"),
        *("__le__", "__gt__", "__ge__", "__contains__", "__sub__", "__rsub__"),
    )
)
"""Methods that decide a comparison with what they are given."""
_OPERATORS = (
    *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift"),
    *("and_", "xor", "or_"),
)
_IN_PLACE = ("iadd", "isub", "imul", "imatmul", "itruediv")
_UNARY = ("abs", "neg", "pos", "invert")
_COMPUTING = frozenset((*_OPERATORS, *_IN_PLACE, *_UNARY))
_LOCAL = frozenset(("__array__", "__deepcopy__", "__copy__"))


class Remote:
    # No docstring: reading `__doc__` of the proxy asks for the student's.
    __slots__ = ("__weakref__", "_link")
    _link: Link

    def __init__(self, link: Link) -> None:
        object.__setattr__(self, "_link", link)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return _class_of(self)
        if name == "__bases__" and link_of(self).kind == "class":
            return link_of(self).classes or (object,)
        if name == "__signature__":
            return _signature_of(self)
        if name in _LOCAL:
            return object.__getattribute__(self, name)
        if name in _COMPARING and not link_of(self).computes:
            _refuse_computing(self, f"is not asked for its {name}()")
        if name in _HIDDEN or name.startswith(("_repr_", "_ipython_")):
            raise AttributeError(f"{phrase(self)} has no {name} here")
        return _ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _ask("delattr", self, name)

    def __getitem__(self, key: Any) -> Any:
        return _ask("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask("setitem", self, key, value)

    def __delitem__(self, key: Any) -> None:
        _ask("delitem", self, key)

    def __iter__(self) -> Iterator[Any]:
        iterator = _ask("iter", self)
        # Items of an iterator that were fetched ahead would be missing for whoever goes on with it.
        return _items_of(iterator, 1 if iterator is self else _CHUNK)

    def __next__(self) -> Any:
        items, _more = _take(self, 1)
        if not items:
            raise StopIteration
        return items[0]

    def __reversed__(self) -> Iterator[Any]:
        return _items_of(_ask("reversed", self), _CHUNK)

    def __len__(self) -> int:
        length: int = _length(self)
        if length < 0:
            raise ValueError("len() of the student's object is negative")
        return length

    def __contains__(self, item: Any) -> bool:
        if not link_of(self).computes:
            return any(own is item or own == item for own in self)
        found: bool = _contains(self, item)
        return found

    def __hash__(self) -> int:
        return hash((id(link_of(self).student), link_of(self).handle))

    __eq__ = _equal
    __ne__ = _unequal
    __lt__ = __le__ = __gt__ = __ge__ = _refuse_comparison
    __bool__ = _checked("bool", bool)
    __int__ = _checked("int", int)
    __float__ = _checked("float", float)
    __complex__ = _checked("complex", complex)
    __index__ = _checked("index", int)
    __str__ = _checked("str", str)
    __repr__ = _checked("repr", str)

    def __format__(self, spec: str) -> str:
        text = _ask("format", self, spec)
        return text if type(text) is str else object.__format__(str(text), "")

    def __round__(self, digits: int | None = None) -> Any:
        return _ask("round", self) if digits is None else _ask("round", self, digits)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        value = _ask("array", self)
        if type(value) is not np.ndarray:
            raise TypeError(f"{phrase(self)} cannot be read as an array")
        return value if dtype is None else value.astype(dtype)

    def __enter__(self) -> Any:
        return _ask("enter", self)

    def __exit__(self, *error: Any) -> bool:
        return (
            _ask("exit", self) is True and error[0] is not None and not issubclass(error[0], AssertionError)
        )

    def __copy__(self) -> Any:
        return _ask("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return _ask("deepcopy", self)

    def __instancecheck__(self, instance: Any) -> bool:
        return is_remote(instance) and _ask("isinstance", instance, self) is True

    def __subclasscheck__(self, subclass: Any) -> bool:
        return is_remote(subclass) and _ask("issubclass", subclass, self) is True

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{phrase(self)} cannot be pickled: it lives in the student's kernel")

    def __mro_entries__(self, bases: Any) -> NoReturn:
        raise TypeError(f"{phrase(self)} lives in the student's kernel, so a test cannot inherit from it")

    def __dir__(self) -> list[str]:
        return [name for name in _ask("dir", self) if type(name) is str]


class RemoteCallable(Remote):
    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return _ask("call", self, args, kwargs)


PROXIES = frozenset((Remote, RemoteCallable))

_length = _checked("len", int)


def _contains(proxy: Any, item: Any) -> bool:
    found = _ask("contains", proxy, item)
    if type(found) is not bool:
        raise TypeError("'in' of the student's object gave no truth value")
    return found


def _class_of(proxy: Any) -> type:
    link = link_of(proxy)
    known = claims.KINDS.get(link.kind)
    if known is not None:
        return known
    return link.classes[0] if link.classes else type(proxy)


def _signature_of(proxy: Any) -> inspect.Signature:
    kinds = {kind.name: kind for kind in inspect._ParameterKind}
    try:
        parameters = [
            inspect.Parameter(name, kinds[kind], default=default if has_default else inspect.Parameter.empty)
            for name, kind, has_default, default in _ask("signature", proxy)
        ]
        return inspect.Signature(parameters)
    except (ValueError, KeyError) as error:
        raise AttributeError(f"{phrase(proxy)} has no signature ({error})") from None


def is_subclass(kind: Any, classes: Any) -> bool:
    """`issubclass` for tests: abstract base classes accept only real classes, so a proxy shows what it claims."""
    if is_remote(kind) and link_of(kind).kind == "class" and not is_remote(classes):
        return any(issubclass(claimed, classes) for claimed in link_of(kind).classes)
    return issubclass(kind, classes)


def _take(iterator: Any, most: int) -> tuple[list[Any], bool]:
    answer = _ask("next", iterator, most)
    if type(answer) is not tuple or len(answer) != 2 or type(answer[0]) is not list or len(answer[0]) > most:
        raise TypeError("the student's iterator gave no items")
    return answer[0], answer[1] is True and bool(answer[0])


def _items_of(iterator: Any, most: int) -> Iterator[Any]:
    """The items of an iterator of the student, fetched by ones first and by `most` later."""
    if not is_remote(iterator):
        raise TypeError("iter() of the student's object gave no iterator")
    chunk, count, more = 1, 0, True
    while more:
        items, more = _take(iterator, chunk)
        yield from items
        count += len(items)
        if count > MOST_ITEMS:
            raise RuntimeError(f"an iterable of the student gave more than {MOST_ITEMS:,} items")
        chunk = min(2 * chunk, most)


def _operator(name: str, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if not link_of(self).computes:
            _refuse_computing(self, "cannot be computed with")
        student = link_of(self).student
        return student.ask(name, other, self) if reflected else student.ask(name, self, other)

    return operate


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: _ask(name, self)


for _name in _OPERATORS:
    setattr(Remote, f"__{_name.rstrip('_')}__", _operator(_name))
    setattr(Remote, f"__r{_name.rstrip('_')}__", _operator(_name, reflected=True))
for _name in _IN_PLACE:
    setattr(Remote, f"__{_name}__", _operator(_name))
for _name in _UNARY:
    setattr(Remote, f"__{_name}__", _unary(_name))
