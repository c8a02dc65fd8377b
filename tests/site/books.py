"""Small books to build in tests: plain Python in their cells, no framework, a few seconds each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from course_lib.notebooks.headers import is_notebook_text
from course_lib.notebooks.source import KERNELSPEC, read_source

REPOSITORY = Path(__file__).resolve().parents[2]

HEADER = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3}
---
"""

ALPHA = (
    HEADER
    + r"""# Alpha

A neuron decides: $y = \sigma(\mathbf{w}^\top\mathbf{x} + b)$, (with weights $w$) and
$\boldsymbol{\delta}$ is its error.

```{code-cell}
:tags: [parameters]
PROFILE = "quick"
SEED = 0
```

(a-label)=
## Pairs

```{code-cell}
:tags: [pytorch]
side = "left " + "pytorch"
print(side)
```

```{code-cell}
:tags: [keras]
side = "right " + "keras"
print(side)
```

Two cells on one side, one of them too long for a column.

```{code-cell}
:tags: [pytorch]
first = 1
```

```{code-cell}
:tags: [pytorch]
second = 2
```

```{code-cell}
:tags: [keras]
print("a line that is far too long for its column, so that it has to scroll sideways in there")
```

This step exists in one framework only.

```{code-cell}
:tags: [keras]
lonely = True
```

## A figure

```{code-cell}
---
mystnb: {image: {alt: "A line rises from left to right."}}
---
from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="240pt" height="120pt" viewBox="0 0 320 160">'
    '<path d="M10 150 310 10" stroke="black" stroke-width="4"/></svg>')
```

```{code-cell}
from course_lib.display import show_source
from course_lib.site.pairs import framework_of
show_source(framework_of)
```

```{code-cell}
:tags: [raises-exception]
import json
json.loads("{")
```

```{mermaid}
:alt: data flows from the input to the output
flowchart LR
  A[Input] -->|a label| B[Output]
```

```{code-cell}
from course_lib.claims import claim
claim("a-claim", "Everything is linear.", "One thing was not.", "refuted")
```

```{note}
Careful with `eps`.
```

:::{dropdown} Answer
Three.
:::
"""
)

BETA = (
    HEADER
    + """# Beta

```{code-cell}
:tags: [keras]
print("keras first")
```

```{code-cell}
:tags: [pytorch]
print("pytorch second")
```
"""
)


FOLKLORE = """# Folklore

What was measured.

```{folklore}
```
"""


def gamma() -> str:
    """A chapter whose source is a notebook file."""
    cells = [
        nbformat.v4.new_markdown_cell("# Gamma"),
        nbformat.v4.new_code_cell("print('notebook pytorch')", metadata={"tags": ["pytorch"]}),
        nbformat.v4.new_code_cell("print('notebook keras')", metadata={"tags": ["keras"]}),
    ]
    nb = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})
    return str(nbformat.writes(nb))


def configuration(**changes: object) -> dict[str, object]:
    """The course's own `_config.yml`, with paths that hold in another folder."""
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text(encoding="utf8"))
    config["logo"] = str(REPOSITORY / config["logo"])
    config["html"]["favicon"] = str(REPOSITORY / config["html"]["favicon"])
    config.pop("bibtex_bibfiles", None)
    return config | changes


def write_book(folder: Path, chapters: dict[str, str], **changes: object) -> Path:
    """Write a book with these chapters (name to text) into `folder`."""
    (folder / "chapters").mkdir(parents=True)
    (folder / "index.md").write_text("# A small book\n\nIt starts.\n", encoding="utf8")
    for name, text in chapters.items():
        (folder / "chapters" / name).write_text(text, encoding="utf8")
    notebooks = [name for name in chapters if is_notebook_text(folder / "chapters" / name)]
    for name in notebooks:  # the generated notebook beside it, as `course sync` leaves it
        nb = read_source(folder / "chapters" / name).nb
        nbformat.write(nb, (folder / "chapters" / name).with_suffix(".ipynb"))
    siblings = [f"chapters/{Path(name).stem}.ipynb" for name in notebooks]
    files = [{"file": f"chapters/{name}"} for name in chapters]
    toc = {"format": "jb-book", "root": "index", "parts": [{"caption": "Part", "chapters": files}]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf8")
    (folder / "_config.yml").write_text(
        yaml.safe_dump(configuration(exclude_patterns=siblings, **changes)), encoding="utf8"
    )
    return folder


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build a book as `make book` does."""
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(folder), "-W", "-n", "--keep-going", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def built(folder: Path, *options: str) -> Path:
    """Build a book that must build; the folder of its pages."""
    result = build(folder, *options)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return folder / "_build" / "html"
