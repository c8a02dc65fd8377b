"""The journal survives being killed, a full disk, damage and a second coordinator."""

from __future__ import annotations

import dataclasses
import resource
from pathlib import Path

import pytest

from course_lib.grading.engine.journal import Journal, JournalError, NoRoom, file_name, key
from course_lib.grading.engine.model import COMPAT, STRICT, Result
from tests.grading.engine import standins
from tests.grading.engine.standins import submission

BUNDLE = standins.bundle()
ANN = submission("ann")
KEY = key(BUNDLE, ANN, STRICT)
GRADEBOOK = "sqlite:///gradebook.db"


def result() -> Result:
    return standins.grade(BUNDLE, ANN)


def test_a_stored_result_is_found_under_its_own_key_only(tmp_path: Path) -> None:
    with Journal(tmp_path, "a1") as journal:
        stored = journal.store(result(), KEY)
        found = journal.find("ann", KEY)
        assert found == stored
        assert [r.student for r in journal.results()] == ["ann"]
        others = [
            key(dataclasses.replace(BUNDLE, extra_cells=False), ANN, STRICT),
            key(BUNDLE, submission("ann", other=1), STRICT),
            key(BUNDLE, dataclasses.replace(ANN, timestamp="2026-01-03 00:00:00 UTC"), STRICT),
            key(BUNDLE, ANN, COMPAT),
            {**KEY, "version": KEY["version"] + 1},
        ]
        assert [journal.find("ann", other) for other in others] == [None] * len(others)
        assert journal.find("bob", KEY) is None


def test_a_result_is_done_for_one_gradebook_and_one_grading(tmp_path: Path) -> None:
    with Journal(tmp_path, "a1") as journal:
        entry = journal.store(result(), KEY)
        assert not journal.is_done(entry, GRADEBOOK)
        journal.done(entry, GRADEBOOK)
        assert journal.is_done(entry, GRADEBOOK)
        assert not journal.is_done(entry, "postgresql://elsewhere/class")
        again = journal.store(result(), KEY)
        assert not journal.is_done(again, GRADEBOOK)


def test_the_address_of_the_gradebook_is_not_written_down(tmp_path: Path) -> None:
    with Journal(tmp_path, "a1") as journal:
        journal.done(journal.store(result(), KEY), "postgresql://me:secret@host/class")
    assert not any(b"secret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_assignments_do_not_touch_each_other(tmp_path: Path) -> None:
    with Journal(tmp_path, "a1") as one, Journal(tmp_path, "a2") as two:
        one.store(result(), KEY)
        assert two.find("ann", KEY) is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"key": {}}', bytes(range(256))])
def test_a_damaged_entry_only_means_grading_again(tmp_path: Path, damage: bytes) -> None:
    with Journal(tmp_path, "a1") as journal:
        journal.store(result(), KEY)
        journal.path("ann").write_bytes(damage)
        assert journal.find("ann", KEY) is None
        assert list(journal.results()) == []


def test_file_names_hold_any_student(tmp_path: Path) -> None:
    students = [
        "ann",
        "Ann",
        "a/../b",
        "..",
        ".",
        "",
        "ä ö",
        "x" * 300,
        "x" * 301,
        "a\0b",
        "\udcff",
        "a.json",
    ]
    names = [file_name(student) for student in students]
    assert len(set(names)) == len(students)
    assert not any("/" in name or name.startswith(".") or "\0" in name or len(name) > 220 for name in names)
    assert file_name("anna.b@uni-x.edu") == "anna.b@uni-x.edu"
    with Journal(tmp_path, "a1") as journal:
        for student in students:
            journal.store(dataclasses.replace(result(), student=student), KEY)
        assert {r.student for r in journal.results()} == set(students)


def test_a_second_coordinator_is_one_clear_line(tmp_path: Path) -> None:
    with Journal(tmp_path, "a1"), pytest.raises(JournalError, match="written by another 'course grade'"):
        Journal(tmp_path, "a1").__enter__()
    with Journal(tmp_path, "a1"):
        """The folder is free again."""


def test_what_a_killed_coordinator_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "results" / "a1").mkdir(parents=True)
    left = tmp_path / "results" / "a1" / ".ann.json.1234"
    left.write_bytes(b"half")
    with Journal(tmp_path, "a1"):
        assert not left.exists()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(JournalError, match="out cannot be written: Not a directory") as caught:
        Journal(tmp_path / "out", "a1").__enter__()
    assert caught.value.code == 1


def test_a_full_disk_is_one_clear_line_and_keeps_what_was_there(tmp_path: Path) -> None:
    with Journal(tmp_path, "a1") as journal:
        before = journal.store(result(), KEY)
        large = standins.grade(BUNDLE, submission("ann", size=1_000_000))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(NoRoom) as caught:
                journal.store(large, KEY)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert caught.value.code == 1
        assert str(caught.value) == (
            f"no room left for {tmp_path}: free some and run the same command again; what is graded is kept"
        )
        assert journal.find("ann", KEY) == before
        assert sorted(path.name for path in journal.folder.iterdir()) == [".lock", "ann.json"]
