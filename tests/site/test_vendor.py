"""The libraries served with the site are the ones their README names, with their licences."""

from __future__ import annotations

import re

from course_lib.site import offline, vendor


def test_readme_names_what_is_there() -> None:
    readme = (vendor.VENDOR / "README.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (\S+) \|", readme, re.MULTILINE)
    assert rows == [(folder, item.name, item.version) for folder, item in vendor.PACKAGES.items()]
    assert {path.name for path in vendor.VENDOR.iterdir() if path.is_dir()} == set(vendor.PACKAGES)


def test_files_are_those_listed_and_carry_their_version_and_licence() -> None:
    for folder, package in vendor.PACKAGES.items():
        root = vendor.VENDOR / folder
        assert (root / "LICENSE").stat().st_size > 500
        for pattern in package.keep:
            assert list(root.glob(pattern)), f"{folder}: nothing matches {pattern}"
    assert vendor.PACKAGES["mathjax"].version in (vendor.VENDOR / "mathjax/core.js").read_text("utf8")
    mermaid = (vendor.VENDOR / "mermaid/mermaid.tiny.js").read_text("utf8")
    assert vendor.PACKAGES["mermaid"].version in mermaid


def test_every_mathjax_component_that_is_loaded_is_there() -> None:
    root = vendor.VENDOR / "mathjax"
    assert (vendor.VENDOR.parent / offline.MATHJAX_PATH).is_file()
    assert (vendor.VENDOR.parent / offline.MERMAID_PATH).is_file()
    for name in offline.MATHJAX["loader"]["load"]:
        assert (root / f"{name}.js").is_file()
