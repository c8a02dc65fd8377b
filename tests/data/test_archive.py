"""The file behind checkpoints: whole or not at all, plain values only, random states to the bit."""

from __future__ import annotations

import datetime
import random

import numpy as np
import pytest

from course_lib.data.archive import (
    plain,
    random_state,
    read_archive,
    set_random_state,
    write_archive,
    write_whole,
)


def test_arrays_and_values_come_back_as_they_were(tmp_path):
    arrays = {"model.0": np.arange(6, dtype=np.float32).reshape(2, 3), "count": np.array(7)}
    values = {
        "step": 3,
        "curve": [0.1, 1e-300, float("inf")],
        "nested": {"name": "ü", "none": None, "yes": True},
    }
    write_archive(tmp_path / "run.state", arrays, values)
    assert [p.name for p in tmp_path.iterdir()] == ["run.state"]
    got_arrays, got_values = read_archive(tmp_path / "run.state")
    assert got_values == values
    assert list(got_arrays) == list(arrays)
    for name, array in arrays.items():
        assert got_arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(got_arrays[name], array)


@pytest.mark.parametrize(
    "value", [np.float32(1), np.float64(1), datetime.datetime(2026, 1, 1), {1: "a"}, [b"x"]], ids=repr
)
def test_what_is_not_plain_is_refused_with_its_place(value):
    with pytest.raises(TypeError, match=r"extra\['here'\]"):
        plain({"here": value})


def test_tuples_become_lists():
    assert plain({"a": (1, (2.0, "x"))}) == {"a": [1, [2.0, "x"]]}


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "run.state"
    write_archive(path, {}, {"step": 1})

    def breaks(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, breaks)
    assert read_archive(path)[1] == {"step": 1}


def test_another_file_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    np.savez(tmp_path / "b.npz", x=np.arange(3))
    (tmp_path / "c").write_bytes(b"\x80\x04N.")
    for name in ("a.npy", "b.npz", "c"):
        with pytest.raises(ValueError, match=r"archive|pickle"):
            read_archive(tmp_path / name)


def test_random_numbers_go_on_where_they_were():
    np.random.seed(1)
    random.seed(1)
    np.random.normal()  # leaves one cached number behind
    state = plain(random_state())
    first = [np.random.normal(size=3).tolist(), random.random(), np.random.randint(0, 9, 5).tolist()]
    np.random.seed(2)
    random.seed(2)
    set_random_state(state)
    assert [np.random.normal(size=3).tolist(), random.random(), np.random.randint(0, 9, 5).tolist()] == first
