"""Every figure says what it shows, loads when it is needed, and keeps its place while it loads."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from PIL import Image, UnidentifiedImageError
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinxcontrib.mermaid import mermaid

LOGGER = logging.getLogger(__name__)

_IMG = re.compile(r"<img\b[^>]*>")
_SRC = re.compile(r'\bsrc="([^"]+)"')
_LENGTH = re.compile(r"([\d.]+)(px|pt)?")


class RequireAltText(SphinxTransform):
    """Warn about every figure without alt text, by file and cell (`-W` makes an error of it)."""

    default_priority = 880

    def apply(self, **kwargs: Any) -> None:
        """Look at every image of the document: cell outputs, images of the text, diagrams."""
        cells = {id(node): number for number, node in enumerate(self.document.findall(_is_code_cell), 1)}
        for image in self.document.findall(_is_figure):
            if image.get("alt", "").strip():
                continue
            cell = next((node for node in _ancestors(image) if id(node) in cells), None)
            if cell is not None:
                message = (
                    f"code cell {cells[id(cell)]}: figure without alt text: "
                    'give the cell the metadata `mystnb: {image: {alt: "what the figure shows"}}`'
                )
            elif isinstance(image, mermaid):
                message = "diagram without alt text: give it the option `:alt: what the diagram shows`"
            else:
                message = "figure without alt text: say in its alt text what it shows"
            location = (self.env.docname, _line(cell or image))
            LOGGER.warning(message, location=location, type="course", subtype="alt")


class DescribeDiagrams(SphinxPostTransform):
    """A diagram is named by its alt text on a page; on paper, where nothing draws it, the text stands for it."""

    default_priority = 300
    formats = ("html", "latex")

    def run(self, **kwargs: Any) -> None:
        """Wrap or replace every Mermaid diagram."""
        for diagram in list(self.document.findall(mermaid)):
            alt = diagram.get("alt", "")
            if self.app.builder.format == "latex":
                diagram.replace_self(nodes.paragraph("", f"[Diagram: {alt}]"))
                continue
            opening = f'<div class="course-diagram" role="img" aria-label="{html.escape(alt)}">'
            before, after = (nodes.raw("", text, format="html") for text in (opening, "</div>"))
            diagram.replace_self([before, diagram.deepcopy(), after])


def _is_figure(node: nodes.Node) -> bool:
    return isinstance(node, nodes.image | mermaid)


def _is_code_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _ancestors(node: nodes.Node) -> list[nodes.Element]:
    found: list[nodes.Element] = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _line(node: nodes.Element) -> int | None:
    """The line of the source that a node stands on; some nodes leave it to what is in or around them."""
    candidates = [node, *node.findall(), *_ancestors(node)]
    return next((candidate.line for candidate in candidates if candidate.line), None)


def tune_images(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load images lazily and name their size, so that text does not jump when they arrive."""
    if "body" in context:
        folder = Path(app.outdir, pagename).parent
        sizes = _image_sources(app)
        context["body"] = _IMG.sub(lambda tag: _tuned(tag.group(), folder, sizes), context["body"])


def _image_sources(app: Sphinx) -> dict[str, Path]:
    """Where each image of the site comes from, by its name in `_images` (they are copied at the end)."""
    return {name: Path(app.srcdir, source) for source, (_, name) in app.env.images.items()}


def _tuned(tag: str, folder: Path, sources: dict[str, Path]) -> str:
    source = _SRC.search(tag)
    attributes = "" if "loading=" in tag else ' loading="lazy" decoding="async"'
    if source and "width=" not in tag and "height=" not in tag and "style=" not in tag:
        file = sources.get(source.group(1).rsplit("/", 1)[-1])
        size = natural_size(file) if file else None
        if size:
            attributes += f' width="{size[0]}" height="{size[1]}"'
    return tag.replace("<img", "<img" + attributes, 1)


def natural_size(file: Path) -> tuple[int, int] | None:
    """Width and height of an image file in CSS pixels, or None where the file does not say."""
    if file.suffix == ".svg":
        return _svg_size(file)
    try:
        with Image.open(file) as image:
            return image.size
    except (OSError, UnidentifiedImageError):
        return None


def _svg_size(file: Path) -> tuple[int, int] | None:
    try:
        _, root = next(ElementTree.iterparse(file, events=("start",)))
    except (OSError, ElementTree.ParseError):
        return None
    lengths = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    if not all(lengths):
        return None
    width, height = (float(m[1]) * (4 / 3 if m[2] == "pt" else 1) for m in lengths if m)
    return round(width), round(height)
