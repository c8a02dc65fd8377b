"""The folklore page: every claim that the site's own executions measured, in one list.

The directive `{folklore}` leaves a place; the list goes there when pages are written, after all of them were read.
Nothing is kept by hand: when a page is read, the execution that it shows is put beside its doctree, and the list is
collected from those files.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from course_lib.claims import VERDICTS, CollectedClaim, collect
from course_lib.site.facts import is_notebook

LOGGER = logging.getLogger(__name__)
MARK = "course_folklore"  # in the metadata of a page that shows the list
WORDS = {name: word for name, (word, _) in VERDICTS.items()}


class Place(nodes.General, nodes.Element):
    """Where the list goes."""


class Folklore(SphinxDirective):
    """`{folklore}`: all measured claims by chapter, with a count of verdicts and a filter."""

    def run(self) -> list[nodes.Node]:
        """Leave the place, and note that this page has one."""
        self.env.metadata[self.env.docname][MARK] = True
        return [Place()]


def keep_execution(app: Sphinx, doctree: nodes.document) -> None:
    """Put the execution that a page shows beside its doctree (event `doctree-read`)."""
    docname = app.env.docname
    if not is_notebook(app, docname):
        return
    path = _kept(app, docname)
    executed = _execution(app, docname)
    if executed is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(executed, path)


def rewrite(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages with the list are written in every build that reads anything (event `env-updated`)."""
    return [name for name, metadata in env.metadata.items() if MARK in metadata]


class ShowClaims(SphinxPostTransform):
    """Put the collected claims in their place."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Replace every place by counts, filter and one section per chapter."""
        for place in list(self.document.findall(Place)):
            place.replace_self(self._content())

    def _content(self) -> list[nodes.Node]:
        pages = [name for name in self.env.collect_relations() if is_notebook(self.app, name)]
        files = {_kept(self.app, name): name for name in pages}
        missing = [name for path, name in files.items() if not path.is_file()]
        try:
            claims = collect(path for path in files if path.is_file())
        except ValueError as error:
            LOGGER.warning("%s", error, location=self.env.docname, type="course", subtype="claims")
            return [nodes.paragraph("", f"The claims could not be collected: {error}.")]
        chapters: dict[str, list[CollectedClaim]] = {}
        for claim in claims:
            chapters.setdefault(files[claim.notebook], []).append(claim)
        parts: list[nodes.Node] = [nodes.paragraph("", _counted(claims) + ".")]
        parts += self._missing(missing)
        if claims:
            parts.append(_table(self._rows(chapters)))
            parts.append(nodes.raw("", _filter(claims), format="html"))
        return [*parts, *(self._section(name, found) for name, found in chapters.items())]

    def _missing(self, pages: list[str]) -> Iterator[nodes.Node]:
        """One line about pages whose execution is not known."""
        if not pages:
            return
        line = nodes.paragraph("", "This build has no executions of ", classes=["course-missing"])
        for number, name in enumerate(pages):
            line += nodes.Text(", " if number else "")
            line += self._link(name, title=True)
        line += nodes.Text(", so their claims are missing here; ")
        line += [nodes.literal("", "course run"), nodes.Text(" makes them.")]
        yield line

    def _rows(self, chapters: dict[str, list[CollectedClaim]]) -> list[list[nodes.Node]]:
        head: list[nodes.Node] = [nodes.Text("chapter"), *map(nodes.Text, WORDS.values())]
        rows = [head]
        for name, found in chapters.items():
            here = nodes.reference("", "", *_title(self.env, name), refid=_section_id(name), internal=True)
            counts = [sum(claim.verdict == verdict for claim in found) for verdict in WORDS]
            rows.append([here, *(nodes.Text(str(count)) for count in counts)])
        return rows

    def _section(self, docname: str, claims: list[CollectedClaim]) -> nodes.section:
        title = nodes.title("", "", self._link(docname, title=True))
        items = nodes.bullet_list(classes=["course-claims"])
        for claim in claims:
            verdict = nodes.inline("", WORDS[claim.verdict], classes=["course-verdict"])
            statement = self._link(docname, f"claim-{claim.slug}", claim.statement)
            items += nodes.list_item(
                "",
                nodes.paragraph("", "", verdict, nodes.Text(" "), statement),
                nodes.paragraph("", claim.measured),
                classes=[f"course-{claim.verdict}"],
            )
        return nodes.section("", title, items, ids=[_section_id(docname)], names=[])

    def _link(self, docname: str, anchor: str = "", text: str = "", *, title: bool = False) -> nodes.Node:
        """A link to a page or to an anchor on it; plain text where the output has no such links."""
        children = _title(self.env, docname) if title else [nodes.Text(text)]
        if self.app.builder.format != "html":
            return nodes.inline("", "", *children)
        address = self.app.builder.get_relative_uri(self.env.docname, docname)
        address += f"#{anchor}" if anchor else ""
        return nodes.reference("", "", *children, refuri=address, internal=True)


def _execution(app: Sphinx, docname: str) -> nbformat.NotebookNode | None:
    """The execution whose outputs a page shows: MyST-NB's cache holds it, from `course run` or from this build."""
    from jupyter_cache import get_cache

    configuration = vars(app.env)["mystnb_config"]
    if configuration.execution_mode != "cache":
        return None
    source = Path(app.env.doc2path(docname)).resolve()
    store = get_cache(str(configuration.execution_cache_path))
    for record in store.list_cache_records():
        if Path(record.uri).resolve() == source:
            return store.get_cache_bundle(record.pk).nb
    return None


def _kept(app: Sphinx, docname: str) -> Path:
    return Path(app.doctreedir, "executed", f"{docname}.ipynb")


def _title(env: BuildEnvironment, docname: str) -> list[nodes.Node]:
    return [node.deepcopy() for node in env.titles[docname].children]


def _section_id(docname: str) -> str:
    return nodes.make_id(f"folklore-{docname}")


def _counted(claims: list[CollectedClaim]) -> str:
    """Such as "3 measured claims: 1 holds, 0 depends, 2 refuted"."""
    counts = (
        f"{sum(claim.verdict == verdict for claim in claims)} {word}" for verdict, word in WORDS.items()
    )
    return f"{len(claims)} measured claim{'' if len(claims) == 1 else 's'}: {', '.join(counts)}"


def _table(rows: list[list[nodes.Node]]) -> nodes.table:
    def row(cells: list[nodes.Node]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))

    group = nodes.tgroup(cols=len(rows[0]))
    group += [nodes.colspec(colwidth=4 if column == 0 else 1) for column in range(len(rows[0]))]
    group += nodes.thead("", row(rows[0]))
    group += nodes.tbody("", *map(row, rows[1:]))
    return nodes.table("", group, classes=["course-counts"])


def _filter(claims: list[CollectedClaim]) -> str:
    """Radio buttons; `course.css` alone hides what is not chosen, so they need no script."""
    counts = {"all": len(claims)}
    counts |= {verdict: sum(claim.verdict == verdict for claim in claims) for verdict in WORDS}
    choices = "".join(
        f'<label><input type="radio" name="course-verdict" id="course-show-{choice}" autocomplete="off"'
        f"{' checked' if choice == 'all' else ''}>"
        f"<span>{html.escape(WORDS.get(choice, choice))} ({count})</span></label>"
        for choice, count in counts.items()
    )
    return f'<fieldset class="course-filter"><legend>Show</legend><div>{choices}</div></fieldset>'
