"""Check text notebooks before anything runs: each finding is one line with file, line and cell."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course_lib.notebooks.errors import CourseError, Problem
from course_lib.notebooks.headers import is_notebook_text
from course_lib.notebooks.layout import Project
from course_lib.notebooks.projections import project
from course_lib.notebooks.source import Source, read_source, tags

KNOWN_TAGS = frozenset(
    {
        "parameters",
        "pytorch",
        "keras",
        "parity",
        "no-twin",
        "nbval-check-output",
        "raises-exception",
        "hide-input",
        "hide-output",
        "hide-cell",
        "remove-input",
        "remove-output",
        "remove-cell",
        "remove-stderr",
        "output_scroll",
        "full-width",
        "margin",
    }
)
ALLOWED_PARTS = frozenset(
    {"data", "from_scratch", "pytorch", "keras", "parity", "plots", "claims", "display"}
)  # what a chapter may import from course_lib
FOREIGN = {  # course_lib.parity is no entry: it loads a hall when it meets one of its models
    "pytorch": {"torch", "torchvision", "course_lib.pytorch"},
    "keras": {"keras", "tensorflow", "course_lib.keras"},
}
PAIR_WIDTH = 72
CELL_LINES = 30
_CELL_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*\{code-cell\}")


def lint_pages(project_: Project, paths: Iterable[Path]) -> tuple[list[Source], list[Problem]]:
    """Read and check chapters; a chapter that cannot be read is a problem, not an exception."""
    sources: list[Source] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            source = read_source(path, project_.root)
        except CourseError as error:
            problems.append(_from_message(str(error)))
            continue
        sources.append(source)
        problems.extend(lint(source))
    return sources, sorted(problems)


def lint_headers(project_: Project) -> list[Problem]:
    """Pages with code cells but no notebook header: they would be shown and never run."""
    problems = []
    for path in project_.pages():
        if is_notebook_text(path):
            continue
        for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
            if _CELL_FENCE.match(line):
                message = "a code-cell that never runs: the file has no jupytext header (format_name: myst)"
                problems.append(Problem(project_.name(path), number, None, message))
                break
    return problems


def lint(source: Source) -> list[Problem]:
    """All findings in one chapter, in the order of the file."""
    found = [
        *_header(source),
        *_nested_cells(source),
        *_tags(source),
        *_syntax(source),
        *_parameters(source),
        *_twins(source),
        *_shape(source),
        *_imports(source),
        *_projections(source),
    ]
    return sorted(found)


def python(cell: NotebookNode) -> str:
    """The cell as plain Python: magics and shell lines become function calls on the same lines."""
    return TransformerManager().transform_cell(cell.source)


def _from_message(message: str) -> Problem:
    name, line, rest = message.split(":", 2)
    return Problem(name, int(line), None, rest.strip())


def _problem(source: Source, index: int, message: str, offset: int = 0) -> Problem:
    return Problem(source.name, source.lines[index] + offset, index + 1, message)


def _code(source: Source) -> Iterator[tuple[int, NotebookNode]]:
    return ((i, cell) for i, cell in enumerate(source.nb.cells) if cell.cell_type == "code")


def _header(source: Source) -> Iterator[Problem]:
    kernel = source.header.get("kernelspec")
    if not isinstance(kernel, dict) or kernel.get("name") != "python3":
        message = "the header needs `kernelspec: {name: python3, display_name: Python 3}`"
        yield Problem(source.name, 1, None, message)


def _nested_cells(source: Source) -> Iterator[Problem]:
    """A code-cell inside another directive is dropped by MyST-NB without an error."""
    inside_fence, inside_directive = "", False
    colons: list[int] = []
    cell_at = 0
    for number, line in enumerate(source.path.read_text(encoding="utf8").splitlines(), 1):
        text = line.strip()
        ticks = re.match(r"^(`{3,}|~{3,})", text)
        if inside_fence:
            if ticks and text == ticks.group() and text.startswith(inside_fence):
                inside_fence = ""
            elif _CELL_FENCE.match(line) and not cell_at and inside_directive:
                yield Problem(
                    source.name, number, None, "a code-cell inside another directive never runs: move it out"
                )
            continue
        if (fence := _CELL_FENCE.match(line)) and "`" not in fence[1]:
            message = f"a code-cell behind {fence[1]} never runs: write ``` instead"
            yield Problem(source.name, number, None, message)
        if ticks:
            inside_fence = ticks.group()
            info = text[len(inside_fence) :].strip()
            cell_at = number if info.startswith("{code-cell}") else 0
            inside_directive = info.startswith("{")
            if cell_at and (colons or line != line.lstrip()):
                yield Problem(
                    source.name, number, None, "a code-cell inside another block never runs: move it out"
                )
        elif opened := re.match(r"^(:{3,})\s*\{", text):
            colons.append(len(opened.group(1)))
        elif colons and re.fullmatch(r":{3,}", text):
            colons.pop()


def _tags(source: Source) -> Iterator[Problem]:
    for index, cell in enumerate(source.nb.cells):
        own = tags(cell)
        for tag in own:
            if tag not in KNOWN_TAGS:
                known = ", ".join(sorted(KNOWN_TAGS))
                yield _problem(source, index, f"unknown tag {tag!r}; known tags: {known}")
        if {"pytorch", "keras"} <= set(own):
            yield _problem(source, index, "tagged pytorch and keras: a cell that needs both is tagged parity")
        elif "parity" in own and {"pytorch", "keras"} & set(own):
            yield _problem(source, index, "tagged parity and a framework: keep parity only")
        if "no-twin" in own and not {"pytorch", "keras"} & set(own):
            yield _problem(source, index, "tagged no-twin without pytorch or keras: drop the tag")


def _syntax(source: Source) -> Iterator[Problem]:
    for index, cell in _code(source):
        if not cell.source.strip():
            yield _problem(source, index, "an empty code cell: write it or remove it")
            continue
        if "raises-exception" in tags(cell):
            continue
        try:
            _compile(cell)
        except SyntaxError as error:
            line = min(max(error.lineno or 1, 1), len(cell.source.splitlines()))
            message = f"Python cannot read this cell: {error.msg}"
            yield _problem(source, index, message, offset=line - 1)


def _compile(cell: NotebookNode) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(python(cell), "<cell>", "exec", flags=flags)
    assert isinstance(tree, ast.Module)
    return tree


def _tree(cell: NotebookNode) -> ast.Module | None:
    try:
        return _compile(cell)
    except SyntaxError:
        return None


def _parameters(source: Source) -> Iterator[Problem]:
    code = list(_code(source))
    tagged = [index for index, cell in code if "parameters" in tags(cell)]
    if not code:
        yield Problem(
            source.name, 1, None, "a notebook without a code cell: add cells or drop the jupytext header"
        )
        return
    first = code[0][0]
    if not tagged:
        message = 'the first code cell must be tagged parameters and set PROFILE = "quick" and SEED = 0'
        yield _problem(source, first, message)
        return
    if tagged[0] != first:
        yield _problem(source, tagged[0], "the parameters cell must be the first code cell: move it up")
    for extra in tagged[1:]:
        yield _problem(source, extra, "a second parameters cell: keep the first one only")
    values = parameters(source)
    if values.get("PROFILE") != "quick":
        yield _problem(source, tagged[0], 'the parameters cell must set PROFILE = "quick"')
    if not isinstance(values.get("SEED"), int):
        yield _problem(source, tagged[0], "the parameters cell must set SEED to a whole number")


def parameters(source: Source) -> dict[str, object]:
    """The literal values that the parameters cell assigns."""
    values: dict[str, object] = {}
    for _, cell in _code(source):
        tree = _tree(cell) if "parameters" in tags(cell) else None
        for node in tree.body if tree else []:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                try:
                    values[node.targets[0].id] = ast.literal_eval(node.value)
                except ValueError:
                    values[node.targets[0].id] = None
    return values


def _twins(source: Source) -> Iterator[Problem]:
    """Every unbroken run of framework cells has both sides."""
    run: list[tuple[int, str]] = []
    for index, cell in [*enumerate(source.nb.cells), (len(source.nb.cells), None)]:
        own = set(tags(cell)) if cell is not None and cell.cell_type == "code" else set()
        side = next((name for name in ("pytorch", "keras") if name in own), None)
        if side and "no-twin" not in own:
            run.append((index, side))
            continue
        sides = {name for _, name in run}
        if len(sides) == 1:
            first, name = run[0]
            other = "keras" if name == "pytorch" else "pytorch"
            message = f"this {name} cell has no {other} cell next to it: add the twin, or tag it no-twin"
            yield _problem(source, first, message)
        run = []


def _shape(source: Source) -> Iterator[Problem]:
    for index, cell in _code(source):
        lines = cell.source.splitlines()
        if len(lines) > CELL_LINES:
            yield _problem(source, index, f"{len(lines)} lines; a cell has at most {CELL_LINES}: split it")
        if not {"pytorch", "keras"} & set(tags(cell)):
            continue
        for offset, line in enumerate(lines):
            if len(line) > PAIR_WIDTH:
                message = (
                    f"{len(line)} characters; a line of a paired cell has at most {PAIR_WIDTH}: break it"
                )
                yield _problem(source, index, message, offset)


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _imports(source: Source) -> Iterator[Problem]:
    for index, cell in _code(source):
        tree = _tree(cell)
        own = set(tags(cell))
        for line, name in _imported(tree) if tree else []:
            parts = name.split(".")
            if parts[0] == "course_lib" and len(parts) > 1 and parts[1] not in ALLOWED_PARTS:
                allowed = ", ".join(sorted(ALLOWED_PARTS))
                message = f"imports {'.'.join(parts[:2])}; a chapter imports only {allowed}"
                yield _problem(source, index, message, line - 1)
            for tag, roots in FOREIGN.items():
                hit = any(name == root or name.startswith(root + ".") for root in roots)
                if hit and tag not in own and "parity" not in own:
                    yield _problem(source, index, f"imports {name}: tag the cell {tag}", line - 1)


def _projections(source: Source) -> Iterator[Problem]:
    """A cell kept in a projection must not use a name that only dropped cells define."""
    everywhere = {name for _, cell in _code(source) for name in _defined(cell)}
    reported: set[tuple[str, str]] = set()
    for framework in ("pytorch", "keras"):
        known: set[str] = set(dir(builtins))
        for cell in project(source.nb, framework).cells:
            if cell.cell_type != "code":
                continue
            known |= _defined(cell)
            if "raises-exception" in tags(cell):
                continue
            for name in sorted((_used(cell) & everywhere) - known):
                index = source.position(cell.id)
                if index is None or (cell.id, name) in reported:
                    continue
                reported.add((cell.id, name))
                message = f"uses {name}, which the {framework}-only notebook does not define: tag the cell"
                yield _problem(source, index, message)


def _table(cell: NotebookNode) -> symtable.SymbolTable | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return symtable.symtable(python(cell), "<cell>", "exec")
    except SyntaxError:
        return None  # reported by _syntax, or a top-level await


def _defined(cell: NotebookNode) -> set[str]:
    table = _table(cell)
    if table is None:
        return set()
    symbols = table.get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported() or s.is_namespace()}


def _used(cell: NotebookNode) -> set[str]:
    table = _table(cell)
    if table is None:
        return set()
    used = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    waiting = list(table.get_children())
    while waiting:
        child = waiting.pop()
        used |= {s.get_name() for s in child.get_symbols() if s.is_referenced() and s.is_global()}
        waiting.extend(child.get_children())
    return used
