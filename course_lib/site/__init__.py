"""Sphinx extension of the course's site; Jupyter Book loads it through `_config.yml` (`extra_extensions`).

It wraps PyTorch and Keras cells into pairs, adds the line of facts and downloads under each title, feeds
MyST-NB's cache from the executions of `course run`, lists every measured claim (`{folklore}`), insists on alt
text, and serves every asset itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"

# Runs before the first paint, so that a page opens as the reader left the last one.
EARLY_SCRIPT = (
    'document.documentElement.classList.add("course-js");'
    "try{for(const[k,v]of[['framework','both'],['frameworkTab','pytorch']])"
    "document.documentElement.dataset[k]=localStorage.getItem('course-'+k)||v}"
    "catch{Object.assign(document.documentElement.dataset,{framework:'both',frameworkTab:'pytorch'})}"
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension's transforms, events and assets."""
    from course_lib.site import (
        accessible,
        executions,
        facts,
        figures,
        folklore,
        formulas,
        icons,
        offline,
        pairs,
        tracebacks,
    )

    app.setup_extension("sphinxcontrib.mermaid")
    app.connect("config-inited", offline.serve_locally)
    app.connect("config-inited", _prepare_theme)
    app.add_transform(figures.RequireAltText)
    app.add_post_transform(figures.DescribeDiagrams)
    app.add_post_transform(formulas.KeepPunctuation)
    app.add_transform(pairs.PairCells)
    app.add_transform(tracebacks.ShortenTracebacks)
    app.add_directive("folklore", folklore.Folklore)
    app.add_post_transform(folklore.ShowClaims)
    found = executions.Executions()
    app.connect("builder-inited", found.prepare, priority=900)  # after MyST-NB has settled its configuration
    app.connect("env-get-outdated", found.outdated)
    app.connect("source-read", found.note)
    app.connect("env-merge-info", executions.merge)
    app.connect("doctree-read", folklore.keep_execution)
    app.connect("env-updated", folklore.rewrite)
    app.connect("doctree-resolved", lambda app, tree, name: facts.add_facts(app, tree, name, found))
    app.connect("build-finished", icons.shrink)
    app.connect("html-page-context", offline.drop_needless_scripts, priority=900)
    app.connect("html-page-context", accessible.repair_markup, priority=900)
    app.connect("html-page-context", figures.tune_images, priority=900)
    app.connect("build-finished", facts.write_downloads)
    app.add_css_file("course.css", priority=900)
    app.add_js_file(None, body=EARLY_SCRIPT, priority=50)
    app.add_js_file("course.js", loading_method="defer")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _prepare_theme(app: Sphinx, config: Config) -> None:
    config.html_static_path.append(str(STATIC))
    config.templates_path.append(str(TEMPLATES))
    config.html_theme_options.setdefault("navbar_persistent", [])  # the search field is in the sidebar
    config.html_theme_options.setdefault("logo", {}).setdefault("text", config.html_title)
    config.html_context.setdefault("default_mode", "auto")  # the theme complains about none in the console
