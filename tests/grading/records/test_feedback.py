"""What students read: that it helps, that it hides what is hidden, that nothing in it runs, that nbgrader takes it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeFetchFeedback, ExchangeReleaseFeedback
from nbgrader.utils import get_username
from playwright.sync_api import Browser
from traitlets.config import Config

from course_lib.grading.engine.model import FAILED, REFUSED, CellResult, NotebookResult, Result
from course_lib.grading.records import feedback, marks
from course_lib.grading.records.connection import GradebookError
from course_lib.grading.records.gradebook import Writer
from tests.grading.records import pupils
from tests.grading.records.pupils import Text
from tests.site import checks
from tests.site.browser import served

WRONG = "2 by 3 gives 6: did you multiply?"
ATTACK = "<script>alert('ran')</script><img src=x onerror=alert('ran')>"


def read(result: Result, given: marks.Marks | None = None) -> Text:
    known = None if given is None else {(result.student, "rectangles"): given}
    return Text(feedback.html(pupils.bundle(), result, known)["rectangles"])


def states(result: Result, given: marks.Marks | None = None) -> dict[str, tuple[str, float, float]]:
    (notebook,) = pupils.bundle().notebooks
    page = feedback.page(pupils.bundle(), result, notebook, given)
    return {task.title: (task.state, task.earned, task.points) for task in page.tasks}


def test_tasks_are_the_headings_with_what_each_gave() -> None:
    found = states(pupils.result(failing={"test_area": WRONG}))
    assert found == {
        "1. The area": ("failed", 0, 2),
        "2. The diagonal": ("passed", 3, 3),
        "3. Explain": ("waiting", 0, 1),
    }


def test_a_failing_task_says_why_and_what_to_do() -> None:
    page = read(pupils.result(failing={"test_area": WRONG}))
    assert "3 of 6 points so far" in page.text
    assert f"What to do next 1. The area: {WRONG}" in page.text
    assert "1 point still to come" in page.text
    assert "The visible part of the test" in page.text
    assert "More checks of the same kind" in page.text
    assert ("a", {"href": "#task-1"}) in [(tag, a) for tag, a in page.tags if tag == "a"]


def test_full_marks_leave_nothing_to_do() -> None:
    given = marks.Marks(scores={"test_area": 2.0, "test_diagonal": 3.0, "why": 1.0})
    page = read(pupils.result(), given)
    assert "6 of 6 points" in page.text
    assert "so far" not in page.text
    assert "Nothing: every task has full marks." in page.text


def test_an_untouched_task_is_not_called_wrong() -> None:
    answers = {k: v for k, v in pupils.ANSWERS.items() if k != "area"}
    done = pupils.result(failing={"test_area": "NotImplementedError"}, answers=answers)
    assert states(done)["1. The area"] == ("missing", 0, 2)
    assert f"1. The area: {feedback.UNANSWERED}" in read(done).text


def test_a_stub_line_left_in_an_answer_is_pointed_out() -> None:
    answers = pupils.ANSWERS | {"area": "def area(a, b):\n    a * b\n    raise NotImplementedError()"}
    page = read(pupils.result(failing={"test_area": "NotImplementedError"}, answers=answers))
    assert feedback.STILL_RAISES in page.text


def test_an_error_in_the_students_own_cell_is_shown() -> None:
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "x",
        "traceback": ["line 3", "NameError: x"],
    }
    page = read(pupils.result(failing={"test_area": "NameError: x"}, outputs={"area": [error]}))
    assert "Mend that first." in page.text
    assert "It stopped with an error: line 3 NameError: x" in page.text


def test_code_outputs_and_pictures_of_the_student_are_shown() -> None:
    own = CellResult(
        "code",
        "plot(area)",
        outputs=[
            pupils.stream("six\n"),
            pupils.display({"image/png": pupils.picture(), "text/plain": "<Figure>"}),
        ],
    )
    page = read(pupils.result(added={"test_area": own}))
    assert "A cell you added plot(area) It showed: six" in page.text
    (image,) = [attributes for tag, attributes in page.tags if tag == "img"]
    assert image == {
        "src": f"data:image/png;base64,{pupils.picture()}",
        "alt": "Figure 1 that this cell drew",
    }


@pytest.mark.parametrize(
    "output",
    [
        pupils.display({"image/png": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"}),
        pupils.display({"image/svg+xml": "<svg onload=alert(1)>"}),
        pupils.display({"text/html": ATTACK}),
        pupils.display({"image/png": '"><script>'}),
    ],
)
def test_outputs_that_are_not_what_they_say_are_not_shown(output: dict) -> None:
    page = read(pupils.result(outputs={"area": [output]}))
    assert not [tag for tag, _ in page.tags if tag == "img"]


@pytest.mark.parametrize(
    "message",
    [
        f"Traceback (most recent call last):\n  Cell 5, line 3\n    {pupils.HIDDEN_LINE}\nAssertionError: {WRONG}",
        f"{'-' * 40}\nAssertionError Traceback\n----> 3 {pupils.HIDDEN_LINE}\n\nAssertionError: {WRONG}",
    ],
)
def test_a_traceback_is_reduced_to_its_message(message: str) -> None:
    page = read(pupils.result(failing={"test_area": message}))
    assert f"1. The area: {WRONG}" in page.text
    assert "25.375" not in page.text


@pytest.mark.parametrize("quoted", [pupils.HIDDEN_LINE, repr([pupils.TEST_AREA])])
def test_hidden_tests_are_not_shown_wherever_they_turn_up(quoted: str) -> None:
    spy = CellResult("code", "print(In)", outputs=[pupils.stream(quoted)])
    page = read(
        pupils.result(
            failing={"test_area": f"got {quoted}", "test_diagonal": ""},
            outputs={"area": [pupils.stream(quoted)], "test_area": [pupils.stream(quoted)]},
            added={"test_area": spy},
        )
    )
    assert "25.375" not in page.text
    assert "not for other rectangles" not in page.text
    assert page.text.count(feedback.NEUTRAL) >= 2
    assert "This output is left out" in page.text


def test_a_line_that_the_student_wrote_too_is_no_secret() -> None:
    answers = pupils.ANSWERS | {"area": f"{pupils.ANSWERS['area']}\n{pupils.HIDDEN_LINE}"}
    page = read(pupils.result(answers=answers, outputs={"area": [pupils.stream(pupils.HIDDEN_LINE)]}))
    assert "This output is left out" not in page.text


def test_nothing_a_student_writes_becomes_markup() -> None:
    done = pupils.result(
        student=ATTACK,
        failing={"test_area": ATTACK},
        answers={
            "area": f"# {ATTACK}",
            "diagonal": pupils.ANSWERS["diagonal"],
            "why": f"{ATTACK}\n\n[a](javascript:alert(1)) [b](data:text/html,x) ![c](https://example.org/c.png)\n\n$<b>$",
        },
        outputs={"area": [pupils.stream(ATTACK)]},
        notes=[ATTACK],
    )
    page = read(done, marks.Marks(comments={"why": f"{ATTACK} [d](JavaScript:alert(1))"}))
    assert not {"script", "img", "iframe", "object", "embed", "form", "base", "link", "b"} & {
        t for t, _ in page.tags
    }
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not [a for _, a in page.tags if "src" in a]
    addresses = {a["href"] for _, a in page.tags if "href" in a}
    assert {a for a in addresses if not a.startswith("#task-")} == {"https://example.org/c.png"}
    assert page.text.count("<script>alert('ran')</script>") >= 6


def test_long_texts_are_shown_unparsed() -> None:
    long = "*<b>* " * 5000
    page = read(pupils.result(answers={"area": f"# {long}", "why": long}))
    assert not {"em", "b"} & {tag for tag, _ in page.tags}
    assert page.text.count("*<b>*") == 10_000


def test_a_long_output_is_cut() -> None:
    page = read(pupils.result(outputs={"area": [pupils.stream("x" * 50_000)]}))
    assert "(The rest of this output is left out.)" in page.text
    assert len(page.text) < 30_000


def test_link_definitions_are_text() -> None:
    page = read(pupils.result(answers=pupils.ANSWERS | {"why": "[1]: https://example.org\n\n[1]"}))
    assert "[1]: https://example.org [1]" in page.text


def test_the_policy_allows_only_the_pages_own_style() -> None:
    (policy,) = [a["content"] for _, a in read(pupils.result()).tags if a.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_marks_and_comments_of_people_and_the_late_penalty_are_told() -> None:
    given = marks.Marks(
        scores={"test_area": 1.5, "test_diagonal": 3.0, "why": 0.5},
        comments={"why": "Say *why*.", "area": "Neat."},
        penalty=1.0,
    )
    page = read(pupils.result(failing={"test_area": WRONG}), given)
    assert "4 of 6 points" in page.text
    assert "Handed in late: 1 point taken off." in page.text
    assert "A person's marks: 0.5 of 1 point." in page.text
    assert "Comment Say why." in page.text
    assert "Comment Neat." in page.text
    assert states(pupils.result(), given)["1. The area"] == ("partly", 1.5, 2)


@pytest.mark.parametrize(
    ("status", "advice"),
    [(REFUSED, "Download the assignment again"), (FAILED, "Your teacher's list shows this too.")],
)
def test_a_submission_that_was_not_graded_says_so(status: str, advice: str) -> None:
    whole = pupils.result(status=status, reason="it is not a notebook: <b>", notebooks=[])
    one = pupils.result()
    one.notebooks = [NotebookResult("rectangles", status, "it is not a notebook: <b>")]
    for done in (whole, one):
        page = read(done)
        assert "it is not a notebook: <b>" in page.text
        assert advice in page.text
        assert "0 of 6 points" in page.text
        assert "What to do next" not in page.text
        assert "1. The area" not in page.text
        seen = read(done, marks.Marks({"test_area": 1.0, "why": None}, {"test_area": "By hand."}))
        assert "1 of 6 points" in seen.text
        assert f"{feedback.UNGRADED} Comment By hand." in seen.text
        assert "2. The diagonal" not in seen.text


@pytest.mark.parametrize(
    ("timestamp", "said"),
    [
        ("2026-01-02T03:04:05+00:00", "handed in 2 January 2026, 03:04 UTC"),
        ("2026-01-02 03:04:05 UTC", "handed in 2026-01-02 03:04:05 UTC"),
        ("", "Feedback for ann 5 of 6"),
    ],
)
def test_the_time_of_handing_in_is_readable(timestamp: str, said: str) -> None:
    assert said in read(replace(pupils.result(), timestamp=timestamp)).text


def test_a_note_is_said_once() -> None:
    done = replace(
        pupils.result(notes=["cells were moved"]), notes=["a link was left out", "cells were moved"]
    )
    assert read(done).text.count("cells were moved") == 1


def test_one_notebook_that_failed_does_not_speak_for_the_other() -> None:
    (notebook,) = pupils.bundle().notebooks
    both = replace(pupils.bundle(), notebooks=(notebook, replace(notebook, name="other")))
    done = pupils.result(status=FAILED, reason="the kernel was lost")
    done.notebooks.append(NotebookResult("other", FAILED, "the kernel was lost"))
    found = feedback.html(both, done)
    assert "the kernel was lost" not in found["rectangles"]
    assert "the kernel was lost" in found["other"]


def test_a_broken_marker_shows_no_test_at_all() -> None:
    (notebook,) = pupils.bundle().notebooks
    cells = [
        replace(c, source=c.source.replace("### END HIDDEN TESTS", ""), released=None) for c in notebook.cells
    ]
    bundle = replace(pupils.bundle(), notebooks=(replace(notebook, cells=tuple(cells)),))
    page = Text(feedback.html(bundle, pupils.result(failing={"test_area": "no"}))["rectangles"])
    assert "25.375" not in page.text
    assert "did you multiply" not in page.text


def test_the_gradebook_is_read(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/gradebook.db"
    with Writer(address) as gradebook:
        gradebook.write(pupils.result(failing={"test_area": WRONG}), pupils.bundle())
        gradebook.write(pupils.result("bob"), pupils.bundle())
    with Gradebook(address) as people:
        grade = people.find_grade("why", "rectangles", "rectangles", "ann")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.5, 0.25, False
        people.find_comment("why", "rectangles", "rectangles", "ann").manual_comment = "Nearly."
        people.find_submission_notebook("rectangles", "rectangles", "ann").late_submission_penalty = 0.5
        people.db.commit()
    both = marks.read(address, "rectangles")
    assert both["ann", "rectangles"] == marks.Marks(
        {"test_area": 0.0, "test_diagonal": 3.0, "why": 0.75}, {"why": "Nearly."}, 0.5
    )
    assert both["bob", "rectangles"] == marks.Marks({"test_area": 2.0, "test_diagonal": 3.0, "why": None})
    assert marks.read(address, "rectangles", "ann") == {("ann", "rectangles"): both["ann", "rectangles"]}
    assert marks.read(address, "another") == {}


def test_what_is_no_gradebook_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for name, reason in (("empty.db", "is not a gradebook"), ("none.db", "there is no gradebook")):
        with pytest.raises(GradebookError, match=reason) as caught:
            marks.read(f"sqlite:///{tmp_path}/{name}", "rectangles")
        assert "\n" not in str(caught.value)


def test_the_secret_is_the_submissions_or_is_drawn_once(tmp_path: Path) -> None:
    file = tmp_path / "ann" / "rectangles" / feedback.SECRET

    def written(secret: bytes = b"") -> str:
        feedback.write(pupils.bundle(), pupils.result(), tmp_path, secret=secret)
        return file.read_text(encoding="utf-8")

    drawn = written()
    assert len(drawn) == 128
    assert written() == drawn
    for useless in (b"short", b"x" * 5000, b"\xff" * 40, b"../../../etc/passwd \n more"):
        assert written(useless) == drawn
    assert written(b"0123456789abcdef" * 8 + b"\n") == "0123456789abcdef" * 8


def test_nbgrader_releases_and_fetches_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course, exchange, cache, home = (tmp_path / name for name in ("course", "exchange", "cache", "home"))
    for folder in (course, exchange, home):
        folder.mkdir()
    exchange.chmod(0o777)
    student, secret, time = get_username(), "5ec2e7" * 20, "2026-01-02 03:04:05 UTC"
    done = pupils.result(student)
    (page,) = feedback.write(pupils.bundle(), done, course / feedback.FOLDER, secret=secret.encode())
    feedback.write(pupils.bundle(), pupils.result("zoe"), course / feedback.FOLDER)
    handed_in = cache / "geometry" / f"{student}+rectangles+{time}"
    handed_in.mkdir(parents=True)
    (handed_in / "rectangles.ipynb").write_text("{}", encoding="utf-8")
    (handed_in / "submission_secret.txt").write_text(secret, encoding="utf-8")

    monkeypatch.chdir(home)
    config = Config()
    config.CourseDirectory.update(root=str(course), course_id="geometry", assignment_id="rectangles")
    config.Exchange.update(root=str(exchange), cache=str(cache), assignment_dir=str(home))
    for step in (ExchangeReleaseFeedback, ExchangeFetchFeedback):
        parts = {"coursedir": CourseDirectory(config=config), "authenticator": Authenticator(config=config)}
        step(**parts, config=config, log=logging.Logger("quiet", logging.CRITICAL)).start()
    fetched = home / "rectangles" / "feedback" / time / "rectangles.html"
    assert fetched.read_bytes() == page.read_bytes()
    assert len(list((exchange / "geometry" / "feedback").glob("*.html"))) == 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of a good, a bad, a hostile and a refused submission."""
    root = tmp_path_factory.mktemp("pages")
    picture = pupils.display({"image/png": pupils.picture()})
    bad = {"test_area": WRONG, "test_diagonal": "NotImplementedError"}
    stub = {"area": pupils.ANSWERS["area"], "why": ATTACK + "\n\n![x](https://example.org/x.png)"}
    for done in (
        pupils.result("good"),
        pupils.result(
            "bad", bad, stub, {"area": [pupils.stream("six"), picture]}, notes=["cells were moved"]
        ),
        pupils.result("hostile", {"test_area": ATTACK}, {"area": ATTACK}, {"area": [pupils.stream(ATTACK)]}),
        pupils.result("refused", status=REFUSED, reason="nothing was handed in", notebooks=[]),
    ):
        feedback.write(pupils.bundle(), done, root)
    return root


