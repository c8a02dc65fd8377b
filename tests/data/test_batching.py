import numpy as np
import pytest

from course_lib.data import batches


def test_every_index_once_and_sizes():
    parts = batches(10, 4, seed=3, epoch=2)
    assert [len(part) for part in parts] == [4, 4, 2]
    assert sorted(np.concatenate(parts)) == list(range(10))
    assert all(part.dtype == np.int64 for part in parts)


def test_order_depends_on_seed_and_epoch_only():
    first = np.concatenate(batches(50, 8, seed=1, epoch=4))
    assert np.array_equal(first, np.concatenate(batches(50, 8, seed=1, epoch=4)))
    # The order does not depend on how it is cut.
    assert np.array_equal(first, np.concatenate(batches(50, 7, seed=1, epoch=4)))
    assert not np.array_equal(first, np.concatenate(batches(50, 8, seed=1, epoch=5)))
    assert not np.array_equal(first, np.concatenate(batches(50, 8, seed=2, epoch=4)))


def test_no_shuffle_and_empty():
    assert np.array_equal(np.concatenate(batches(5, 2, shuffle=False)), np.arange(5))
    assert batches(0, 4) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [((-1, 4), "n must"), ((5, 0), "batch_size"), ((5, 2, -1), "seed"), ((5, 2, 0, -1), "epoch")],
)
def test_bad_input(arguments, word):
    with pytest.raises(ValueError, match=word):
        batches(*arguments)
