"""Claims people repeat about deep learning, measured: record them in a cell, collect them from the book."""

from course_lib.claims.collection import CollectedClaim, collect
from course_lib.claims.record import MIME, VERDICTS, Claim, claim

__all__ = ["MIME", "VERDICTS", "Claim", "CollectedClaim", "claim", "collect"]
