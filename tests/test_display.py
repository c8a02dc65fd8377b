"""`show_source` shows real source, with and without docstrings."""

from __future__ import annotations

import ast
import json.decoder

import pytest

from course_lib import display


class Shown:
    """What is shown.

    ```python
    Shown().twice(2)
    ```
    """

    def twice(self, x: int) -> int:
        """Two times x."""

        return 2 * x


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The bundles handed to IPython's display."""
    bundles: list[dict[str, str]] = []
    monkeypatch.setattr(display, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_bundle_has_highlighted_and_plain_source_with_its_file(shown: list[dict[str, str]]) -> None:
    display.show_source(display.source)
    (bundle,) = shown
    assert bundle["text/markdown"].startswith("`course_lib/display.py`\n\n```python\ndef source(")
    assert bundle["text/plain"] == "# course_lib/display.py\n" + display.source(display.source)


def test_a_fence_in_a_docstring_does_not_end_the_block(shown: list[dict[str, str]]) -> None:
    display.show_source(Shown)
    markdown = shown[0]["text/markdown"]
    assert "\n````python\n" in markdown
    assert markdown.endswith("\n````")


def test_docstrings_can_be_left_out() -> None:
    assert display.source(Shown, docstring=False) == (
        "class Shown:\n    def twice(self, x: int) -> int:\n        return 2 * x"
    )
    assert "Two times" in display.source(Shown.twice)


def test_source_without_docstrings_still_parses() -> None:
    ast.parse(display.source(json.decoder.JSONDecoder, docstring=False))


@pytest.mark.parametrize("thing", [len, 3])
def test_no_source_is_one_clear_line(thing: object) -> None:
    with pytest.raises(TypeError, match=r"no Python source for .*: pass a function or a class"):
        display.source(thing)  # type: ignore[arg-type]
