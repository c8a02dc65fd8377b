"""The loaders, against tiny files written here in the real formats."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from http.client import BadStatusLine

import numpy as np
import pytest

from course_lib import data
from course_lib.data import downloads
from course_lib.data.cache import cache_dir
from course_lib.data.formats import read_cifar_batches, read_idx

RNG = np.random.default_rng(0)


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx_set(folder, n_train=5, n_test=3):
    arrays = [
        RNG.integers(0, 256, (n_train, 28, 28), dtype=np.uint8),
        RNG.integers(0, 10, n_train, dtype=np.uint8),
        RNG.integers(0, 256, (n_test, 28, 28), dtype=np.uint8),
        RNG.integers(0, 10, n_test, dtype=np.uint8),
    ]
    folder.mkdir(parents=True)
    for name, array in zip(downloads._IDX_FILES, arrays, strict=True):
        (folder / name).write_bytes(gzip.compress(idx_bytes(array)))
    return arrays


def write_cifar_archive(path):
    batches = {}
    with tarfile.open(path, "w:gz") as tar:
        for name in [*downloads._CIFAR_TRAIN, "test_batch"]:
            pixels = RNG.integers(0, 256, (4, 3072), dtype=np.uint8)
            batches[name] = (pixels, [3, 1, 4, 1])
            content = pickle.dumps(
                {b"data": pixels, b"labels": batches[name][1], b"batch_label": b"x"}, protocol=2
            )
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return batches


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


def trust(monkeypatch, dataset, folder, base=None):
    """Make the files in ``folder`` the ones the loader expects."""
    source = downloads._SOURCES[dataset]
    sums = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    trusted = downloads._Source(base or source.base, sums, source.instead)
    monkeypatch.setitem(downloads._SOURCES, dataset, trusted)


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
def test_idx_sets(dataset, cache, monkeypatch):
    arrays = write_idx_set(cache / dataset)
    trust(monkeypatch, dataset, cache / dataset)
    split = getattr(data, dataset)()
    assert np.array_equal(split.X_train, arrays[0].astype(np.float32) / 255)
    assert np.array_equal(split.y_train, arrays[1])
    assert np.array_equal(split.X_test, arrays[2].astype(np.float32) / 255)
    assert np.array_equal(split.y_test, arrays[3])
    assert split.X_train.dtype == np.float32
    assert split.y_train.dtype == np.int64
    assert getattr(data, dataset)(flat=True).X_test.shape == (3, 784)


def test_cifar10(cache, monkeypatch):
    (cache / "cifar10").mkdir(parents=True)
    batches = write_cifar_archive(cache / "cifar10" / downloads._CIFAR_FILE)
    trust(monkeypatch, "cifar10", cache / "cifar10")
    split = data.cifar10()
    assert split.X_train.shape == (20, 32, 32, 3)
    assert split.X_test.shape == (4, 32, 32, 3)
    # Row by row, red plane first: that is the format's order.
    pixels = batches["data_batch_2"][0]
    assert split.X_train[4, 0, 1, 0] == np.float32(pixels[0, 1]) / np.float32(255)
    assert split.X_train[4, 31, 31, 2] == np.float32(pixels[0, -1]) / np.float32(255)
    assert list(split.y_test) == [3, 1, 4, 1]


def test_reads_the_numpy_1_pickles_of_the_original(tmp_path):
    # The original archive names the module of NumPy 1.
    path = tmp_path / "a.tar.gz"
    content = pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": [7]}, protocol=2)
    old = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert b"numpy.core.multiarray" in old
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("cifar-10-batches-py/test_batch")
        member.size = len(old)
        tar.addfile(member, io.BytesIO(old))
    images, labels = read_cifar_batches(path, ["test_batch"])
    assert images.shape == (1, 32, 32, 3)
    assert list(labels) == [7]


class Malicious:
    def __reduce__(self):
        return (print, ("this code ran",))


def test_a_pickle_that_runs_code_is_refused(tmp_path, capsys):
    content = pickle.dumps({b"data": Malicious(), b"labels": []}, protocol=2)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("x/test_batch")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    with pytest.raises(pickle.UnpicklingError, match="refused to load"):
        read_cifar_batches(tmp_path / "a.tar.gz", ["test_batch"])
    assert capsys.readouterr().out == ""


def test_a_batch_that_is_not_there(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz"):
        pass
    with pytest.raises(ValueError, match="has no test_batch"):
        read_cifar_batches(tmp_path / "a.tar.gz", ["test_batch"])


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "cifar10"])
def test_missing_says_what_where_and_what_instead_in_one_line(dataset, cache):
    with pytest.raises(data.DataUnavailable) as caught:
        getattr(data, dataset)()
    message = str(caught.value)
    assert "\n" not in message
    assert str(cache / dataset) in message
    assert f"{dataset}(download=True)" in message
    assert "course_lib.data.glyphs()" in message


def test_damaged_file(cache):
    write_idx_set(cache / "mnist")
    with pytest.raises(data.DataUnavailable, match="is damaged"):
        data.mnist()


def test_download_fills_the_cache_once(cache, tmp_path, monkeypatch):
    arrays = write_idx_set(tmp_path / "server")
    trust(monkeypatch, "mnist", tmp_path / "server", base=(tmp_path / "server").as_uri() + "/")
    assert np.array_equal(data.mnist(download=True).y_test, arrays[3])
    assert sorted(path.name for path in (cache / "mnist").iterdir()) == sorted(downloads._IDX_FILES)
    for path in (tmp_path / "server").iterdir():
        path.unlink()
    assert np.array_equal(data.mnist().y_test, arrays[3])


def test_a_download_that_fails_leaves_nothing(cache, tmp_path, monkeypatch):
    source = downloads._SOURCES["mnist"]
    nowhere = downloads._Source((tmp_path / "nowhere").as_uri() + "/", source.md5, source.instead)
    monkeypatch.setitem(downloads._SOURCES, "mnist", nowhere)
    with pytest.raises(data.DataUnavailable, match="could not fetch"):
        data.mnist(download=True)
    assert list((cache / "mnist").iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(cache, tmp_path, monkeypatch):
    write_idx_set(tmp_path / "server")
    trust(monkeypatch, "mnist", tmp_path / "server", base=(tmp_path / "server").as_uri() + "/")
    first = tmp_path / "server" / downloads._IDX_FILES[0]
    first.write_bytes(first.read_bytes()[:-1])
    with pytest.raises(data.DataUnavailable, match=r"could not fetch .* expected"):
        data.mnist(download=True)
    assert list((cache / "mnist").iterdir()) == []


def test_an_answer_that_is_no_http(cache, monkeypatch):
    def refuse(url, timeout):
        raise BadStatusLine("hello")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(data.DataUnavailable, match="could not fetch"):
        data.mnist(download=True)


def test_cache_dir_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "here"))
    assert cache_dir() == tmp_path / "here"
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "course-data"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_dir() == tmp_path / "local" / "course-data"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_dir().parts[-3:] == ("Library", "Caches", "course-data")


@pytest.mark.parametrize("code", [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E])
def test_idx_number_types(tmp_path, code):
    kind = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}[code]
    values = np.array([[1, 2, 3], [4, 5, 100]]).astype(kind)
    (tmp_path / "f").write_bytes(bytes([0, 0, code, 2]) + struct.pack(">2I", 2, 3) + values.tobytes())
    found = read_idx(tmp_path / "f")
    assert np.array_equal(found, values)
    assert found.dtype.isnative


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not an IDX file"),
        (b"hello world", "not an IDX file"),
        (idx_bytes(np.zeros((2, 3), np.uint8))[:-1], "should hold 18 bytes"),
        (idx_bytes(np.zeros((2, 3), np.uint8)) + b"x", "should hold 18 bytes"),
        (b"\0\0\x08\x03" + struct.pack(">I", 2), "should hold"),
    ],
)
def test_damaged_idx(tmp_path, content, word):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(ValueError, match=word):
        read_idx(tmp_path / "f")
