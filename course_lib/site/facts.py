"""The line under a chapter's title: what the page took to run, and its three notebooks to download."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx

from course_lib.notebooks.plain import plain
from course_lib.notebooks.projections import project
from course_lib.notebooks.setup import with_setup
from course_lib.notebooks.source import read_source
from course_lib.site.executions import Executions
from course_lib.site.pairs import framework_of

DOWNLOADS = "_downloads/notebooks"
PROJECTIONS = {"both": "both frameworks", "pytorch": "PyTorch only", "keras": "Keras only"}
LIBRARIES = {
    "python": "Python",
    "torch": "PyTorch",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "numpy": "NumPy",
}


def add_facts(app: Sphinx, doctree: nodes.document, docname: str, executions: Executions) -> None:
    """Insert the facts line after the title of a notebook page (event `doctree-resolved`)."""
    title = doctree.next_node(nodes.title)
    if app.builder.format != "html" or title is None or not is_notebook(app, docname):
        return
    markup = facts_markup(docname, executions.facts(docname), variants(doctree))
    title.parent.insert(title.parent.index(title) + 1, nodes.raw("", markup, format="html"))


def is_notebook(app: Sphinx, docname: str) -> bool:
    """Whether a page is a notebook (MyST-NB notes the kernel of each)."""
    return "kernelspec" in app.env.metadata.get(docname, {})


def variants(doctree: nodes.document) -> list[str]:
    """The notebooks a page offers: all three where it has framework cells, one where it has none."""
    framework_cells = any(framework_of(node) for node in doctree.findall(nodes.container))
    return list(PROJECTIONS) if framework_cells else ["both"]


def download_name(docname: str, variant: str) -> str:
    """The path of a download inside the site; the file is named for the reader's folder of downloads."""
    return f"{DOWNLOADS}/{docname}.ipynb" if variant == "both" else f"{DOWNLOADS}/{docname}-{variant}.ipynb"


def facts_markup(docname: str, facts: dict[str, Any], offered: list[str]) -> str:
    """HTML of the facts line of one page."""
    up = "../" * docname.count("/")
    links = " ".join(
        f'<a class="course-download" download href="{html.escape(up + download_name(docname, variant))}">'
        f"{PROJECTIONS[variant] if len(offered) > 1 else 'this page'}</a>"
        for variant in offered
    )
    ran = f'<p class="course-ran">{html.escape(sentence(facts))}</p>' if facts else ""
    return (
        '<div class="course-facts">'
        f'{ran}<p class="course-downloads"><span>Notebook:</span> {links}</p>'
        '<div class="course-switch-slot"></div></div>'
    )


def sentence(facts: dict[str, Any]) -> str:
    """What a run took, in words: CPU seconds, peak memory, and the versions it ran with."""
    parts = []
    if "cpu_s" in facts:
        parts.append(f"{float(facts['cpu_s']):.0f} s of CPU time")
    if "peak_mb" in facts:
        parts.append(f"{float(facts['peak_mb']) / 1000:.1f} GB of memory")
    versions = facts.get("versions", {})
    named = [
        f"{label} {versions[name].split('+')[0]}" for name, label in LIBRARIES.items() if versions.get(name)
    ]
    return "This page ran in " + " and ".join(parts) + (f", with {', '.join(named)}." if named else ".")


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebooks the facts lines link to (event `build-finished`)."""
    if exception is not None or app.builder.format != "html":
        return
    for docname in sorted(app.env.found_docs):
        if not is_notebook(app, docname):
            continue
        source = Path(app.env.doc2path(docname))
        if source.suffix == ".ipynb":
            nb = nbformat.read(source, as_version=4)
        else:
            nb = plain(read_source(source).nb, source, Path(app.srcdir))
        for variant in variants(app.env.get_doctree(docname)):
            target = Path(app.outdir, download_name(docname, variant))
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(with_setup(project(nb, variant), Path(app.srcdir)), target)
