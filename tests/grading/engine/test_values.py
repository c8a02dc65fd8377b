"""Values cross unchanged, hostile ones are reduced or refused, and no bytes can upset the reader."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import json
import pathlib
import random
import socket
import sys
import threading
from typing import Any

import numpy as np
import pytest

from course_lib.grading.engine import frames, values
from course_lib.grading.engine.values import (
    BadValue,
    CannotCross,
    Decoder,
    Encoder,
    Snapshot,
    replace_content,
)

Point = collections.namedtuple("Point", "x y")


def crossed(value: Any) -> Any:
    encoder = Encoder()
    node = json.loads(json.dumps(encoder.encode(value)))
    return Decoder([memoryview(bytes(buffer)) for buffer in encoder.buffers]).decode(node)


PLAIN = [
    *(None, True, 0, -1, 2**63, -(2**80), 1.5, float("inf"), -0.0, "", "é\ud800", "x" * 10_000, 2 - 1j),
    *(
        b"",
        b"\x00\xff",
        bytearray(b"ab"),
        (),
        [],
        {},
        set(),
        [[[]]],
        (1, ("a", None)),
        {"a": {1: 2}, (1, 2): [3]},
    ),
    *(
        {1, "a"},
        frozenset({(1, 2)}),
        slice(1, None, 2),
        range(0, 10, 3),
        ...,
        [0] * 50,
        [0.5] * 50,
        [2**70] * 50,
    ),
    *(
        [True] * 50,
        [1, 2.0] * 20,
        fractions.Fraction(-3, 7),
        decimal.Decimal("1.10"),
        datetime.date(2024, 2, 29),
    ),
    *(datetime.datetime(2024, 1, 1, 12), datetime.timedelta(days=-1, seconds=5), pathlib.Path("a/b.csv")),
    *(
        collections.Counter("aab"),
        collections.OrderedDict(b=1, a=2),
        collections.deque([1, 2]),
        np.dtype("f4"),
    ),
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda v: type(v).__name__)
def test_plain_values_cross_unchanged(value: Any) -> None:
    back = crossed(value)
    assert type(back) is type(value)
    assert repr(back) == repr(value)


DTYPES = [
    "?",
    "i1",
    "i2",
    "i4",
    "i8",
    "u1",
    "u2",
    "u4",
    "u8",
    "f2",
    "f4",
    "f8",
    "c8",
    "c16",
    ">f8",
    "U3",
    "S2",
    "M8[ns]",
    "m8[s]",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3)])
def test_arrays_cross_with_dtype_and_shape(dtype: str, shape: tuple[int, ...]) -> None:
    numbers = np.asarray(np.random.default_rng(0).integers(0, 2, size=shape))
    value = numbers.astype("i8").astype(dtype)
    for given in (value, np.asfortranarray(value), value[..., None][..., 0]):
        back = crossed(given)
        assert type(back) is np.ndarray
        assert (back.dtype, back.shape) == (value.dtype, given.shape)
        assert back.tobytes() == value.tobytes()
        assert back.flags.writeable
        assert back.flags.owndata or back.base is None or back.shape == ()
    if shape == (3,):
        scalar = crossed(value[0])
        assert type(scalar) is type(value[0])
        assert scalar == value[0]


def test_arrays_of_objects_cross_by_their_items() -> None:
    back = crossed(np.array([[1, "a"], [None, 2.5]], dtype=object))
    assert back.dtype == object
    assert back.tolist() == [[1, "a"], [None, 2.5]]


def test_named_tuples_are_built_anew() -> None:
    back = crossed(Point(1, [2]))
    assert type(back) is not Point
    assert (back.x, back.y, type(back).__name__) == (1, [2], "Point")
    assert isinstance(back, tuple)


def test_aliases_and_cycles_survive() -> None:
    row = np.zeros(2)
    back = crossed([row, row, np.zeros(2)])
    assert back[0] is back[1]
    assert back[0] is not back[2]
    ring: list[Any] = [1]
    ring.append({"ring": ring})
    back = crossed(ring)
    assert back[1]["ring"] is back


class Always:
    """What a hostile class overrides."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def lie(self, *args: Any) -> Any:
        raise AssertionError("an overridden method was called")

    __iter__ = __len__ = __getitem__ = __int__ = __float__ = __index__ = __bool__ = __str__ = __repr__ = lie
    items = keys = values = tobytes = tolist = __reduce__ = __array__ = __complex__ = __bytes__ = (
        __reduce_ex__
    ) = lie


class Int(Always, int): ...


class Float(Always, float): ...


class Str(Always, str): ...


