"""What a grader and a student see of a result: in formgrader, on the feedback page, in the class's table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Browser
from traitlets.config import Config

from course_lib.grading.engine.model import Result
from course_lib.grading.records import summary
from tests.grading.attacks.task import BUNDLE

_COUNT = "window.count = 0; window.ran = () => { window.count += 1 }"
_PRESS = "document.querySelectorAll('a[href^=javascript]').forEach((link) => link.click())"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def formgrader_page(path: Path) -> str:
    """The page on which formgrader shows an autograded notebook."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    names = ("assignment_id", "notebook_id", "submission_id", "student", "last_name", "first_name")
    resources = {name: name for name in (*names, "base_url", "notebook_path")} | {"index": 0, "total": 1}
    page, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    return str(page)


def looked_at(browser: Browser, html: str) -> str:
    """What happens in a browser that shows a page, in words."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/*", lambda route: route.abort())
    page.add_init_script(_COUNT)
    page.goto("about:blank")
    page.set_content(html, wait_until="domcontentloaded")
    page.wait_for_function("[...document.images].every(i => i.complete)")
    page.evaluate(_PRESS)
    page.wait_for_timeout(100)
    scripts: int = page.evaluate("window.count")
    page.close()
    outside = sum("attacker.example" in url for url in asked)
    return f"{scripts} scripts ran, {outside} addresses of the attacker's asked"


def formulas(result: Result) -> str:
    """How many cells of the class's table a spreadsheet would take for formulas, in words."""
    text = summary.spreadsheet(BUNDLE, summary.rows(BUNDLE, [result]))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    return f"{sum(cell.startswith(_FORMULA) for cell in cells)} formulas in the class's table"
