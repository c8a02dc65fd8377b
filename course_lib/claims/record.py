"""A claim people repeat, what a cell measured about it, and the verdict."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from IPython.display import display

# The key of the record in the metadata of a notebook output.
MIME = "application/vnd.course.claim+json"
# Word shown, and colour of the card's edge (Okabe-Ito); the word carries the meaning, the colour repeats it.
VERDICTS = {
    "holds": ("holds", "#009E73"),
    "depends": ("depends", "#E69F00"),
    "refuted": ("refuted", "#D55E00"),
}


@dataclass(frozen=True)
class Claim:
    """One measured claim: a unique ``slug``, the ``statement`` in plain words, what was ``measured`` and the
    ``verdict``, one of ``holds``, ``depends`` and ``refuted``."""

    slug: str
    statement: str
    measured: str
    verdict: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.slug):
            raise ValueError(f"a claim's slug is lower-case words joined by hyphens, got {self.slug!r}")
        if self.verdict not in VERDICTS:
            known = ", ".join(VERDICTS)
            raise ValueError(f"claim {self.slug}: verdict must be one of {known}, got {self.verdict!r}")
        for name in ("statement", "measured"):
            if not getattr(self, name).strip():
                raise ValueError(f"claim {self.slug}: {name} is empty")

    def __str__(self) -> str:
        return f"Claim: {self.statement}\nMeasured: {self.measured}\nVerdict: {VERDICTS[self.verdict][0]}"

    def html(self) -> str:
        """The card: an article with a description list, legible without any style sheet."""
        word, colour = VERDICTS[self.verdict]
        rows = (("Claim", self.statement), ("Measured", self.measured), ("Verdict", word))
        items = "".join(
            f'<dt style="font-weight: bold">{name}</dt><dd style="margin: 0">{escape(text)}</dd>'
            for name, text in rows
        )
        return (
            f'<article class="course-claim" id="claim-{self.slug}" data-verdict="{self.verdict}" '
            f'aria-label="Measured claim" style="border-left: 0.35em solid {colour}; padding: 0.4em 1em">'
            f'<dl style="display: grid; grid-template-columns: max-content 1fr; gap: 0.2em 1em; margin: 0">'
            f"{items}</dl></article>"
        )

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # The record travels as metadata: among the data, MyST-NB warns of a MIME type it does not know.
        return {"text/html": self.html(), "text/plain": str(self)}, {MIME: asdict(self)}


def claim(slug: str, statement: str, measured: str, verdict: str) -> None:
    """Show a claim's card in the cell's output and record it there for :func:`course_lib.claims.collect`.

    ``slug`` is unique in the book (``needs-gpu``); ``statement`` is the claim as people put it; ``measured``
    is what this cell found, with its numbers; ``verdict`` is ``"holds"``, ``"depends"`` or ``"refuted"``.
    Raises ``ValueError`` for a bad slug, an unknown verdict or an empty text.
    """
    display(Claim(slug, statement, measured, verdict))
