"""On paper a pair is two blocks, each under its heading."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.site import books


def test_pairs_are_headed_blocks(tmp_path: Path) -> None:
    folder = books.write_book(tmp_path / "book", {"alpha.md": books.ALPHA, "gamma.ipynb": books.gamma()})
    result = books.build(folder, "--builder", "latex")
    assert result.returncode == 0, result.stderr[-2000:]
    (file,) = (folder / "_build" / "latex").glob("*.tex")
    text = file.read_text(encoding="utf8")
    heads = re.findall(r"\\subsubsection\*\{(PyTorch|Keras)\}", text)
    assert heads == ["PyTorch", "Keras", "PyTorch", "Keras", "Keras", "PyTorch", "Keras"]
    for framework, side in [("PyTorch", "left"), ("Keras", "right")]:
        after = text[text.index(rf"\subsubsection*{{{framework}}}") :]
        assert after.index(f"{side} {framework.lower()}") < 900
    assert "Diagram: data flows from the input to the output" in text
    assert "course-downloads" not in text
    shutil.rmtree(folder)
