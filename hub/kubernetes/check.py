"""Checks values for the chart before Helm sees them: nothing left to set, no secret in a file, the chart's own schema.

    python hub/kubernetes/check.py size-50.yaml private.yaml
    python hub/kubernetes/check.py size-50.yaml private.yaml --chart jupyterhub-4.4.0.tgz

values.yaml comes first by itself. `--chart` takes the archive that `helm pull` fetches, and checks the values against
the schema in it. Needs PyYAML and jsonschema.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema.validators import validator_for

VALUES = Path(__file__).parent / "values.yaml"
PLACEHOLDER = "SET_ME"
# A key that holds a secret itself; one whose value is a mapping only says where it is.
SECRET = re.compile(r"(password|secret|token|apikey|api_key|privatekey)$", re.I)


class ValuesError(ValueError):
    """Values that cannot be installed; the text has one line per finding."""


def read(path: Path) -> dict[str, Any]:
    """One file of values. Raises ValuesError."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValuesError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        raise ValuesError(f"{path}:{where.line + 1 if where else 1}: is not YAML") from error
    if not isinstance(found, dict):
        raise ValuesError(f"{path}: holds no values: it must be a YAML mapping such as 'hub: ...'")
    return found


def merged(first: Mapping[str, Any], *others: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Helm merges them: mappings key by key, everything else replaced, null removes."""
    result = dict(first)
    for other in others:
        for key, value in other.items():
            old = result.get(key)
            if value is None:
                result.pop(key, None)
            elif isinstance(value, Mapping) and isinstance(old, Mapping):
                result[key] = merged(old, value)
            else:
                result[key] = value
    return result


def leaves(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no mapping and no list, with its path."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(values, list):
        for number, value in enumerate(values):
            yield from leaves(value, f"{path}[{number}]")
    else:
        yield path, values


def complaints(values: Mapping[str, Any]) -> list[str]:
    """What is left to set, and secrets that stand in a file; one line each."""
    found = []
    for path, value in leaves(values):
        if isinstance(value, str) and PLACEHOLDER in value:
            found.append(f"{path}: is still '{value}': set it in your own values file")
        elif isinstance(value, str) and value and SECRET.search(path.rsplit(".", 1)[-1]):
            found.append(
                f"{path}: a secret does not belong in a file: put it into the cluster's Secret 'course'"
            )
    return found


def refused(values: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """What the chart's schema refuses, one line each."""
    errors = validator_for(schema)(schema).iter_errors(values)
    lines = {f"{'.'.join(map(str, error.absolute_path)) or 'values'}: {error.message}" for error in errors}
    return sorted(lines)


def chart(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The default values and the schema of a packaged chart. Raises ValuesError."""
    try:
        with tarfile.open(path) as archive:
            texts = {}
            for name in ("values.yaml", "values.schema.json"):
                file = archive.extractfile(f"jupyterhub/{name}")
                texts[name] = file.read().decode("utf-8") if file else "{}"
    except (OSError, tarfile.TarError, KeyError) as error:
        raise ValuesError(f"{path}: is not the chart's archive: fetch it with 'helm pull'") from error
    return yaml.safe_load(texts["values.yaml"]), json.loads(texts["values.schema.json"])


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the values can be installed; else 2, with the reasons on stderr."""
    parser = argparse.ArgumentParser(prog="check.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="values, in Helm's order")
    parser.add_argument("--chart", type=Path, metavar="TGZ", help="also check against this chart's schema")
    args = parser.parse_args(argv)
    try:
        files = [read(path) for path in (VALUES, *args.files)]
        found = complaints(merged(*files))
        if args.chart:
            defaults, schema = chart(args.chart)
            # One after the other: a null removes what the chart has by default.
            found += refused(merged(defaults, *files), schema)
    except ValuesError as error:
        found = [str(error)]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main())
