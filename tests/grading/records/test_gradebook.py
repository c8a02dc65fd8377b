"""The gradebook's single writer, in SQLite and in PostgreSQL."""

import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader import api
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import create_engine, text
from traitlets.config import Config

from course_lib.grading.engine.model import Bundle
from course_lib.grading.records import connection
from course_lib.grading.records.connection import GradebookError
from course_lib.grading.records.gradebook import Writer, rows
from tests import databases
from tests.grading.records import examples


def write(db_url: str, *results: object, bundle: Bundle | None = None, **options: object) -> None:
    with Writer(db_url, **options) as gradebook:
        for result in results:
            gradebook.write(result, bundle or examples.bundle())


def write_many(gradebook: Writer, number: int) -> None:
    for student in range(number):
        gradebook.write(examples.result(f"student{student}"), examples.bundle())


def marks(db_url: str, student: str = "ann") -> dict[str, tuple]:
    """(auto_score, needs_manual_grade, auto_comment) by cell."""
    return {
        row["cell"]: (row["auto_score"], row["needs_manual_grade"], row["auto_comment"])
        for row in rows(db_url, "adding")
        if row["student"] == student
    }


GOOD = {
    "total": (None, None, None),
    "test_total": (3.0, False, None),
    "why": (None, True, None),
    "draw": (None, True, None),
    "more": (None, None, None),
    "test_more": (1.0, False, None),
}


def test_scores_and_flags_are_nbgraders(db_url: str) -> None:
    write(db_url, examples.result())
    assert marks(db_url) == GOOD


def test_an_untouched_answer_is_no_response(db_url: str) -> None:
    write(db_url, examples.result(scores={"test_total": 0.0, "test_more": 0.5}, answers={}))
    assert marks(db_url) == {
        "total": (None, None, "No response."),
        "test_total": (0.0, False, None),
        "why": (0.0, False, "No response."),
        "draw": (None, True, None),
        "more": (None, None, "No response."),
        "test_more": (0.5, False, None),
    }


def test_grading_again_leaves_nothing_of_the_first_time(db_url: str) -> None:
    early = examples.result(answers={}, timestamp="2026-03-01T10:00:00+00:00")
    write(db_url, early, examples.result(), examples.result())
    assert marks(db_url) == GOOD
    assert {row["timestamp"] for row in rows(db_url, "adding")} == {None}


def test_a_test_that_is_gone_from_the_second_result_loses_its_score(db_url: str) -> None:
    again = examples.result()
    again.notebooks[1].cells = [cell for cell in again.notebooks[1].cells if cell.grade_id != "test_total"]
    write(db_url, examples.result(), again)
    assert marks(db_url)["test_total"] == (None, True, None)


def test_what_a_person_entered_stays(db_url: str) -> None:
    write(db_url, examples.result())
    with api.Gradebook(db_url, "") as gradebook:
        for name in ("test_total", "draw"):
            grade = gradebook.find_grade(name, "sums", "adding", "ann")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 1.0, False
        gradebook.find_comment("why", "sums", "adding", "ann").manual_comment = "Nicely put."
        gradebook.find_submission_notebook("sums", "adding", "ann").flagged = True
        gradebook.db.commit()
    write(db_url, examples.result(scores={"test_total": 0.0}))
    found = {row["cell"]: row for row in rows(db_url, "adding")}
    assert (found["test_total"]["auto_score"], found["test_total"]["manual_score"]) == (0.0, 2.5)
    assert (found["test_total"]["score"], found["test_total"]["needs_manual_grade"]) == (3.5, True)
    assert (found["draw"]["score"], found["draw"]["needs_manual_grade"]) == (3.5, False)
    assert found["why"]["manual_comment"] == "Nicely put."
    with api.Gradebook(db_url, "") as gradebook:
        assert gradebook.find_submission_notebook("sums", "adding", "ann").flagged


def test_an_unreadable_submission_has_zeros_and_waits_for_a_person(db_url: str) -> None:
    write(db_url, examples.result(), examples.unreadable())
    graded = {name for name, kept in marks(db_url).items() if kept == (0.0, True, None)}
    assert graded == {"test_total", "why", "draw", "test_more"}


def test_a_submission_that_we_lost_has_no_scores_and_waits_for_a_person(db_url: str) -> None:
    write(db_url, examples.result(), examples.lost())
    graded = {name for name, kept in marks(db_url).items() if kept == (None, True, None)}
    assert graded == {"test_total", "why", "draw", "test_more"}


def test_a_notebook_that_was_not_handed_in_is_zero_as_with_nbgrader(db_url: str) -> None:
    partly = examples.result()
    del partly.notebooks[0]
    write(db_url, partly)
    assert marks(db_url) == GOOD | {"test_more": (0.0, False, None)}


