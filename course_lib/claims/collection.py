"""Gather the claims that executed notebooks recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course_lib.claims.record import MIME, Claim


@dataclass(frozen=True)
class CollectedClaim(Claim):
    """A claim and the executed notebook it was found in."""

    notebook: Path


def collect(executed_notebooks: Iterable[str | Path]) -> list[CollectedClaim]:
    """Every claim recorded in the outputs of the given ``.ipynb`` files, in reading order.

    Pass each chapter once (not its one-framework versions too). Raises ``ValueError`` in one line when two
    claims share a slug, when a file is not a notebook, or when a recorded claim is malformed.
    """
    found: dict[str, CollectedClaim] = {}
    for path in map(Path, executed_notebooks):
        for record in _records(path):
            try:
                item = CollectedClaim(**record, notebook=path)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{path}: malformed claim: {error}") from error
            if item.slug in found:
                first = found[item.slug].notebook
                raise ValueError(f"claim {item.slug} is recorded twice: in {first} and {path}")
            found[item.slug] = item
    return list(found.values())


def _records(path: Path) -> list[dict[str, str]]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a notebook: {error}") from error
    outputs = (output for cell in cells for output in cell.get("outputs", []))
    return [output["metadata"][MIME] for output in outputs if MIME in output.get("metadata", {})]
