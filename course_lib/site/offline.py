"""No page asks another host for anything: what the theme's extensions load from elsewhere is served here.

Sphinx takes MathJax from a CDN, sphinxcontrib-mermaid takes Mermaid from one, MyST-NB the widget manager,
and sphinx-thebe names one on every page.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

MATHJAX_PATH = "vendor/mathjax/startup.js"
MERMAID_PATH = "mermaid.mjs"

_ICON_SCRIPT = re.compile(r'<script [^>]*src="[^"]*/fontawesome\.js[^"]*"></script>')

# Only what is in static/vendor/mathjax; hidden MathML keeps formulas readable for screen readers.
MATHJAX = {"loader": {"load": ["core", "input/tex", "output/chtml", "a11y/assistive-mml"]}}


def serve_locally(app: Sphinx, config: Config) -> None:
    """Point every extension at files of this site (event `config-inited`); own MathJax settings stay."""
    own = config.mathjax3_config or {}
    config.mathjax3_config = {**own, **{key: {**own.get(key, {}), **MATHJAX[key]} for key in MATHJAX}}
    config.mathjax_path = MATHJAX_PATH
    config.mermaid_use_local = MERMAID_PATH
    config.mermaid_fullscreen = False
    config.mermaid_height = "auto"
    config.nb_ipywidgets_js = {}
    _switch_thebe_off(app)


def _switch_thebe_off(app: Sphinx) -> None:
    """Jupyter Book always loads sphinx-thebe; without live code it only adds scripts that name a CDN."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if getattr(listener.handler, "__module__", "") == "sphinx_thebe":
                app.disconnect(listener.id)
    app.registry.css_files[:] = [item for item in app.registry.css_files if item[0] != "sphinx-thebe.css"]


def drop_needless_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Leave out what a page does not use (event `html-page-context`).

    Mermaid's loader is for pages with a diagram; search and index pages have no text to hold one. The icon
    script (1.5 MB) is left out by `templates/layout.html`.
    """
    context["without_icon_script"] = _without_icon_script
    if doctree is None:
        scripts = context.get("script_files", [])
        scripts[:] = [script for script in scripts if MERMAID_PATH not in script.attributes.get("body", "")]


def _without_icon_script(head: str) -> str:
    return _ICON_SCRIPT.sub("", head)