class List(Always, list): ...


class Tuple(Always, tuple): ...


class Dict(Always, dict): ...


class Set(Always, set): ...


class Bytes(Always, bytes): ...


class Complex(Always, complex): ...


class Float64(Always, np.float64): ...


class Array(Always, np.ndarray):
    def __array_finalize__(self, other: Any) -> None:
        """Nothing to do."""

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        self.lie()


HOSTILE = [
    *((Int(7), 7), (Float(1.5), 1.5), (Str("a"), "a"), (List([1, 2]), [1, 2]), (Tuple((1, 2)), (1, 2))),
    *((Dict({"a": 1}), {"a": 1}), (Set({3}), {3}), (Bytes(b"ab"), b"ab"), (Complex(1j), 1j)),
    (Float64(2.5), np.float64(2.5)),
]


@pytest.mark.parametrize(("value", "base"), HOSTILE, ids=lambda v: type(v).__name__)
def test_subclasses_are_reduced_by_the_methods_of_their_base(value: Any, base: Any) -> None:
    back = crossed(value)
    assert type(back) is type(base)
    assert back == base
    assert crossed([value])[0] == base


def test_arrays_of_a_subclass_are_reduced() -> None:
    back = crossed(np.arange(3.0).view(Array))
    assert type(back) is np.ndarray
    assert back.tolist() == [0, 1, 2]


def test_what_is_no_value_is_refused() -> None:
    for value in (object(), lambda: 1, Always(), sys, int, np.random.default_rng(0), [object()]):
        with pytest.raises(CannotCross, match="no plain value"):
            Encoder().encode(value)


def test_values_that_are_too_large_or_too_deep_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_BODY", 1000)
    with pytest.raises(CannotCross, match="MB does not cross"):
        Encoder().encode([np.zeros(100), np.zeros(100)])
    deep: list[Any] = []
    for _ in range(values.DEEPEST + 2):
        deep = [deep]
    with pytest.raises(CannotCross, match="levels deep"):
        Encoder().encode(deep)
    monkeypatch.setattr(values, "MOST_NODES", 1000)
    with pytest.raises(CannotCross, match="parts does not cross"):
        Encoder().encode([[] for _ in range(2000)])


BAD = [
    *(
        [],
        ["?"],
        [1],
        {},
        {"a": 1},
        ["w", 0],
        ["w", -1],
        ["w", True],
        ["i", 5],
        ["i", "zz"],
        ["u", 0],
        ["b", 9],
    ),
    *(["c", 1, 2], ["c", "1", 2.0], ["l"], ["l", "list"], ["l", "list", 5], ["l", "dict", []], ["l", [], []]),
    *(
        ["l", "list", {"d": 0, "q": 0}],
        ["l", "list", {"O": 0}],
        ["l", "list", {"d": 7}],
        ["t", None],
        ["t", [[]]],
    ),
    *(
        ["nt", "P", ["a"], []],
        ["nt", "P", ["a b"], [1]],
        ["nt", "class", ["a"], [1]],
        ["nt", "P", ["_x"], [1]],
    ),
    *(
        ["nt", "P", ["a", "a"], [1, 2]],
        ["d", "dict", [1]],
        ["d", "dict", [["l", "list", []], 1]],
        ["d", "set", []],
    ),
    *(
        ["s", "set", [["l", "list", []]]],
        ["s", "list", []],
        ["sl", 1],
        ["r", 1.5, 2, 1],
        ["r", 1, 2, 0],
        ["e", 1],
    ),
    *(
        ["dt", "O"],
        ["dt", "f16"],
        ["dt", "V8"],
        ["dt", 5],
        ["fr", "1/0"],
        ["fr", "1e9"],
        ["td", 1, 2],
        ["td", 1.5, 2, 3],
    ),
    *(
        ["x", "nothing", ""],
        ["x", "date", "no date"],
        ["x", "decimal", "no"],
        ["a", "<f8", [2], 0],
        ["a", "<f8", [-1], 0],
    ),
    *(
        ["a", "<f8", [1.0], 0],
        ["a", "<f8", 1, 0],
        ["a", "|O", [1], 0],
        ["a", "<f8", [1] * 40, 0],
        ["a", "<U1", [2], 0],
    ),
    *(
        ["a", "<f8", [2**40, 0, 2**40], 1],
        ["ao", [2], [1]],
        ["ao", [-1], [1]],
        ["ao", [2], {"d": 0}],
        ["n", "<f8", "zz"],
    ),
    *(
        ["n", "<f8", "00"],
        ["n", "|O", "0000000000000000"],
        ["T", "torch", "object", [1], 0, False],
        ["T", "cupy", "f", [1], 0, 0],
    ),
    *(["T", "torch", "float32", [3], 0, False], ["T", "torch", "float32", [-2], 0, False], ["h", 1, {}]),
]


