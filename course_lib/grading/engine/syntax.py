"""What a notebook's code cells define and import, found without running them."""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Iterable
from functools import cache

from IPython.core.inputtransformer2 import TransformerManager

PRELOADED = (
    *("numpy", "PIL", "matplotlib", "scipy", "pandas", "sklearn", "skimage", "seaborn", "statsmodels"),
    *(
        "sympy",
        "networkx",
        "torch",
        "torchvision",
        "torchaudio",
        "jax",
        "tensorflow",
        "keras",
        "transformers",
    ),
    "course_lib",
)
"""Packages that are worth importing before a kernel is forked, in the order of import."""

_RUNNING = re.compile(r"\A\s*%%(?:time|capture|prun)\b.*\n|^[ \t]*%time[ \t]+", re.MULTILINE)
"""Magics that run the code they stand before, in the notebook's own namespace."""
_PLOTS = re.compile(r"^\s*%(matplotlib|pylab)\b", re.MULTILINE)
_OPTIMIZERS = re.compile(r"\boptim\b")


def as_python(source: str) -> str:
    """A cell with IPython's magics and shell lines turned into the calls they stand for."""
    try:
        return TransformerManager().transform_cell(_RUNNING.sub("", source))
    except SyntaxError:
        return source


@cache
def defined(source: str) -> frozenset[str]:
    """The names that a cell gives to later ones; imports are left out, and a cell that is not Python has none.

    Left out, because a library that an answer imports stays the author's own wherever the author's cells
    import it too.
    """
    code = as_python(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            top = symtable.symtable(code, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return frozenset()
    names = {s.get_name() for s in top.get_symbols() if s.is_assigned() and not s.is_imported()}
    return frozenset(names | _globals(top))


def _globals(table: symtable.SymbolTable) -> set[str]:
    """Names that functions assign with `global`."""
    found: set[str] = set()
    for inner in table.get_children():
        found |= {s.get_name() for s in inner.get_symbols() if s.is_declared_global() and s.is_assigned()}
        found |= _globals(inner)
    return found


def classes(source: str) -> frozenset[str]:
    """The classes that a cell defines for later ones."""
    return frozenset(node.name for node in _parsed(source).body if isinstance(node, ast.ClassDef))


def placeholders(source: str) -> frozenset[str]:
    """The names that a cell sets to nothing (`""`, `None`, `...`), for the student to fill in."""
    found = set()
    for node in _parsed(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            empty = node.value.value is None or node.value.value is ... or node.value.value == ""
            found |= {t.id for t in node.targets if isinstance(t, ast.Name) and empty}
    return frozenset(found)


def _parsed(source: str) -> ast.Module:
    """The syntax tree of a cell; an empty one where it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(as_python(source))
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def imported(sources: Iterable[str]) -> tuple[str, ...]:
    """The modules of PRELOADED packages that cells import anywhere, in the order in which to import them."""
    found: set[str] = set()
    steps = False
    for source in sources:
        for node in ast.walk(_parsed(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
        if _PLOTS.search(source):
            found.add("matplotlib")
        steps = steps or bool(_OPTIMIZERS.search(source))
    if "matplotlib" in found:
        found.add("matplotlib.pyplot")
    if steps and any(name.partition(".")[0] == "torch" for name in found):
        # The first step of an optimizer imports it: a second of CPU time in every kernel.
        found.add("torch._dynamo")
    order = {name: position for position, name in enumerate(PRELOADED)}
    wanted = [name for name in found if name.partition(".")[0] in order]
    return tuple(sorted(wanted, key=lambda name: (order[name.partition(".")[0]], name)))
