"""A figure without alt text stops the build and is named; sizes come from the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from course_lib.site.figures import natural_size
from tests.site import books

SILENT = (
    books.HEADER
    + """# Page

```{code-cell}
1 + 1
```

```{code-cell}
from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>')
```

![](dot.svg)

```{mermaid}
flowchart LR
  A --> B
```
"""
)


def test_a_figure_without_alt_text_is_an_error_that_names_file_and_cell(tmp_path: Path) -> None:
    folder = books.write_book(tmp_path / "book", {"page.md": SILENT})
    dot = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>'
    (folder / "chapters" / "dot.svg").write_text(dot, encoding="utf8")
    result = books.build(folder)
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if "without alt text" in line]
    assert len(lines) == 3
    assert "page.md:13: WARNING: code cell 2: figure without alt text: give the cell the metadata" in lines[0]
    assert "page.md:16: WARNING: figure without alt text" in lines[1]
    assert "page.md:18: WARNING: diagram without alt text" in lines[2]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('<svg xmlns="http://www.w3.org/2000/svg" width="360pt" height="216pt"/>', (480, 288)),
        ('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="32px"/>', (64, 32)),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/>', None),
        ("no svg", None),
    ],
)
def test_size_of_an_svg(tmp_path: Path, text: str, size: tuple[int, int] | None) -> None:
    file = tmp_path / "a.svg"
    file.write_text(text, encoding="utf8")
    assert natural_size(file) == size


def test_size_of_a_raster_image(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    assert natural_size(tmp_path / "a.png") == (30, 20)
    (tmp_path / "b.png").write_bytes(b"no image")
    assert natural_size(tmp_path / "b.png") is None
