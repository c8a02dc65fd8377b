"""Plain values as JSON nodes with raw buffers, and back: how a value crosses between judge and student.

A scalar (None, bool, int, float, str) is itself; everything else is a list `[tag, ...]`. Only exact types come out of
the decoder: a subclass is reduced to its base by the base's own methods, so nothing that a subclass overrides
crosses. Nothing is ever unpickled. What is no plain value is left to `refer` and `resolve`, which the two
sides give (a handle, a function of the test, the name of something both have).

Mutable values are numbered in the order they are met, and met again are `["w", number]`: aliases and cycles
survive, and an argument that comes back is the same object again.
"""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import fractions
import keyword
import math
import operator
import pathlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from course_lib.grading.engine import tensors
from course_lib.grading.engine.frames import MOST_BODY, Buffer

MOST_NODES = 1_000_000
DEEPEST = 100
MOST_DIMENSIONS = 32

_SCALARS = frozenset({type(None), bool, int, float, str})
_NUMBERS = {int: "q", float: "d"}
_PACK_FROM = 16  # a shorter list of numbers is smaller as JSON
_LONG_TEXT = 4096
_WORD = 1 << 63
_DTYPE = re.compile(r"[<>|=](b1|[iu][1248]|f[248]|c8|c16|[mM]8(\[\d{0,6}[a-z]{1,2}\])?|[SU]\d{1,7})")
# Their bytes mean something else on every machine.
_EXTENDED = {np.longdouble: np.float64, np.clongdouble: np.complex128}
_CONVERSIONS = (
    *((np.floating, "__float__"), (np.integer, "__int__"), (np.complexfloating, "__complex__")),
    *((np.bool_, "__bool__"), (np.str_, "__str__")),
)
_FRACTION = re.compile(r"-?\d{1,2000}/\d{1,2000}")

Node = Any
"""A JSON value: a scalar, or a list that starts with its tag."""


class CannotCross(TypeError):
    """A value that has no way to the other side; the message says what it is and what to do."""


class BadValue(Exception):
    """A node that no encoder makes: the other side is broken or lies."""


def _no_reference(value: Any) -> Node:
    raise CannotCross(f"a {type(value).__name__} object is no plain value")


def _no_resolution(node: list[Any]) -> Any:
    raise BadValue("an unknown tag")


_LISTS: dict[str, type] = {"list": list, "deque": collections.deque}
_DICTS: dict[str, type] = {
    "dict": dict,
    "OrderedDict": collections.OrderedDict,
    "Counter": collections.Counter,
}
_SETS: dict[str, type] = {"set": set, "frozenset": frozenset}
_LIST_NAMES = {kind: name for name, kind in _LISTS.items()}
_DICT_NAMES = {kind: name for name, kind in _DICTS.items()}
_TEXTUAL: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "datetime": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    "date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
    "time": (datetime.time, datetime.time.isoformat, datetime.time.fromisoformat),
    "path": (type(pathlib.Path()), str, pathlib.Path),
}
_TEXTUAL_NAMES = {kind: name for name, (kind, _, _) in _TEXTUAL.items()}
_EMPTY: dict[Any, Any] = {}
_VIEWS = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))


def is_mutable(value: Any) -> bool:
    """Whether changes inside `value` are noticed by others who hold it, and it crosses by value."""
    kind = type(value)
    return issubclass(
        kind, list | dict | set | bytearray | np.ndarray | collections.deque
    ) or tensors.is_tensor(value)