@pytest.mark.parametrize("viewport", checks.VIEWPORTS)
@pytest.mark.parametrize("scheme", checks.SCHEMES)
def test_pages_are_accessible(folder: Path, browser: Browser, scheme: checks.Scheme, viewport: str) -> None:
    with served(folder) as address:
        for student in ("good", "bad", "refused"):
            page = f"{address}{student}/rectangles/rectangles.html"
            assert checks.accessibility(browser, page, scheme, checks.VIEWPORTS[viewport]) == []


def test_pages_fit_a_phone_load_nothing_and_run_nothing(folder: Path, browser: Browser) -> None:
    with served(folder) as address:
        for student in ("good", "bad", "hostile"):
            name = f"{student}/rectangles/rectangles.html"
            seen = checks.traffic(browser, address, name)
            assert seen.foreign == []
            assert [line for line in seen.complaints if "favicon" not in line] == []
            page = browser.new_page(viewport=checks.PHONE)
            page.add_init_script("window.alert = () => { window.ran = true; };")
            page.goto(address + name)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.ran") is None
            assert page.evaluate("document.documentElement.scrollWidth") <= checks.PHONE["width"]
            page.close()


def test_a_doubtful_time_is_no_news_for_the_student() -> None:
    result = pupils.result()
    result.notes = ["timestamp.txt says a time 3 days before the files' own", "a link was left out"]
    page = read(result)
    assert "a link was left out" in page.text
    assert "timestamp.txt" not in page.text
