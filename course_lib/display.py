"""Shows library source in a chapter, as highlighted code on the page and in the notebook."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

from IPython.display import display

_PACKAGE_ROOT = Path(__file__).resolve().parent.parent


def show_source(*objects: Callable[..., object], docstring: bool = True) -> None:
    """Display the source of functions, classes or methods, each under the file it stands in.

    The output is Markdown with a fenced Python block, which Sphinx, JupyterLab, Colab and VS Code
    highlight in their own light and dark colours; a plain-text form goes with it.
    `docstring=False` leaves the docstrings out, for when the chapter's text already says what they say.

    Raises `TypeError` where Python has no source to show (built-ins, C extensions, values).
    """
    markdown, plain = [], []
    for obj in objects:
        name, code = _location(obj), source(obj, docstring=docstring)
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
        markdown.append(f"`{name}`\n\n{fence}python\n{code}\n{fence}")
        plain.append(f"# {name}\n{code}")
    bundle = {"text/markdown": "\n\n".join(markdown), "text/plain": "\n\n".join(plain)}
    display(bundle, raw=True)


def source(obj: Callable[..., object], *, docstring: bool = True) -> str:
    """The source text of a function, class or method, without surrounding indentation or blank lines."""
    try:
        text = textwrap.dedent(inspect.getsource(obj)).strip()
    except (TypeError, OSError) as error:
        raise TypeError(f"show_source: no Python source for {obj!r}: pass a function or a class") from error
    return text if docstring else _without_docstrings(text)


def _location(obj: Callable[..., object]) -> str:
    """The file of `obj`, relative to the repository where it is inside it, else its module name."""
    path = Path(inspect.getsourcefile(obj) or "").resolve()
    if path.is_relative_to(_PACKAGE_ROOT / "course_lib"):
        return path.relative_to(_PACKAGE_ROOT).as_posix()
    return obj.__module__


def _without_docstrings(text: str) -> str:
    lines = text.splitlines()
    drop: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(node) is None or len(node.body) == 1:
            continue
        end = node.body[0].end_lineno or node.body[0].lineno
        while end < len(lines) and not lines[end].strip():  # the blank lines after it go with it
            end += 1
        drop.update(range(node.body[0].lineno, end + 1))
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in drop)