@pytest.mark.parametrize("node", BAD, ids=lambda n: json.dumps(n)[:40])
def test_what_no_encoder_makes_is_refused(node: Any) -> None:
    buffers = [memoryview(b"\xff" * 8), memoryview(b"")]
    with pytest.raises(BadValue):
        Decoder(buffers).decode(node)


def test_a_node_without_end_is_refused() -> None:
    node: Any = ["t", []]
    for _ in range(50_000):
        node = ["t", [node]]
    with pytest.raises(BadValue):
        Decoder([]).decode(node)


def test_truth_values_are_made_true_or_false() -> None:
    array = Decoder([memoryview(b"\x00\x02\xff")]).decode(["a", "|b1", [3], 0])
    assert array.tobytes() == b"\x00\x01\x01"
    assert Decoder([]).decode(["n", "|b1", "07"]).tobytes() == b"\x01"


def test_no_mutation_of_a_message_upsets_the_decoder() -> None:
    chance = random.Random(0)
    original = Encoder()
    everything = [value for value in PLAIN if not isinstance(value, str) or len(value) < 99]
    text = json.dumps(
        original.encode([*everything, np.arange(6.0).reshape(2, 3), Point(1, 2), np.array(["ab"])])
    )
    refused = 0
    for _ in range(3000):
        changed = bytearray(text.encode())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(changed))
            changed[place : place + chance.randint(0, 3)] = bytes(
                chance.choices(b'0123456789[]{},:."-abdlnstwTe ', k=chance.randint(0, 3))
            )
        buffers = [memoryview(bytes(b)[: chance.choice((None, None, None, 3))]) for b in original.buffers]
        try:
            node = json.loads(changed)
        except ValueError:
            continue
        try:
            Decoder(buffers).decode(node)
        except BadValue:
            refused += 1
    assert refused > 100


def test_no_bytes_upset_the_reader_of_frames() -> None:
    chance = random.Random(1)
    for _ in range(300):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.settimeout(5)
            size = chance.choice((0, 2, 7, 40))
            head = size.to_bytes(4, "big") + chance.choice((0, 3, 2**40)).to_bytes(8, "big")
            theirs.sendall(chance.choice((head, b"")) + chance.randbytes(chance.randint(0, 60)))
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises((frames.FrameError, EOFError)):
                frames.receive(ours)


@pytest.mark.parametrize(
    "header",
    [b"[]", b"{}", b'{"sizes":[1]}', b'{"sizes":[-1,1]}', b'{"sizes":["a"]}', b"[" * 100_000, b"\xff"],
)
def test_headers_that_are_none_are_refused(header: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(
            target=theirs.sendall, args=(len(header).to_bytes(4, "big") + bytes(8) + header,)
        )
        sender.start()
        with pytest.raises(frames.FrameError):
            frames.receive(ours)
        sender.join()


def test_frames_cross_with_their_buffers() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        large = np.random.default_rng(0).bytes(3 << 20)
        sender = threading.Thread(target=frames.send, args=(ours, {"do": "é"}, [b"", b"abc", large]))
        sender.start()
        header, buffers = frames.receive(theirs)
        sender.join()
        assert header == {"do": "é"}
        assert [bytes(b) for b in buffers] == [b"", b"abc", large]
        with pytest.raises(frames.FrameError, match="MB"):
            frames.send(ours, {"do": "x" * frames.MOST_HEADER})


def test_changes_in_place_are_seen_and_taken_over() -> None:
    here = [np.zeros(2), [1], {"a": 1}, {1}, bytearray(b"a"), collections.deque([1]), [5]]
    there = [crossed(value) for value in here]
    snapshot = Snapshot(there)
    assert snapshot.changed() == []
    there[0][1] = np.nan
    there[1].append(2)
    there[2]["b"] = 2
    there[3].add(2)
    there[4].extend(b"b")
    there[5].appendleft(0)
    assert snapshot.changed() == [0, 1, 2, 3, 4, 5]
    for number in snapshot.changed():
        replace_content(here[number], crossed(there[number]))
    assert repr(here) == repr(there)


def test_changes_of_another_kind_are_refused() -> None:
    for value, content in (
        (np.zeros(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2, "f4")),
        ([1], {1}),
        ({}, []),
        (set(), {}),
    ):
        with pytest.raises(BadValue):
            replace_content(value, content)