class Encoder:
    """Turns values into nodes. `known` are the mutable values that the other side already has, by number."""

    def __init__(self, refer: Callable[[Any], Node] = _no_reference, known: Iterable[Any] = ()) -> None:
        self.refer = refer
        self.buffers: list[Buffer] = []
        self.known: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._size = self._nodes = 0
        for value in known:
            self._remember(value)

    def encode(self, value: Any, depth: int = 0) -> Node:
        """The node of `value`. Raises CannotCross, with a message for a person."""
        kind = type(value)
        if kind in _SCALARS:
            return self._scalar(value)
        number = self._numbers.get(id(value))
        if number is not None:
            return ["w", number]
        if depth > DEEPEST:
            raise CannotCross(f"a value nested more than {DEEPEST} levels deep does not cross")
        self._count(1)
        node = self._plain(value, kind, depth)
        return self.refer(value) if node is None else node

    def content(self, value: Any) -> Node:
        """The node of a mutable value's content now, although the other side knows the object."""
        return self._plain(value, type(value), 0, again=True)

    def _remember(self, value: Any) -> None:
        self._numbers[id(value)] = len(self.known)
        self.known.append(value)  # keeps the id alive

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise CannotCross(f"a value of more than {MOST_NODES:,} parts does not cross")

    def _buffer(self, data: Buffer) -> int:
        self._size += len(data)
        if self._size > MOST_BODY:
            raise CannotCross(f"a value of more than {MOST_BODY >> 20} MB does not cross")
        self.buffers.append(data)
        return len(self.buffers) - 1

    def _scalar(self, value: Any) -> Node:
        if type(value) is int and not -_WORD <= value < _WORD:
            return ["i", hex(value)]
        if type(value) is str and len(value) > _LONG_TEXT:
            return ["u", self._buffer(value.encode("utf-8", "surrogatepass"))]
        return value

    def _plain(self, value: Any, kind: type, depth: int, again: bool = False) -> Node | None:
        """The node of a plain value; None when it is none. Only methods of base classes are called."""
        if issubclass(kind, np.ndarray):
            return self._array(value, depth, again)
        if issubclass(kind, np.generic):
            return _numpy_scalar(value)
        if issubclass(kind, list):
            items = value if kind is list else list(list.__iter__(value))
            return self._list(value, "list", items, depth, again)
        if issubclass(kind, tuple):
            return self._tuple(value, kind, depth)
        if issubclass(kind, dict):
            name = next(_DICT_NAMES[base] for base in kind.__mro__ if base in _DICT_NAMES)
            return self._dict(value, name, depth, again)
        if issubclass(kind, set):
            self._note(value, again)
            return ["s", "set", self._items(set.__iter__(value), depth)]
        if issubclass(kind, frozenset):
            return ["s", "frozenset", self._items(frozenset.__iter__(value), depth)]
        if issubclass(kind, collections.deque):
            items = list(collections.deque.__iter__(value))
            return self._list(value, "deque", items, depth, again)
        if issubclass(kind, str):
            return self._scalar(str.__str__(value))
        if issubclass(kind, int):  # not bool: it has no subclasses
            return self._scalar(int.__int__(value))
        if issubclass(kind, float):
            return float.__float__(value)
        if issubclass(kind, complex):
            return ["c", complex.__complex__(value).real, complex.__complex__(value).imag]
        if issubclass(kind, bytes):
            return ["b", self._buffer(bytes(bytes.__iter__(value)) if kind is not bytes else value)]
        if issubclass(kind, bytearray):
            self._note(value, again)
            return ["ba", self._buffer(bytes(bytearray.__iter__(value)))]
        return self._rare(value, kind, depth, again)

    def _rare(self, value: Any, kind: type, depth: int, again: bool) -> Node | None:
        if kind is slice:
            return ["sl", *self._items((value.start, value.stop, value.step), depth)]
        if kind is range:
            return ["r", *self._items((value.start, value.stop, value.step), depth)]
        if value is Ellipsis:
            return ["e"]
        if issubclass(kind, np.dtype) and not value.hasobject and value.names is None:
            return ["dt", value.str]
        if kind is fractions.Fraction:
            return ["fr", f"{value.numerator}/{value.denominator}"]
        if kind is datetime.timedelta:
            return ["td", value.days, value.seconds, value.microseconds]
        if name := _TEXTUAL_NAMES.get(kind):
            return ["x", name, _TEXTUAL[name][1](value)]
        if kind in _VIEWS:
            return self.encode(list(value), depth + 1)
        packed = tensors.pack(value)
        if packed is None:
            return None
        self._note(value, again)
        shape = list(packed.shape)
        return ["T", packed.kind, packed.dtype, shape, self._buffer(packed.data), packed.trainable]

    def _note(self, value: Any, again: bool) -> None:
        if again:
            self.known.append(None)  # the decoder numbers every content that it reads
        else:
            self._remember(value)

    def _items(self, values: Iterable[Any], depth: int) -> list[Node]:
        return [self.encode(value, depth + 1) for value in values]

    def _list(self, value: Any, name: str, items: list[Any], depth: int, again: bool) -> Node:
        self._note(value, again)
        return ["l", name, self._sequence(items, depth)]

    def _sequence(self, items: Sequence[Any], depth: int) -> Node:
        """The items one by one, or a long row of numbers as one buffer: `[typecode, buffer]` in a dict's place."""
        if len(items) >= _PACK_FROM and len(kinds := set(map(type, items))) == 1:
            code = _NUMBERS.get(kinds.pop())
            if code is not None:
                try:
                    return {code: self._buffer(array.array(code, items).tobytes())}
                except OverflowError:  # an integer of more than 64 bits among them
                    return self._items(items, depth)
        return self._items(items, depth)

    def _tuple(self, value: Any, kind: type, depth: int) -> Node:
        items = self._sequence(tuple(tuple.__iter__(value)), depth)
        fields = getattr(kind, "_fields", None)
        if kind is not tuple and type(fields) is tuple and all(type(name) is str for name in fields):
            return ["nt", kind.__name__, list(fields), items]
        return ["t", items]

    def _dict(self, value: Any, name: str, depth: int, again: bool) -> Node:
        self._note(value, again)
        flat: list[Node] = []
        for key, item in list(dict.items(value)):
            flat += (self.encode(key, depth + 1), self.encode(item, depth + 1))
        return ["d", name, flat]

    def _array(self, value: Any, depth: int, again: bool) -> Node | None:
        plain = np.ndarray.view(value, np.ndarray)
        if plain.dtype.type in _EXTENDED:
            plain = np.ndarray.astype(plain, _EXTENDED[plain.dtype.type])
        dtype = plain.dtype
        if dtype.kind in ("O", "T"):
            self._note(value, again)
            items = np.ndarray.astype(plain, object).ravel().tolist()
            return ["ao", list(plain.shape), self._sequence(items, depth)]
        if not _DTYPE.fullmatch(dtype.str) or not dtype.itemsize:
            return None
        self._note(value, again)
        return ["a", dtype.str, list(plain.shape), self._buffer(plain.tobytes())]


