"""MyST Markdown as plain Markdown, for notebooks that are read in Jupyter, Colab or on GitHub.

The site understands labels, roles and directives; a notebook viewer shows them as noise.  Labels go, citations become
names and years with a link, admonitions become quotations, folded answers become ``<details>``, and links to chapters
lead to their notebooks.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nbformat import NotebookNode

_LABEL = re.compile(r"^\([\w:-]+\)=\s*$")
_OPENING = re.compile(r"^(?P<fence>`{3,}|~{3,}|:{3,})\s*(?:\{(?P<name>[\w:.-]+)\})?\s*(?P<rest>.*)$")
_ROLE = re.compile(r"\{(?P<name>[\w:-]+)\}`(?P<text>[^`]+)`")
_LINK = re.compile(r"\]\((?P<path>[^()\s#]*)(?P<anchor>#[^()\s]*)?\)")
_TITLED = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
_QUOTED = (
    "note",
    "tip",
    "hint",
    "warning",
    "important",
    "caution",
    "attention",
    "danger",
    "error",
    "seealso",
)
_DROPPED = ("bibliography", "tableofcontents", "contents", "index")
_FIELD = r"(?<!\w){name}\s*=\s*(?:\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}|\"([^\"]*)\"|(\d+))"


def plain(nb: NotebookNode, path: Path, root: Path) -> NotebookNode:
    """A copy of a notebook with its prose in plain Markdown.

    ``path`` is the source the notebook was read from (links are relative to it); ``root`` holds
    ``references.bib``, when there is one.
    """
    bibliography = root / "references.bib"
    cite = citations(bibliography.read_text(encoding="utf8")) if bibliography.is_file() else {}
    result = copy.deepcopy(nb)
    for cell in result.cells:
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, cite, lambda target: _notebook(target, path.parent))
    # a label alone leaves nothing to read
    result.cells = [cell for cell in result.cells if cell.cell_type != "markdown" or cell.source]
    return result


def plain_markdown(text: str, cite: dict[str, str], link: Callable[[str], str] = str) -> str:
    """One piece of MyST Markdown as plain Markdown; ``cite`` has the Markdown of each key, ``link`` maps targets."""
    lines = list(_blocks(text.splitlines(), cite, link))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def citations(bibtex: str) -> dict[str, str]:
    """``(Author, year)`` for every entry of a BibTeX file, linked where the entry has a DOI or an address."""
    found = {}
    for entry in re.split(r"^@", bibtex, flags=re.MULTILINE)[1:]:
        key = re.match(r"\w+\s*\{\s*([^,\s]+)", entry)
        if not key:
            continue
        people = [_surname(name) for name in re.split(r"\s+and\s+", _bib(entry, "author"))]
        if len(people) > 2:
            people = [f"{people[0]} et al."]
        words = f"{' and '.join(people)}, {_bib(entry, 'year')}".strip(", ")
        doi, url = _bib(entry, "doi"), _bib(entry, "url")
        address = f"https://doi.org/{doi}" if doi else url
        found[key.group(1)] = f"[{words}]({address})" if address else words
    return found


def _bib(entry: str, name: str) -> str:
    field = re.search(_FIELD.format(name=name), entry, re.IGNORECASE)
    value = next((group for group in field.groups() if group), "") if field else ""
    return " ".join(re.sub(r"[{}]", "", value).split())


def _surname(name: str) -> str:
    return name.split(",")[0].strip() if "," in name else (name.split() or [""])[-1]


def _notebook(target: str, folder: Path) -> str:
    """The notebook beside a chapter's source; other targets stay as they are."""
    source = folder / target
    if target.endswith(".md") and source.is_file():
        from course_lib.notebooks.headers import is_notebook_text

        return target.removesuffix(".md") + ".ipynb" if is_notebook_text(source) else target
    return target


def _blocks(lines: list[str], cite: dict[str, str], link: Callable[[str], str]) -> Iterator[str]:
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        opening = _OPENING.match(line)
        if not opening or (line.startswith(":") and not opening["name"]):
            if not _LABEL.match(line) and not line.startswith("% "):
                yield _inline(line, cite, link)
            continue
        body, position = _body(lines, position, opening["fence"])
        if opening["name"] is None:
            yield from (line, *body, opening["fence"])
        else:
            yield from _directive(opening["name"], opening["rest"].strip(), body, cite, link)


def _body(lines: list[str], start: int, fence: str) -> tuple[list[str], int]:
    """The lines up to the fence that closes ``fence``, and the position after it."""
    inner: list[str] = []
    for end in range(start, len(lines)):
        text = lines[end].strip()
        if not inner and len(text) >= len(fence) and set(text) == {fence[0]}:
            return lines[start:end], end + 1
        nested = _OPENING.match(text)
        if inner and set(text) == {inner[-1][0]} and len(text) >= len(inner[-1]):
            inner.pop()
        elif nested and nested["name"] and nested["fence"][0] == fence[0]:
            inner.append(nested["fence"])
    return lines[start:], len(lines)


def _directive(
    name: str, argument: str, body: list[str], cite: dict[str, str], link: Callable[[str], str]
) -> Iterator[str]:
    options = {}
    while body and (option := re.match(r"^:([\w-]+):\s*(.*)$", body[0])):
        options[option[1]] = option[2]
        body = body[1:]
    if name in _DROPPED:
        return
    if name == "math":
        yield from ("$$", *body, "$$")
    elif name in ("mermaid", "code", "code-block"):
        yield from (f"```{'mermaid' if name == 'mermaid' else argument}", *body, "```")
    elif name in ("figure", "image"):
        yield f"![{options.get('alt', '')}]({argument})"
        yield from ("", *_blocks(body, cite, link))
    elif name == "dropdown":
        summary = f"<summary>{_inline(argument, cite, link)}</summary>"
        yield from ("<details>", summary, "", *_blocks(body, cite, link), "", "</details>")
    elif name in _QUOTED or name == "admonition":
        title = _inline(argument, cite, link) if name == "admonition" else name.capitalize()
        quoted = [f"**{title}**", "", *_trimmed(list(_blocks(body, cite, link)))]
        if name != "admonition" and argument:
            quoted[1:1] = ["", _inline(argument, cite, link)]
        yield from (f"> {line}".rstrip() for line in quoted)
    else:
        yield from _blocks(body, cite, link)


def _trimmed(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n")


def _inline(line: str, cite: dict[str, str], link: Callable[[str], str]) -> str:
    def role(match: re.Match[str]) -> str:
        name, text = match["name"], match["text"]
        titled = _TITLED.match(text)
        shown, target = (titled["text"], titled["target"]) if titled else (text, text)
        if name.startswith("cite"):
            keys = [cite.get(key.strip(), key.strip()) for key in text.split(",")]
            return "; ".join(keys) if name in ("cite:t", "cite:ts") else f"({'; '.join(keys)})"
        if name in ("math", "eq"):
            return f"${text}$" if name == "math" else text
        if name in ("download", "doc"):
            address = target if name == "download" or "." in Path(target).name else f"{target}.md"
            return f"[{shown}]({link(address)})"
        return shown

    def target(match: re.Match[str]) -> str:
        path = match["path"]
        if "://" in path or path.startswith("mailto:"):
            return match[0]
        return f"]({link(path)})" if path else "](#)"

    line = _ROLE.sub(role, line)
    line = re.sub(
        r"\[([^\[\]]+)\]\(#[^()\s]*\)", r"\1", line
    )  # a label of the site leads nowhere in a notebook
    return _LINK.sub(target, line)
