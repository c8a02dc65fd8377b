"""Refreshes the JavaScript the site serves itself: `python -m course_lib.site.vendor` (needs npm).

The site asks no other host for anything, so MathJax and Mermaid are kept in `static/vendor`.
Only the files a page can ask for are kept.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True)
class Package:
    """One npm package and the files of it that are kept, as glob patterns inside `root`."""

    name: str
    version: str
    root: str
    keep: tuple[str, ...]
    drop: tuple[str, ...] = ()

    def tarball(self, folder: Path) -> Path:
        """Download the package's archive into `folder`."""
        result = subprocess.run(
            ["npm", "pack", "--silent", f"{self.name}@{self.version}"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return folder / result.stdout.strip().splitlines()[-1]


PACKAGES = {
    "mathjax": Package(
        "mathjax",
        "3.2.2",
        "package/es5",
        keep=(
            "startup.js",
            "core.js",
            "input/tex.js",
            "input/tex/extensions/*.js",
            "output/chtml.js",
            "output/chtml/fonts/tex.js",
            "output/chtml/fonts/woff-v2/*.woff",
            "a11y/assistive-mml.js",
        ),
        drop=("input/tex/extensions/all-packages.js",),
    ),
    "mermaid": Package("@mermaid-js/tiny", "11.17.2", "package/dist", keep=("mermaid.tiny.js",)),
}


def refresh(folder: str, package: Package) -> None:
    """Replace `static/vendor/<folder>` by the kept files and the licence of `package`."""
    target = VENDOR / folder
    with tempfile.TemporaryDirectory() as temporary:
        unpacked = Path(temporary)
        with tarfile.open(package.tarball(unpacked)) as archive:
            archive.extractall(unpacked, filter="data")
        root = unpacked / package.root
        shutil.rmtree(target, ignore_errors=True)
        for pattern in package.keep:
            for file in sorted(root.glob(pattern)):
                name = file.relative_to(root).as_posix()
                if name not in package.drop:
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target / name)
        shutil.copyfile(unpacked / "package" / "LICENSE", target / "LICENSE")


def main() -> int:
    """Refresh every package; exit code 2 when npm is missing."""
    if shutil.which("npm") is None:
        print("npm is not installed: it fetches the packages; install Node.js and try again", file=sys.stderr)
        return 2
    for folder, package in PACKAGES.items():
        refresh(folder, package)
        size = sum(file.stat().st_size for file in (VENDOR / folder).rglob("*") if file.is_file())
        print(f"{folder}: {package.name} {package.version}, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