@pytest.mark.parametrize(
    ("timestamp", "penalty"),
    [("2026-03-01 12:00:00 UTC", None), ("2026-03-01T14:00:01+01:00", 1.0), ("", None)],
)
def test_the_plugin_gives_late_penalties(db_url: str, timestamp: str, penalty: float | None) -> None:
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    with Writer(db_url, config=config) as gradebook:
        gradebook.add_assignment(examples.bundle())
    with api.Gradebook(db_url, "") as gradebook:
        gradebook.update_or_create_assignment("adding", duedate="2026-03-01 13:00:00 UTC")
    write(db_url, examples.result(timestamp=timestamp), config=config)
    assert {
        row["late_submission_penalty"] for row in rows(db_url, "adding") if row["notebook"] == "more"
    } == {penalty}


class Strange(LateSubmissionPlugin):
    """Gives impossible penalties: below zero for Ann, above the score for others."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        return -1.0 if student_id == "ann" else score + 1.0


def test_a_penalty_stays_between_zero_and_the_score(db_url: str) -> None:
    config = Config()
    config.AssignLatePenalties.plugin_class = f"{__name__}.Strange"
    write(db_url, config=config)
    with Writer(db_url) as gradebook:
        gradebook.add_assignment(examples.bundle())
    with api.Gradebook(db_url, "") as gradebook:
        gradebook.update_or_create_assignment("adding", duedate="2026-03-01 13:00:00 UTC")
    late = {"timestamp": "2026-03-02 13:00:00 UTC"}
    write(db_url, examples.result(**late), examples.result("bob", **late), config=config)
    found = {
        (row["student"], row["notebook"]): row["late_submission_penalty"] for row in rows(db_url, "adding")
    }
    assert found == {("ann", "more"): 0.0, ("ann", "sums"): 0.0, ("bob", "more"): 1.0, ("bob", "sums"): 3.0}


def test_changed_points_reach_the_gradebook(db_url: str) -> None:
    write(db_url, examples.result())
    other = examples.bundle(points=5)
    write(db_url, examples.result(of=other), bundle=other)
    found = {row["cell"]: (row["auto_score"], row["max_score"]) for row in rows(db_url, "adding")}
    assert found["test_total"] == (5.0, 5.0)


def test_other_cells_are_refused_once_there_are_submissions(db_url: str) -> None:
    def without(name: str) -> Bundle:
        old = examples.bundle()
        first, second = old.notebooks
        kept = tuple(cell for cell in second.cells if cell.grade_id != name)
        return replace(old, notebooks=(first, replace(second, cells=kept)))

    with Writer(db_url) as gradebook:
        gradebook.add_assignment(examples.bundle())
        gradebook.add_assignment(without("test_total"))
        gradebook.write(examples.result(of=without("test_total")), without("test_total"))
        before = rows(db_url, "adding")
        with pytest.raises(
            GradebookError, match=r"cells were added to or removed from 'adding/sums'"
        ) as caught:
            gradebook.write(examples.result(), examples.bundle())
    assert "\n" not in str(caught.value)
    assert rows(db_url, "adding") == before


def test_a_transaction_is_all_or_nothing(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(db_url, examples.result())
    before = rows(db_url, "adding")

    def fail(self: Writer, *args: object) -> None:
        raise RuntimeError("half way")

    late = examples.result(scores={"test_total": 0.0})
    monkeypatch.setattr(Writer, "_penalise", fail)
    with pytest.raises(RuntimeError, match="half way"):
        write(db_url, late)
    assert rows(db_url, "adding") == before


def test_a_second_writer_gets_one_line(db_url: str) -> None:
    with Writer(db_url):
        with pytest.raises(GradebookError) as caught:
            write(db_url)
        assert f"is being written by process {os.getpid()} on" in str(caught.value)
        assert "\n" not in str(caught.value)
        # Those who read, and formgrader, are let in.
        assert rows(db_url, "adding") == []
    write(db_url)


def _hold(db_url: str, ready: object) -> None:
    with Writer(db_url):
        ready.set()
        signal.pause()


def test_a_killed_writer_leaves_no_lock(db_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(db_url, ready))
    holder.start()
    try:
        assert ready.wait(60)
        with pytest.raises(GradebookError, match=f"process {holder.pid} on"):
            write(db_url)
    finally:
        holder.kill()
        holder.join()
    write(db_url, examples.result())
    assert marks(db_url) == GOOD


def test_a_lost_connection_costs_nothing(postgres: databases.Postgres) -> None:
    db_url = postgres.new_database()
    with Writer(db_url) as gradebook:
        for number in range(6):
            gradebook.write(examples.result(f"s{number}"), examples.bundle())
            assert postgres.disconnect(db_url) == 1
    assert {row["student"] for row in rows(db_url, "adding")} == {f"s{number}" for number in range(6)}
    assert all(marks(db_url, f"s{number}") == GOOD for number in range(6))


def test_a_connection_lost_in_the_middle_of_a_transaction(
    postgres: databases.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    db_url = postgres.new_database()
    cut, real = [], Writer._write

    def cutting(self: Writer, *args: object) -> None:
        real(self, *args)
        if len(cut) < 3:
            cut.append(postgres.disconnect(db_url))

    monkeypatch.setattr(Writer, "_write", cutting)
    write(db_url, examples.result())
    assert cut == [1, 1, 1]
    assert marks(db_url) == GOOD


def test_a_server_that_restarts_is_waited_for(postgres: databases.Postgres) -> None:
    db_url = postgres.new_database()
    with Writer(db_url) as gradebook:
        gradebook.write(examples.result("one"), examples.bundle())
        postgres.stop()
        starter = threading.Timer(0.5, postgres.start)
        starter.start()
        gradebook.write(examples.result("two"), examples.bundle())
        starter.join()
    assert {row["student"] for row in rows(db_url, "adding")} == {"one", "two"}


def test_a_server_that_stays_away_is_one_line(
    postgres: databases.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ATTEMPTS", 3)
    db_url = postgres.new_database()
    with Writer(db_url) as gradebook:
        gradebook.write(examples.result("one"), examples.bundle())
        postgres.stop()
        try:
            with pytest.raises(GradebookError, match=r"gradebook postgresql\+psycopg://.* failed") as caught:
                gradebook.write(examples.result("two"), examples.bundle())
        finally:
            postgres.start()
    assert "\n" not in str(caught.value)
    assert caught.value.code == 1


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    db_url = f"sqlite:///{tmp_path}/gradebook.db"
    write(db_url, examples.result())
    before = rows(db_url, "adding")
    with Writer(db_url) as gradebook:
        gradebook._connection.transaction(lambda session: session.execute(text("PRAGMA max_page_count = 1")))
        with pytest.raises(GradebookError, match="disk is full: free some room") as caught:
            write_many(gradebook, 2000)
    assert (caught.value.code, "\n" in str(caught.value)) == (1, False)
    after = [row for row in rows(db_url, "adding") if row["student"] == "ann"]
    assert after == before
    write(db_url, examples.result("zoe"))


def test_a_gradebook_of_nbgrader_itself_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    db_url = f"sqlite:///{tmp_path}/gradebook.db"
    with api.Gradebook(db_url, "") as gradebook:
        gradebook.add_student("ann", first_name="Ann", last_name="Other")
    write(db_url, examples.result())
    with api.Gradebook(db_url, "") as gradebook:
        assert gradebook.find_student("ann").first_name == "Ann"
        (submission,) = gradebook.submission_dicts("adding")
    assert (submission["score"], submission["max_score"], submission["needs_manual_grade"]) == (4, 10, True)


def test_our_new_gradebook_has_nbgraders_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    ours, theirs = (f"sqlite:///{tmp_path}/{name}.db" for name in ("ours", "theirs"))
    write(ours)
    api.Gradebook(theirs, "").close()
    found = []
    for url in (ours, theirs):
        engine = create_engine(url)
        with engine.connect() as opened:
            schema = set(
                opened.scalars(text("SELECT sql FROM sqlite_master WHERE name != 'alembic_version'"))
            )
            found.append((schema, opened.scalar(text("SELECT version_num FROM alembic_version"))))
        engine.dispose()
    assert found[0] == found[1]


def test_an_old_gradebook_is_one_line(tmp_path: Path) -> None:
    db_url = f"sqlite:///{tmp_path}/gradebook.db"
    write(db_url)
    engine = create_engine(db_url)
    with engine.begin() as opened:
        opened.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    engine.dispose()
    with pytest.raises(GradebookError, match="nbgrader db upgrade"):
        write(db_url)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("gradebook.db", "is not the address of a gradebook"),
        ("mysql://host/name", "'mysql' is not supported: use sqlite or postgresql"),
        ("sqlite://", "needs a file"),
        ("sqlite:////nowhere/at/all/gradebook.db", "/nowhere/at/all cannot be written: No such file"),
        ("postgresql+nothing://host/name", r"no driver for postgresql\+nothing://host/name"),
        ("postgresql://user:secret@127.0.0.1:1/name", r"postgresql\+psycopg://user:\*\*\*@127.0.0.1:1/name"),
    ],
)
def test_a_bad_address_is_one_line(address: str, said: str) -> None:
    with pytest.raises(GradebookError, match=said) as caught:
        write(address)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_gradebook_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_text("something else, and long enough to look like a header")
    with pytest.raises(GradebookError, match=r"file is not a database.*is it a gradebook") as caught:
        write(f"sqlite:///{path}")
    assert "\n" not in str(caught.value)


def test_reading_a_gradebook_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="there is no gradebook"):
        rows(f"sqlite:///{tmp_path}/gradebook.db", "adding")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("student", ["", "a" * 129, "a\0b"])
def test_an_impossible_student_is_one_line(db_url: str, student: str) -> None:
    with pytest.raises(GradebookError, match="has no room for a student"):
        write(db_url, examples.result(student))
    assert rows(db_url, "adding") == []


def test_a_result_of_another_bundle_is_refused(db_url: str) -> None:
    with pytest.raises(GradebookError, match="belongs to another version"):
        write(db_url, examples.result(of=examples.bundle(points=7)))


def test_a_time_that_is_none_is_one_line(db_url: str) -> None:
    with pytest.raises(GradebookError, match="has no usable time: 'yesterday-ish'"):
        write(db_url, examples.result(timestamp="yesterday-ish"))
