"""Folders that come from, and go to, other people."""

from __future__ import annotations

import logging
import os

import pytest

from course_lib.hub.exchange.files import check_name, check_path, read_folder, write_folder
from course_lib.notebooks.errors import CourseError

LIMITS = {"ignore": ["feedback", "*.pyc"], "include": [], "file_bytes": 100, "folder_bytes": 200}
LOG = logging.getLogger("test")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        "a/.",
        "a\0b",
        "a\nb",
        "a\\b",
        "x" * 256,
        "a/\udcff",
    ],
)
def test_a_path_that_leads_out_is_refused(path):
    with pytest.raises(CourseError):
        check_path(path)


def test_a_path_may_have_folders_blanks_and_letters_of_any_language():
    assert check_path("data/été 1.csv") == "data/été 1.csv"


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "*"])
def test_a_name_is_one_folder(name):
    with pytest.raises(CourseError):
        check_name(name, "a student")


def test_a_folder_is_read_without_what_is_ignored_links_to_folders_and_pipes(tmp_path, caplog):
    (tmp_path / "a.ipynb").write_text("{}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("1")
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "a.html").write_text("")
    (tmp_path / "m.pyc").write_text("")
    (tmp_path / "away").symlink_to("/etc")
    (tmp_path / "nothing").symlink_to("/nowhere")
    (tmp_path / "zero").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    assert read_folder(tmp_path, **LIMITS, log=LOG) == {"a.ipynb": b"{}", "data/x.csv": b"1"}
    assert all(name in caplog.text for name in ("nothing", "zero", "pipe"))


def test_a_large_file_is_left_out_with_a_warning_and_a_large_notebook_is_refused(tmp_path, caplog):
    (tmp_path / "model.bin").write_bytes(b"x" * 101)
    assert read_folder(tmp_path, **LIMITS, log=LOG) == {}
    assert "model.bin" in caplog.text
    (tmp_path / "a.ipynb").write_bytes(b"x" * 101)
    with pytest.raises(CourseError, match=r"a\.ipynb has .* clear its outputs"):
        read_folder(tmp_path, **LIMITS, log=LOG)


def test_a_large_folder_is_refused(tmp_path):
    for name in "abc":
        (tmp_path / name).write_bytes(b"x" * 99)
    with pytest.raises(CourseError, match="remove large files"):
        read_folder(tmp_path, **LIMITS, log=LOG)


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "ada" / "one"
    write_folder(folder, {"old.txt": b"1"})
    with pytest.raises(OSError):  # noqa: PT011  # a file, and a folder of the same name
        write_folder(folder, {"a": b"", "a/b": b""})
    assert [path.name for path in folder.iterdir()] == ["old.txt"]
    write_folder(folder, {"new/x.txt": b"2"})
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")] == ["new/x.txt"]
    assert [path.name for path in folder.parent.iterdir()] == ["one"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CourseError, match="is a file"):
        write_folder(tmp_path / "file", {})
    assert (tmp_path / "file").read_text() == "mine"
