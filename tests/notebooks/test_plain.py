"""Prose of the generated notebooks: what MyST adds is said in plain Markdown."""

from __future__ import annotations

import nbformat
import pytest

from course_lib.notebooks import Project, read_source
from course_lib.notebooks.plain import citations, plain, plain_markdown

from .conftest import Write, cell

BIB = """@article{rosenblatt1958,
  author = {Rosenblatt, Frank},
  title = {The perceptron},
  year = {1958},
  doi = {10.1037/h0042519}
}
@inproceedings{vaswani2017,
  author = {Vaswani, Ashish and Shazeer, Noam and Parmar, Niki},
  year = 2017,
}
@book{two, author = "Ada {Lovelace} and Charles Babbage",
  year = {1843}, url = {https://example.org/notes}}
"""


def test_citations() -> None:
    found = citations(BIB)
    assert found["rosenblatt1958"] == "[Rosenblatt, 1958](https://doi.org/10.1037/h0042519)"
    assert found["vaswani2017"] == "Vaswani et al., 2017"
    assert found["two"] == "[Lovelace and Babbage, 1843](https://example.org/notes)"


CASES = {
    "label": ("(found-act-relu)=\n## ReLU\n\nText.", "## ReLU\n\nText."),
    "citation": ("It works {cite}`a`, see {cite:t}`a,b`.", "It works (Ada, 1843), see Ada, 1843; b."),
    "term": ("A {term}`neuron` and {ref}`this part <label>`.", "A neuron and this part."),
    "math role": ("So {math}`x^2` is.", "So $x^2$ is."),
    "own label": (
        "See [the rule](#found-rule) and [it](https://x.org/#y).",
        "See the rule and [it](https://x.org/#y).",
    ),
    "comment": ("a\n% not for readers\nb", "a\nb"),
    "note": ("```{note}\nOne {term}`word`.\n```", "> **Note**\n>\n> One word."),
    "admonition": (
        ":::{admonition} Predict, then run\n:class: tip\nTwo\n\nlines.\n:::",
        "> **Predict, then run**\n>\n> Two\n>\n> lines.",
    ),
    "answer": (
        ":::{dropdown} Answer\n$1 + 1$ is {term}`two`.\n:::\nAfter.",
        "<details>\n<summary>Answer</summary>\n\n$1 + 1$ is two.\n\n</details>\nAfter.",
    ),
    "nested": (
        "::::{admonition} Outer\n:::{note}\nInner.\n:::\nTail.\n::::\nAfter.",
        "> **Outer**\n>\n> > **Note**\n> >\n> > Inner.\n> Tail.\nAfter.",
    ),
    "same fence nested": (
        ":::{dropdown} A\n:::{note}\nB\n:::\nC\n:::\nD",
        "<details>\n<summary>A</summary>\n\n> **Note**\n>\n> B\nC\n\n</details>\nD",
    ),
    "math block": ("```{math}\n:label: eq\na = b\n```", "$$\na = b\n$$"),
    "mermaid": ("```{mermaid}\ngraph LR\n```", "```mermaid\ngraph LR\n```"),
    "figure": ("```{figure} a.svg\n:alt: A line.\nThe line.\n```", "![A line.](a.svg)\n\nThe line."),
    "code stays": ("```python\n(label)=\nx = {cite}`a`\n```", "```python\n(label)=\nx = {cite}`a`\n```"),
    "bibliography": ("Before\n\n```{bibliography}\n```\n", "Before"),
    "unknown": ("```{margin}\nAside.\n```", "Aside."),
    "plain": (
        "# Title\n\n* one\n* two :: `{x}`\n\n$$\ny\n$$",
        "# Title\n\n* one\n* two :: `{x}`\n\n$$\ny\n$$",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_markdown(case: str) -> None:
    text, expected = CASES[case]
    assert plain_markdown(text, {"a": "Ada, 1843"}) == expected


def test_a_label_alone_leaves_no_empty_cell(course: Project, write: Write) -> None:
    path = write("one", cell("x = 1"), "\n(a-label)=\n", cell("y = 2"))
    assert [c.cell_type for c in plain(read_source(path).nb, path, course.root).cells] == ["markdown"] + [
        "code"
    ] * 3


def test_links_lead_to_notebooks(course: Project, write: Write) -> None:
    write("two")
    (course.root / "chapters" / "list.md").write_text("# Plain page\n")
    text = "\nSee [two](two.md), [more](two.md#label), [list](../list.md), {doc}`two` and {download}`it <a.csv>`.\n"
    path = write("one", text, cell("x = '(label)='\nx"))
    source = read_source(path)
    nb = plain(source.nb, path, course.root)
    assert nb.cells[2].source == (
        "See [two](two.ipynb), [more](two.ipynb), [list](../list.md), [two](two.ipynb) and [it](a.csv)."
    )
    assert nb.cells[3].source == source.nb.cells[3].source
    assert [c.id for c in nb.cells] == [c.id for c in source.nb.cells]
    nbformat.validate(nb)
