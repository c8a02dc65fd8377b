"""People of the hub in a browser of their own: what they click and type, and what they see.

Every wait polls the page; nothing waits longer than `PATIENCE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.hub.running import wait_until

PATIENCE = 120_000
"""Milliseconds; a first kernel imports two frameworks, maybe on a busy machine."""

TALL: ViewportSize = {"width": 1280, "height": 2400}
"""JupyterLab draws only the cells that are in view."""

expect.set_options(timeout=PATIENCE)


class Person:
    """Somebody with a browser context of their own, and the page that they look at."""

    def __init__(self, browser: Browser, site: str, name: str, size: ViewportSize = TALL) -> None:
        self.name = name
        self.site = site
        self.context = browser.new_context(viewport=size, color_scheme="light")
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()

    @property
    def server(self) -> str:
        """The address of the person's own server."""
        return f"{self.site}/user/{self.name}"

    def log_in(self, password: str) -> None:
        """Fill in the hub's form; their server begins to start."""
        self.page.goto(f"{self.site}/hub/login")
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click(no_wait_after=True)

    def is_in_lab(self) -> None:
        """Wait until the hub has led to JupyterLab and its menus are there."""
        self.page.wait_for_url(f"{self.server}/lab**", wait_until="commit")
        self.menu("File").wait_for()

    def menu(self, name: str) -> Locator:
        """An entry of the menu bar or of the menu that is open."""
        return self.page.get_by_role("menuitem", name=name, exact=True)

    def choose(self, menu: str, entry: str) -> None:
        """Click an entry of a menu of JupyterLab."""
        self.menu(menu).click()
        self.menu(entry).click()

    def text(self) -> str:
        """What the page says."""
        return self.page.locator("body").inner_text()


class Student(Person):
    """A student in JupyterLab."""

    def open_assignments(self) -> None:
        """Show the Assignment List as it is now."""
        tab = self.page.get_by_role("tab", name="Assignments")
        # The list is drawn anew with the answer to its last request: nothing is to be clicked before that.
        with self.page.expect_response("**/assignments?course_id=*"):
            if tab.is_visible():
                tab.click()
                self.page.locator("#refresh_assignments_list").click()
            else:
                self.choose("Nbgrader", "Assignment List")
        for kind in ("released", "fetched", "submitted"):
            expect(self.page.locator(f"#{kind}_assignments_list_loading")).to_be_hidden()

    def listed(self, kind: str, assignment: str) -> Locator:
        """The row of an assignment among those `released`, `fetched` or `submitted`."""
        rows = self.page.locator(f"#{kind}_assignments_list > .list_item")
        return rows.filter(has=self.page.get_by_text(assignment, exact=True))

    def fetch(self, assignment: str) -> None:
        """Fetch a released assignment."""
        self.listed("released", assignment).get_by_role("button", name="Fetch").click()
        expect(self.listed("fetched", assignment)).to_be_visible()

    def open_notebook(self, assignment: str) -> None:
        """Open the notebook of a fetched assignment; its kernel begins to start."""
        row = self.listed("fetched", assignment)
        row.locator(".assignment-notebooks-link").click()
        row.get_by_role("link", name=assignment, exact=True).click()
        self.notebook.locator(".jp-CodeCell").first.wait_for()

    @property
    def notebook(self) -> Locator:
        """The open notebook."""
        return self.page.locator(".jp-NotebookPanel:visible")

    def write(self, cell: Locator, text: str) -> None:
        """Replace what stands in a cell."""
        editor = cell.locator(".cm-content")
        if not editor.is_visible():
            cell.dblclick()  # a rendered text cell
        editor.click()
        expect(editor).to_be_focused()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        # The cell may no longer be the one that `cell` describes.
        expect(self.notebook.locator(".cm-focused .cm-content")).to_have_text(text, use_inner_text=True)

    def answer(self, text: str) -> None:
        """Write a function into the code cell that defines it."""
        head = text.splitlines()[0]
        self.write(self.notebook.locator(".jp-CodeCell").filter(has_text=head).first, text)

    def answer_in_words(self, text: str, instead: str = "YOUR ANSWER HERE") -> None:
        """Write into the text cell that says `instead`."""
        cell = self.notebook.locator(".jp-MarkdownCell").filter(has_text=instead)
        self.write(cell, text)
        self.page.keyboard.press("Control+Enter")
        expect(self.notebook.locator(".jp-RenderedMarkdown").filter(has_text=text)).to_be_visible()

    def run_all(self) -> list[str]:
        """Run all cells when the kernel is ready, and wait until the last has run; returns what they printed."""
        expect(self.page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
        prompts = self.notebook.locator(".jp-CodeCell .jp-InputPrompt")
        done = int("0" + "".join(filter(str.isdigit, prompts.last.inner_text())))
        self.choose("Run", "Run All Cells")
        expect(prompts.last).to_have_text(f"[{done + prompts.count()}]:")
        return self.notebook.locator(".jp-OutputArea-output").all_inner_texts()

    def run_to(self, cell: Locator) -> None:
        """Run the cells up to this one when the kernel is ready, and wait until it has run."""
        expect(self.page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
        cell.locator(".jp-InputPrompt").click()
        self.choose("Run", "Run All Above Selected Cell")
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))

    def validate(self) -> str:
        """Press Validate, which also saves; returns the result that is shown."""
        self.notebook.get_by_role("button", name="Validate").click()
        return self.read_dialog()

    def read_dialog(self) -> str:
        """What the dialog says that opens; closes it."""
        dialog = self.page.get_by_role("dialog")
        said = dialog.inner_text()
        dialog.get_by_role("button", name="Ok").click()
        expect(dialog).to_be_hidden()
        return said

    def show_tab(self, name: str) -> None:
        """Bring a tab of JupyterLab to the front."""
        self.page.get_by_role("tab", name=name).click()

    def submit(self, assignment: str) -> list[str]:
        """Submit from the Assignment List; returns the times of all submissions, as they are shown."""
        before = self.submissions(assignment).count()
        self.listed("fetched", assignment).get_by_role("button", name="Submit").click()
        expect(self.submissions(assignment)).to_have_count(before + 1)
        return [text.strip() for text in self.submissions(assignment).all_inner_texts()]

    def submissions(self, assignment: str) -> Locator:
        """The rows of what was submitted."""
        return self.listed("submitted", assignment).locator(".nested_list_item")

    def read_test_results(self, points: str) -> str:
        """Look at what the hub's grading of submissions says, when it says so many `points`; in a tab of its own."""
        page = self.context.new_page()
        page.goto(f"{self.site}/services/grading/")
        expect(page.locator("main")).to_contain_text(points)
        said = page.locator("main").inner_text()
        page.close()
        return said

    def fetch_feedback(self, assignment: str) -> None:
        """Fetch the feedback of what was submitted."""
        row = self.listed("submitted", assignment)
        row.get_by_role("button", name="Fetch Feedback").click()
        expect(row.get_by_text("(view feedback)").first).to_be_visible()

    def read_feedback(self, assignment: str) -> str:
        """Open the newest feedback page of an assignment; returns what it says."""
        self.listed("submitted", assignment).get_by_text("(view feedback)").last.click()
        self.page.locator(".jp-DirListing-item").filter(has_text=f"{assignment}.html").dblclick()
        return self.page.frame_locator(".jp-HTMLViewer iframe").locator("main").text_content() or ""


