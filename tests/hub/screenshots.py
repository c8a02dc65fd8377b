"""The guide's pictures of the hub, from a real hub and a real assignment: `python -m tests.hub.screenshots`."""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from course_lib.grading import source
from course_lib.grading.release import notebook_text
from tests.hub.people import Instructor, Person, Student
from tests.hub.running import REPOSITORY, Hub
from tests.site.browser import chromium

IMAGES = REPOSITORY / "instructor" / "images"
SLUG, OTHERS = "perceptron", ("backpropagation", "losses")
SIZE: ViewportSize = {"width": 1280, "height": 800}
COLOURS = 128
# The pictures are public: they show no reference answer and no hidden test.
TRY = "    return np.asarray(X, dtype=float) @ np.asarray(w, dtype=float)"
WORDS = (
    "A stops making mistakes, so a line separates it. C gets there as well, after many more passes.\n\n"
    "B goes up and down all the time. I would try other features."
)
COMMENT = "A good start. What do the 412 passes say about C, and what about *exactly one of three*?"


def look(page: Page, name: str) -> None:
    """Write what the page shows, with as many colours as a user interface needs."""
    page.mouse.move(1, 1)  # nothing is pointed at
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    target = IMAGES / f"hub-{name}.png"
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.relative_to(REPOSITORY)}  {target.stat().st_size / 1000:.0f} kB", flush=True)


def course(root: Path) -> None:
    """A course with some of the assignments."""
    (root / "chapters").mkdir(parents=True)
    for slug in (SLUG, *OTHERS):
        shutil.copytree(REPOSITORY / "solutions" / slug, root / "solutions" / slug)


def answers(wrong: str = "") -> dict[str, str]:
    """The reference's answers by grade_id, some replaced by those of a known mistake."""
    (path,) = source.find(REPOSITORY, [SLUG])
    assignment = source.load(path)
    found = {}
    for name, cell in assignment.cells().items():
        if source.is_solution(cell):
            lines = (line for line in cell.source.splitlines() if "### " not in line)
            found[name] = re.split(r"\n+Rubric:", "\n".join(lines))[0]
    for variant in assignment.wrong:
        if variant.path.stem == wrong:
            found |= variant.cells
    return found


def solve(hub: Hub, student: str, solved: dict[str, str]) -> None:
    """Fill in the fetched notebook."""
    path = hub.place.home(student) / SLUG / f"{SLUG}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = solved.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    path.write_text(notebook_text(notebook), encoding="utf-8")


def take(hub: Hub, browser: Browser) -> None:
    """Go through the whole flow and take the pictures on the way."""
    teacher = Instructor(browser, hub.url, "instructor", SIZE)
    ada, ben = (Student(browser, hub.url, name, SIZE) for name in ("ada", "ben"))
    teacher.page.goto(f"{hub.url}/hub/login")
    teacher.page.get_by_label("Username").fill("ada")
    look(teacher.page, "login")
    everybody: tuple[Person, ...] = (teacher, ada, ben)
    for person in everybody:
        person.log_in(hub.passwords[person.name])
    for person in everybody:
        person.is_in_lab()
    teacher.open_formgrader()
    teacher.set_due_date(SLUG, (datetime.now(UTC) + timedelta(days=7)).replace(hour=22, minute=0, second=0))
    work(hub, ada, ben)
    grading(ben, teacher)
    mark(teacher)
    ada.open_assignments()
    ada.fetch_feedback(SLUG)
    ada.read_feedback(SLUG)
    look(ada.page, "feedback")


def work(hub: Hub, ada: Student, ben: Student) -> None:
    """Ada and Ben fetch, solve and submit."""
    for student in (ada, ben):
        student.open_assignments()
        student.fetch(SLUG)
    ada.open_notebook(SLUG)
    solved = answers() | {"explain": WORDS}
    ada.answer(re.sub(r"    return .*", TRY, solved["neuron"]))
    ada.run_to(ada.notebook.locator(".jp-CodeCell").filter(has_text="Z = np.asarray(neuron").first)
    ada.notebook.get_by_text("AssertionError:").last.evaluate("(line) => line.scrollIntoView({block: 'end'})")
    look(ada.page, "lab-solve")
    ada.notebook.get_by_role("button", name="Save and create checkpoint").click()
    expect(ada.page.locator(".jp-mod-dirty")).to_have_count(0)
    solve(hub, "ada", solved)
    solve(hub, "ben", answers(wrong="forgets_the_bias"))
    for student in (ben, ada):
        student.open_assignments()
        student.submit(SLUG)
    ada.listed("fetched", SLUG).locator(".assignment-notebooks-link").click()
    look(ada.page, "assignments")


def grading(student: Student, teacher: Instructor) -> None:
    """What grading on submission shows when it has graded both."""
    for person, name, many in ((student, "student", 1), (teacher, "instructor", 2)):
        page = person.context.new_page()
        page.goto(f"{person.site}/services/grading/")
        graded = page.locator("main").get_by_text(re.compile(r"^\s*\d+ of 17 points\s*$"))
        expect(graded).to_have_count(many)
        look(page, f"grading-{name}")
        page.close()


def mark(teacher: Instructor) -> None:
    """Collect, grade, mark an answer and release the feedback."""
    teacher.open_formgrader()
    teacher.press(SLUG, "collect")
    look(teacher.page, "formgrader")
    teacher.open_terminal()
    teacher.type_command(f"course grade {SLUG} --course .")
    submissions = teacher.submissions_to_grade(SLUG)
    teacher.grade_by_hand(submissions["ben"], "explain", 2, "How often can C go wrong?")
    teacher.grade_by_hand(submissions["ada"], "explain", 1.5, COMMENT)
    # The end of the page only: above it are hidden tests.
    teacher.page.set_viewport_size({"width": SIZE["width"], "height": 512})
    teacher.page.get_by_role("heading", name="Explain").evaluate(
        "(title) => window.scrollTo(0, title.getBoundingClientRect().top + window.scrollY - 80)"
    )
    look(teacher.page, "manual")
    teacher.page.set_viewport_size(SIZE)
    teacher.type_command(f"course feedback {SLUG} --course .")
    teacher.open_formgrader()
    teacher.press(SLUG, "release-feedback")


def main() -> int:
    """Make all pictures."""
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        hub = Hub(Path(folder))
        course(hub.course)
        hub.start()
        try:
            with chromium() as browser:
                take(hub, browser)
        finally:
            if hub.process is not None:
                hub.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
