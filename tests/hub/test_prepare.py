"""The instructor's course folder: made once, completed after a start that was cut short, never overwritten."""

from __future__ import annotations

import os

import pytest
from nbgrader.api import Gradebook

from course_lib.grading.source import AssignmentError
from course_lib.hub import accounts, prepare
from course_lib.hub.place import COURSE, Place
from tests.hub import centring
from tests.hub.running import small_course


def test_what_is_there_stays(tmp_path, monkeypatch):
    course, place = small_course(tmp_path / "course"), Place(tmp_path / "hub")
    place.make()
    accounts.create(place)
    assert prepare.course_folder(place, course, [centring.SLUG]) == [centring.SLUG]
    source, released = (
        place.course / step / centring.SLUG / f"{centring.SLUG}.ipynb" for step in ("source", "release")
    )
    assert centring.HIDDEN in source.read_text()
    assert centring.HIDDEN not in released.read_text()
    with Gradebook(f"sqlite:///{place.course / 'gradebook.db'}") as gradebook:
        made = [(assignment.name, assignment.course_id) for assignment in gradebook.assignments]
        assert made == [(centring.SLUG, COURSE)]
        assert [student.id for student in gradebook.students] == ["ada", "ben"]
    # As if the start had been cut short after an instructor's change.
    released.unlink()
    changed = source.read_text().replace("# Centring", "# Centring columns")
    source.write_text(changed)
    assert prepare.course_folder(place, course, [centring.SLUG]) == [centring.SLUG]
    assert source.read_text() == changed
    assert "# Centring columns" in released.read_text()
    # Nothing to do: nbgrader is not even started.
    monkeypatch.setattr(prepare.stock, "child", None)
    before = os.stat(released)
    assert prepare.course_folder(place, course, [centring.SLUG]) == []
    assert os.stat(released) == before


def test_only_the_chosen_assignments(tmp_path):
    course, place = small_course(tmp_path / "course"), Place(tmp_path / "hub")
    assert prepare.course_folder(place, course, []) == []
    assert not (place.course / "source").exists()
    with pytest.raises(AssignmentError, match="no assignment solutions/no-such"):
        prepare.course_folder(place, course, ["no-such"])