def _reduced(value: Any, base: type) -> Any:
    """A NumPy scalar of exactly the class `base`, from one of a subclass."""
    for kind, method in _CONVERSIONS:
        if issubclass(base, kind):
            return base(getattr(base, method)(value))
    return value


def _numpy_scalar(value: Any) -> Node | None:
    base = next(kind for kind in type(value).__mro__ if kind.__module__ == "numpy")
    if type(value) is not base:
        value = _reduced(value, base)
    dtype: np.dtype = np.generic.dtype.__get__(value)
    if dtype.type in _EXTENDED:
        value = np.generic.astype(value, _EXTENDED[dtype.type])
        dtype = value.dtype
    if not _DTYPE.fullmatch(dtype.str) or not dtype.itemsize:
        return None
    return ["n", dtype.str, np.generic.tobytes(value).hex()]


class Decoder:
    """Turns nodes into values, believing nothing. `known` are the mutable values both sides have, by number."""

    def __init__(
        self,
        buffers: Sequence[memoryview],
        resolve: Callable[[list[Any]], Any] = _no_resolution,
        known: Iterable[Any] = (),
    ) -> None:
        self.buffers = buffers
        self.resolve = resolve
        self.known: list[Any] = list(known)
        self._nodes = 0

    def decode(self, node: Node) -> Any:
        """The value of `node`. Raises BadValue for everything that an encoder does not make."""
        try:
            return self._value(node, 0)
        except BadValue:
            raise
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, ArithmeticError) as error:
            raise BadValue(f"{type(error).__name__}: {error}") from None
        except (RecursionError, MemoryError) as error:
            raise BadValue(type(error).__name__) from None

    def _value(self, node: Node, depth: int) -> Any:
        if type(node) in _SCALARS:
            return node
        if type(node) is not list or not node or type(node[0]) is not str:
            raise BadValue("a value without a tag")
        self._nodes += 1
        if depth > DEEPEST + 1 or self._nodes > MOST_NODES:
            raise BadValue("a value too deep or too long")
        read = _READERS.get(node[0])
        if read is None:
            return self.resolve(node)
        return read(self, depth + 1, *node[1:])

    def _buffer(self, number: Any) -> memoryview:
        return self.buffers[_natural(number)]

    def _items(self, nodes: Any, depth: int) -> list[Any]:
        if type(nodes) is dict:
            ((code, number),) = nodes.items()
            if code not in _NUMBERS.values():
                raise BadValue("an unknown kind of numbers")
            return array.array(code, bytes(self._buffer(number))).tolist()
        if type(nodes) is not list:
            raise BadValue("items that are no list")
        return [self._value(node, depth) for node in nodes]

    def _known(self, depth: int, number: Any) -> Any:
        return self.known[_natural(number)]

    def _big(self, depth: int, text: Any) -> int:
        return int(_text(text), 16)

    def _long_text(self, depth: int, number: Any) -> str:
        return bytes(self._buffer(number)).decode("utf-8", "surrogatepass")

    def _complex(self, depth: int, real: Any, imaginary: Any) -> complex:
        if type(real) is not float or type(imaginary) is not float:
            raise BadValue("a complex number of something else")
        return complex(real, imaginary)

    def _bytes(self, depth: int, number: Any) -> bytes:
        return bytes(self._buffer(number))

    def _bytearray(self, depth: int, number: Any) -> bytearray:
        self.known.append(bytearray(self._buffer(number)))
        return self.known[-1]

    def _list(self, depth: int, name: Any, nodes: Any) -> Any:
        value = _LISTS[_text(name)]()
        self.known.append(value)
        value.extend(self._items(nodes, depth))
        return value

    def _tuple(self, depth: int, nodes: Any) -> tuple[Any, ...]:
        return tuple(self._items(nodes, depth))

    def _named_tuple(self, depth: int, name: Any, fields: Any, nodes: Any) -> Any:
        items = self._items(nodes, depth)
        if type(fields) is not list or len(fields) != len(items) or len(items) > 255:
            raise BadValue("a named tuple without a name for each item")
        for field in (name, *fields):
            if not _text(field).isidentifier() or keyword.iskeyword(field):
                raise BadValue("a named tuple with an impossible name")
        return collections.namedtuple(name, fields)(*items)

    def _dict(self, depth: int, name: Any, nodes: Any) -> Any:
        value = _DICTS[_text(name)]()
        self.known.append(value)
        if type(nodes) is not list or len(nodes) % 2:
            raise BadValue("a key without its value")
        items = self._items(nodes, depth)
        for key, item in zip(items[::2], items[1::2], strict=True):
            value[key] = item
        return value

    def _set(self, depth: int, name: Any, nodes: Any) -> Any:
        if name == "set":
            value: set[Any] = set()
            self.known.append(value)
            value.update(self._items(nodes, depth))
            return value
        return _SETS[_text(name)](self._items(nodes, depth))

    def _slice(self, depth: int, *nodes: Any) -> slice:
        start, stop, step = self._items(list(nodes), depth)
        return slice(start, stop, step)

    def _range(self, depth: int, *nodes: Any) -> range:
        start, stop, step = self._items(list(nodes), depth)
        return range(start, stop, step)

    def _ellipsis(self, depth: int) -> Any:
        return Ellipsis

    def _dtype(self, depth: int, text: Any) -> np.dtype:
        return _dtype(text)

    def _fraction(self, depth: int, text: Any) -> fractions.Fraction:
        if not _FRACTION.fullmatch(_text(text)):
            raise BadValue("no fraction")
        return fractions.Fraction(text)

    def _timedelta(self, depth: int, days: Any, seconds: Any, microseconds: Any) -> datetime.timedelta:
        whole = [_whole(part) for part in (days, seconds, microseconds)]
        return datetime.timedelta(whole[0], whole[1], whole[2])

    def _textual(self, depth: int, name: Any, text: Any) -> Any:
        return _TEXTUAL[_text(name)][2](_text(text))

    def _array(self, depth: int, text: Any, shape: Any, number: Any) -> np.ndarray:
        value = _array_of(_dtype(text), _shape(shape), self._buffer(number))
        self.known.append(value)
        return value

    def _object_array(self, depth: int, shape: Any, nodes: Any) -> np.ndarray:
        sizes = _shape(shape)
        if type(nodes) is list and math.prod(sizes) != len(nodes):
            raise BadValue("an array whose shape does not fit its items")
        place = len(self.known)
        self.known.append(None)  # numbered before its items, as the encoder does
        items = self._items(nodes, depth)
        value = np.empty(len(items), dtype=object)
        for index, item in enumerate(items):
            value[index] = item
        self.known[place] = value = value.reshape(sizes)
        return value

    def _numpy_scalar(self, depth: int, text: Any, data: Any) -> Any:
        return _array_of(_dtype(text), (), memoryview(bytes.fromhex(_text(data))))[()]

    def _tensor(self, depth: int, kind: Any, dtype: Any, shape: Any, number: Any, trainable: Any) -> Any:
        data = bytes(self._buffer(number))
        value = tensors.unpack(
            tensors.Packed(_text(kind), _text(dtype), _shape(shape), data, trainable is True)
        )
        self.known.append(value)
        return value


