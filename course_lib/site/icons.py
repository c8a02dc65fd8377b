"""Icon fonts with only the icons that the site shows: a page loads some kilobytes of them, not 270.

The theme comes with all of Font Awesome, twice: as woff2, which browsers load, and as TrueType, from which the
small woff2 files are made once all pages are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
FONTS = "_static/vendor/fontawesome/webfonts"

_ICONS = re.compile(r"((?:\.fa-[\w-]+:before,?)+)\{content:\"\\([0-9a-f]+)\"\}")
_NAME = re.compile(r"\bfa-[\w-]+")
_ESCAPE = re.compile(r"\\([ef][0-9a-f]{3})\b")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def shrink(app: Sphinx, exception: Exception | None) -> None:
    """Write each of the theme's icon fonts anew (event `build-finished`)."""
    folder = Path(app.outdir) / FONTS
    if exception or app.builder.format != "html" or not folder.is_dir():
        return
    wanted = shown(Path(app.outdir))
    for full in sorted(folder.glob("*.ttf")):
        write(full, full.with_suffix(".woff2"), wanted)
    LOGGER.info("icon fonts: %d icons", len(wanted))


def shown(site: Path) -> set[int]:
    """The code points of all icons that the pages, scripts and styles of a built site name."""
    styles = [path.read_text(encoding="utf8") for path in site.glob("_static/**/*.css")]
    points = {
        name: int(code, 16)
        for style in styles
        for names, code in _ICONS.findall(style)
        for name in _NAME.findall(names)
    }
    scripts = (path for path in site.glob("_static/*.js"))
    named = _found(_NAME, (path.read_text(encoding="utf8") for path in [*site.rglob("*.html"), *scripts]))
    # What the theme's own rules show, such as the signs of its boxes.
    rules = [_ICONS.sub("", style) for style in styles]
    own = {int(code, 16) for code in _found(_ESCAPE, rules)} | {ord(c) for c in _found(_PRIVATE, rules)}
    return own | {points[name] for name in named if name in points}


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> set[str]:
    return {match for text in texts for match in pattern.findall(text)}


def write(full: Path, target: Path, points: set[int]) -> None:
    """The icons at `points` of a TrueType font, as woff2."""
    with TTFont(full) as font:
        subsetter = subset.Subsetter(subset.Options(ignore_missing_unicodes=True, layout_features=[]))
        subsetter.populate(unicodes=sorted(points))
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(target)
