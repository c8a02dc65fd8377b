"""The icon fonts of a built site hold the icons that it shows, and little else."""

from __future__ import annotations

from pathlib import Path

from fontTools.ttLib import TTFont

from course_lib.site import icons
from tests.site.conftest import Site

GLASS, GITHUB, GHOST = 0xF002, 0xF09B, 0xF6E2


def drawn(folder: Path, name: str) -> set[int]:
    """The code points that a font of a site has."""
    with TTFont(folder / icons.FONTS / f"{name}.woff2") as font:
        return set(font.getBestCmap())


def test_every_icon_of_the_site_is_there_and_the_fonts_are_small(site: Site) -> None:
    wanted = icons.shown(site.folder)
    assert {GLASS, GITHUB} <= wanted
    fonts = sorted((site.folder / icons.FONTS).glob("*.woff2"))
    assert wanted <= set().union(*(drawn(site.folder, font.stem) for font in fonts))
    assert GLASS in drawn(site.folder, "fa-solid-900")
    assert GITHUB in drawn(site.folder, "fa-brands-400")
    assert GHOST not in drawn(site.folder, "fa-solid-900")
    assert sum(font.stat().st_size for font in fonts) < 20_000


def test_an_icon_that_only_a_page_names_is_found(site: Site, tmp_path: Path) -> None:
    (tmp_path / "_static").mkdir()
    for style in (site.folder / "_static").glob("**/*.css"):
        (tmp_path / "_static" / style.name).write_text(style.read_text("utf8"), "utf8")
    before = icons.shown(tmp_path)
    (tmp_path / "page.html").write_text('<i class="fa-solid fa-ghost"></i>', "utf8")
    assert icons.shown(tmp_path) - before == {GHOST}
    icons.write(
        site.folder / icons.FONTS / "fa-solid-900.ttf", tmp_path / "font.woff2", icons.shown(tmp_path)
    )
    with TTFont(tmp_path / "font.woff2") as font:
        assert GHOST in font.getBestCmap()
