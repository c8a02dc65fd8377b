"""The pinned set of requirements.txt lies within the ranges of pyproject.toml, and is what runs here."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pinned() -> dict[str, str]:
    """Name and version of every requirement that applies to this machine."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    chosen = [r for r in requirements if r.marker is None or r.marker.evaluate()]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in chosen}


def ranges() -> list[Requirement]:
    """Everything the project or one of its extras asks for here, the extras of itself left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        name: found for name, found in project["optional-dependencies"].items() if name != "tensorflow-gpu"
    }
    lines = project["dependencies"] + [line for found in extras.values() for line in found]
    requirements = [Requirement(line) for line in lines]
    return [
        r for r in requirements if r.name != project["name"] and (r.marker is None or r.marker.evaluate())
    ]


def test_every_declared_range_is_pinned_inside():
    versions = pinned()
    wrong = [
        str(r) for r in ranges() if not r.specifier.contains(versions.get(canonicalize_name(r.name), "0"))
    ]
    assert wrong == []


def test_the_pinned_set_is_what_runs():
    different = {
        name: (pin, version(name)) for name, pin in pinned().items() if version(name).split("+")[0] != pin
    }
    assert different == {}