class Instructor(Person):
    """An instructor, in formgrader's own tab and at the command line."""

    terminal: Page
    commands = 0
    """How many were typed."""

    def open_formgrader(self, path: str = "manage_assignments") -> None:
        """Open a page of formgrader and wait until its table is filled."""
        self.page.goto(f"{self.server}/formgrader/{path}")
        expect(self.page.get_by_text("Loading, please wait...")).to_have_count(0)

    def row(self, name: str) -> Locator:
        """The row of formgrader's table that has a cell with this text."""
        return self.page.get_by_role("row").filter(
            has=self.page.get_by_role("gridcell", name=name, exact=True)
        )

    def press(self, name: str, column: str) -> str:
        """Press the button in a column of a row; returns what formgrader reports, its log included."""
        self.row(name).locator(f"td.{column} a").click()
        with self._dialog() as dialog:
            said = dialog.inner_text()
            dialog.get_by_role("button", name="OK").click()
        return said

    def set_due_date(self, assignment: str, when: datetime) -> None:
        """Give an assignment a due date, to the second."""
        self.row(assignment).locator("td.edit a").click()
        with self._dialog() as dialog:
            dialog.locator(".modal-duedate").fill(when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
            dialog.locator(".modal-timezone").fill("+0000")
            dialog.get_by_role("button", name="Save").click()
        expect(self.row(assignment).locator("td.duedate")).to_contain_text(
            when.astimezone(UTC).strftime("%H:%M:%S")
        )

    @contextmanager
    def _dialog(self) -> Iterator[Locator]:
        dialog = self.page.locator(".modal.in")
        expect(dialog).to_have_css("opacity", "1")
        yield dialog
        expect(self.page.locator(".modal")).to_have_count(0)

    def open_terminal(self) -> None:
        """Open a terminal of JupyterLab, in a tab of its own."""
        self.terminal = self.context.new_page()
        self.terminal.goto(f"{self.server}/lab?reset")
        self.terminal.get_by_role("button", name="Terminal").click()
        self.terminal.locator(".xterm-helper-textarea").wait_for(state="attached")

    def type_command(self, command: str, folder: str = "course") -> str:
        """Type a command in the terminal, wait until it has ended and return what it printed.

        Fails with its output if it fails.
        """
        self.commands += 1
        output, status = (f"command-{self.commands}.{end}" for end in ("txt", "status"))
        self.terminal.locator(".xterm").click()
        self.terminal.keyboard.type(f"(cd ~/{folder} && {command}) > ~/{output} 2>&1; echo $? > ~/{status}\n")
        wait_until(lambda: self.read_file(status), f"{command} ends")
        said = self.read_file(output)
        assert self.read_file(status).strip() == "0", said
        return said

    def read_file(self, path: str) -> str:
        """The text of a file in the person's home; nothing when there is none."""
        answer = self.page.request.get(f"{self.server}/files/{path}")
        return answer.text() if answer.ok else ""

    def submissions_to_grade(self, assignment: str) -> dict[str, str]:
        """The addresses of formgrader's pages of the submissions, by student."""
        self.open_formgrader(f"gradebook/{assignment}/{assignment}")
        self.page.get_by_role("button", name="Show All Names").click()
        links = self.page.locator("td.name a.name-shown")
        return {link.inner_text(): str(link.get_attribute("href")) for link in links.all()}

    def grade_by_hand(self, submission: str, cell: str, points: float, comment: str) -> None:
        """Enter a mark and a comment for an answer on formgrader's page of a submission."""
        self.page.goto(self.site + submission)
        self.page.wait_for_function("formgrader.grades?.loaded && formgrader.comments?.loaded")
        self._save("grade", f"#{cell}", f"{points:g}")
        self._save("comment", f"#{cell}-comment", comment)

    def _save(self, kind: str, field: str, value: str) -> None:
        """Fill in a field and leave it: formgrader saves that."""
        with self.page.expect_response(
            lambda answer: f"/api/{kind}/" in answer.url and answer.request.method == "PUT"
        ) as saved:
            self.page.locator(field).fill(value)
            self.page.locator(field).blur()
        assert saved.value.ok