_READERS: dict[str, Callable[..., Any]] = {
    "w": Decoder._known,
    "i": Decoder._big,
    "u": Decoder._long_text,
    "c": Decoder._complex,
    "b": Decoder._bytes,
    "ba": Decoder._bytearray,
    "l": Decoder._list,
    "t": Decoder._tuple,
    "nt": Decoder._named_tuple,
    "d": Decoder._dict,
    "s": Decoder._set,
    "sl": Decoder._slice,
    "r": Decoder._range,
    "e": Decoder._ellipsis,
    "dt": Decoder._dtype,
    "fr": Decoder._fraction,
    "td": Decoder._timedelta,
    "x": Decoder._textual,
    "a": Decoder._array,
    "ao": Decoder._object_array,
    "n": Decoder._numpy_scalar,
    "T": Decoder._tensor,
}


def _natural(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise BadValue("a number that is no index")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise BadValue("a number that is not whole")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise BadValue("no text")
    return value


def _shape(value: Any) -> tuple[int, ...]:
    if type(value) is not list or len(value) > MOST_DIMENSIONS:
        raise BadValue("no shape")
    return tuple(_natural(length) for length in value)


def _dtype(text: Any) -> np.dtype:
    if not _DTYPE.fullmatch(_text(text)):
        raise BadValue("a dtype that does not cross")
    dtype = np.dtype(text)
    if not dtype.itemsize:
        raise BadValue("a dtype without a size")
    return dtype


def _array_of(dtype: np.dtype, shape: tuple[int, ...], data: memoryview) -> np.ndarray:
    if math.prod(shape) * dtype.itemsize != len(data):
        raise BadValue("bytes that do not fill the shape of an array")
    raw = bytearray(data)
    if dtype.kind == "b":  # NumPy trusts that the byte of a bool is 0 or 1
        return np.ndarray(shape, np.uint8, raw) != 0 if shape else np.array(bool(raw[0]))
    if dtype.kind == "U" and len(raw):
        points = np.ndarray((len(raw) // 4,), dtype.byteorder.replace("|", "=") + "u4", raw)
        if points.max() > 0x10FFFF:
            raise BadValue("an array of text that is no text")
    return np.ndarray(shape, dtype, raw).copy()


class Snapshot:
    """What mutable values held when they arrived, to tell later which of them were changed in place."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = list(values)
        self._before = [_frozen(value) for value in self.values]

    def changed(self) -> list[int]:
        """The numbers of the values whose content is another one now."""
        return [
            number
            for number, (value, before) in enumerate(zip(self.values, self._before, strict=True))
            if not _same(before, _frozen(value))
        ]


def _frozen(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype != object:
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, np.ndarray):
        return [value.shape, *value.ravel()]
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    if isinstance(value, list | collections.deque):
        return list(value)
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, bytearray):
        return bytes(value)
    return tensors.pack(value)


def _same(before: Any, now: Any) -> bool:
    if type(before) is list and type(now) is list:
        return len(before) == len(now) and all(map(operator.is_, before, now))
    return type(before) is type(now) and before == now


def replace_content(value: Any, content: Any) -> None:
    """Makes the mutable `value` hold what `content` holds. Raises BadValue when they are not alike."""
    if isinstance(value, np.ndarray) and type(content) is np.ndarray:
        if value.shape != content.shape or value.dtype != content.dtype or not value.flags.writeable:
            raise BadValue("an array that came back with another shape or dtype")
        np.copyto(np.ndarray.view(value, np.ndarray), content)
    elif isinstance(value, list | collections.deque) and type(content) in (list, collections.deque):
        value.clear()
        value.extend(content)
    elif (isinstance(value, dict) and isinstance(content, dict)) or (
        isinstance(value, set) and type(content) is set
    ):
        value.clear()
        value.update(content)
    elif isinstance(value, bytearray) and type(content) is bytearray:
        value[:] = content
    elif not tensors.copy_into(value, content):
        raise BadValue("a changed argument of another kind")
