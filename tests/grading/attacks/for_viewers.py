"""Attempts on whoever looks at the results: in a browser, a terminal or a spreadsheet."""

# ruff: noqa: E501 -- attackers write long lines

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.grading.attacks.corpus import Attack, Work, wrong
from tests.grading.attacks.task import POINTS

_FULL: dict[str, Any] = {"honest_work": True, "score": POINTS, "shows": "views"}

_TEXT = (
    "<script>ran()</script>\n\n[press](javascript:ran()) <img src=x onerror=ran()>\n\n"
    "<div>\n<svg onload=ran()>\n</div>\n\n<iframe srcdoc='<script>parent.ran()</script>'></iframe>\n\n"
    '![x](http://attacker.example/pixel.png)\n\n<meta http-equiv="refresh" content="0;url=http://attacker.example/">'
)
_OUTPUT = """\
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
evil = "</pre><script>ran()</script><img src=x onerror=ran()><img src='http://attacker.example/pixel.png'>"
display(HTML(evil), Javascript("ran()"), Markdown(evil), Latex(evil), SVG(data=f"<svg onload='ran()'>{evil}</svg>"))
display({"text/html": evil, "application/javascript": "ran()", "text/plain": evil}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": evil}, "text/plain": evil}, raw=True)
print(evil)
"""
_MESSAGE = {
    "average": 'def average(values):\n    raise ValueError("</pre><script>ran()</script><img src=x onerror=ran()>")',
    "scale": "class Evil(Exception):\n    pass\nEvil.__name__ = '<script>ran()</script>'\ndef scale(values):\n    raise Evil('<svg onload=ran()>')",
}
_ESCAPES = """\
print("\\x1b[2J\\x1b[31mall marks\\x1b[0m \\x1b]0;title\\x07 full\\rpoints: 8", end="\\x08\\x08\\n")
print("\\u202efull marks\\u202c \\x9b31m done")
"""
_FORMULA = '=HYPERLINK("http://attacker.example/","marks")'


def _formula_name(folder: Path, student: str) -> None:
    Work().hand_in(folder, _FORMULA.replace("/", "_"), {}, {})


ATTACKS = [
    Attack(
        40,
        "text",
        "Scripts, frames and pictures from outside in an answer's text",
        "Bold words and a formula in an answer's text",
        Work({"why": _TEXT}),
        Work({"why": "**Every** value counts: $\\bar{x}$."}),
        **_FULL,
    ),
    Attack(
        40,
        "output",
        "HTML, JavaScript, SVG, Markdown and LaTeX as output",
        "A table and a figure as output",
        wrong(_OUTPUT),
        wrong("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        **_FULL,
    ),
    Attack(
        40,
        "message",
        "Scripts in messages and names of exceptions",
        "An exception with `<` in its message",
        Work(_MESSAGE),
        wrong("try:\n    raise ValueError('1 < 2')\nexcept ValueError as e:\n    print(e)"),
        shows="views",
    ),
    Attack(
        40,
        "code",
        "Scripts in the code of an answer",
        "A comment with `<b>` in it",
        Work(extra={"stack": "'''</pre></div><script>ran()</script>'''"}),
        Work(extra={"stack": "# <b>done</b>"}),
        **_FULL,
    ),
    Attack(
        41,
        "terminal",
        "Terminal escapes, overwritten lines and reordered text in output",
        "A progress bar",
        wrong(_ESCAPES),
        wrong("for n in range(3):\n    print(f'\\r{n}', end='')"),
        **{**_FULL, "shows": "printed"},
    ),
    Attack(
        41,
        "formula",
        "A spreadsheet formula as a message and in an answer's text",
        "A text that begins with a minus",
        Work({"average": f"def average(values):\n    raise ValueError('{_FORMULA}')", "why": _FORMULA}),
        Work({"why": "- first the mean"}),
        shows="table",
    ),
    Attack(
        41,
        "formula-name",
        "A spreadsheet formula as the student's name",
        "A name with an apostrophe",
        Work(place=_formula_name),
        Work(),
        shows="reason",
    ),
]
