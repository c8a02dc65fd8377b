"""Images of 28 by 28 pixels, drawn from the fonts that matplotlib ships: a set that needs no download."""

from __future__ import annotations

import string
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from course_lib.data.split import Split

SIZE = 28
FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "cmr10",
    "cmss10",
    "cmb10",
)
# Kept out of FONTS: with new_fonts=True the test images are drawn with these.
NEW_FONTS = ("DejaVuSansMono-BoldOblique", "DejaVuSerif-BoldItalic", "STIXGeneralItalic", "cmtt10")
KINDS = {
    "digits": string.digits,
    "letters": string.ascii_uppercase,
    "both": string.digits + string.ascii_uppercase,
}
_MASTER = 2 * SIZE


def glyph_names(kind: str = "digits") -> str:
    """The characters of a kind of :func:`glyphs`; the character at position ``i`` has label ``i``."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    return KINDS[kind]


def glyphs(
    n_train: int = 2000,
    n_test: int = 500,
    kind: str = "digits",
    *,
    flat: bool = False,
    jitter: float = 1.0,
    noise: float = 0.1,
    new_fonts: bool = False,
    seed: int = 0,
) -> Split:
    """Characters in changing fonts, sizes, positions, angles and pen widths, on a noisy background.

    ``kind`` is ``"digits"`` (10 classes), ``"letters"`` (26 capitals) or ``"both"`` (36; here 0 and O, 1 and
    I are hard to tell apart). ``X`` is float32 in [0, 1], ``(n, 28, 28)`` or with ``flat`` ``(n, 784)``;
    ``y`` is int64 and balanced. ``jitter`` scales the random affine map (0 keeps every character upright and
    centred; 1 turns by up to 15 degrees, shifts by up to 3 pixels and scales by up to 15 %); ``noise`` is the
    standard deviation of the pixel noise. With ``new_fonts`` the test images use fonts that no training image
    uses. The same arguments give the same arrays. 2,000 images take well under 2 s, and repeated calls are
    cached.

    Raises ``ValueError`` for an unknown kind, a negative count, jitter or noise.
    """
    glyph_names(kind)
    if n_train < 0 or n_test < 0:
        raise ValueError(f"n_train and n_test must be 0 or more images, got {n_train} and {n_test}")
    if jitter < 0 or noise < 0:
        raise ValueError(f"jitter and noise must be 0 or more, got {jitter} and {noise}")
    train = _draw_set(n_train, kind, float(jitter), float(noise), FONTS, seed, 0)
    test = _draw_set(n_test, kind, float(jitter), float(noise), NEW_FONTS if new_fonts else FONTS, seed, 1)
    shape = (-1, SIZE * SIZE) if flat else (-1, SIZE, SIZE)
    # Copies: the cached arrays stay as they are whatever the caller does with the result.
    return Split(
        train[0].reshape(shape).copy(), train[1].copy(), test[0].reshape(shape).copy(), test[1].copy()
    )


@lru_cache(maxsize=8)
def _draw_set(
    n: int, kind: str, jitter: float, noise: float, fonts: tuple[str, ...], seed: int, part: int
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, part])
    characters = KINDS[kind]
    y = rng.permutation(np.arange(n) % len(characters)).astype(np.int64)
    font_of, pen_of = rng.integers(len(fonts), size=n), rng.integers(3, size=n)
    maps = _inverse_maps(rng, n, jitter)
    X = np.empty((n, SIZE, SIZE), dtype=np.float32)
    for i in range(n):
        master = _master(characters[y[i]], fonts[font_of[i]], int(pen_of[i]))
        image = master.transform(
            (SIZE, SIZE), Image.Transform.AFFINE, tuple(maps[i]), Image.Resampling.BILINEAR
        )
        X[i] = np.asarray(image, dtype=np.float32) / 255.0
    X += noise * rng.standard_normal(X.shape, dtype=np.float32)
    return np.clip(X, 0.0, 1.0), y


def _inverse_maps(rng: np.random.Generator, n: int, jitter: float) -> np.ndarray:
    """For each image the six numbers that send an output pixel to a point of the master, ``(n, 6)``."""
    angle = jitter * np.deg2rad(rng.uniform(-15, 15, size=n))
    scale = np.exp(jitter * rng.uniform(-0.15, 0.15, size=n))
    shear = jitter * rng.uniform(-0.2, 0.2, size=n)
    shift = jitter * rng.uniform(-3, 3, size=(n, 2))
    zoom = _MASTER / SIZE / scale
    a, b = zoom * np.cos(angle), zoom * (np.sin(angle) + shear * np.cos(angle))
    d, e = -zoom * np.sin(angle), zoom * (np.cos(angle) - shear * np.sin(angle))
    centre = SIZE / 2
    c = _MASTER / 2 - a * (centre + shift[:, 0]) - b * (centre + shift[:, 1])
    f = _MASTER / 2 - d * (centre + shift[:, 0]) - e * (centre + shift[:, 1])
    return np.column_stack([a, b, c, d, e, f])


@lru_cache(maxsize=4096)
def _master(character: str, font: str, pen: int) -> Image.Image:
    """The upright character, white on black and centred, at twice the final size; ``pen`` thickens it."""
    canvas = Image.new("L", (2 * _MASTER, 2 * _MASTER), 0)
    ImageDraw.Draw(canvas).text(
        (_MASTER, _MASTER),
        character,
        fill=255,
        font=_face(font),
        anchor="mm",
        stroke_width=pen,
        stroke_fill=255,
    )
    # Centre the ink itself: the box a font reports for a character is a few pixels off in some fonts.
    ink = canvas.crop(canvas.getbbox())
    image = Image.new("L", (_MASTER, _MASTER), 0)
    image.paste(ink, ((_MASTER - ink.width) // 2, (_MASTER - ink.height) // 2))
    return image


@lru_cache(maxsize=64)
def _face(font: str) -> ImageFont.FreeTypeFont:
    """A font scaled so that its digit 8 is 38 master pixels (19 image pixels) tall."""
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    probe = ImageFont.truetype(str(path), 100, layout_engine=ImageFont.Layout.BASIC)
    _, top, _, bottom = probe.getbbox("8")
    size = round(100 * 38 / (bottom - top))
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
