"""The report: a table for the terminal, and the page of the instructor guide with its pictures and raw numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from course_lib.grading.bench import figures
from course_lib.grading.bench.corpora import CORPORA
from course_lib.grading.bench.drawing import draw
from course_lib.grading.bench.figures import IMMEDIATE, STOCK, Bar, Line
from course_lib.grading.bench.measure import Measured
from course_lib.grading.engine.model import STRICT
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.files import write_atomically

FORMAT = 1
PAGE, RAW, IMAGES = "grading-benchmark.md", "grading-benchmark.json", "images"

_CLASSES = (300, 3000, 30000)
_DIGITS = 4


def load(folder: Path) -> dict[str, Measured]:
    """What was measured before, by corpus; nothing where there is no file. Raises CourseError for another file."""
    path = folder / RAW
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}")
        return {
            name: Measured.from_json(data["corpora"][name]) for name in CORPORA if name in data["corpora"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path}: not a measurement of this version ({error}); remove it") from error


def save(corpora: Mapping[str, Measured], folder: Path) -> Path:
    """Write the raw numbers."""
    data = {"format": FORMAT, "corpora": {name: _rounded(one.to_json()) for name, one in corpora.items()}}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace('},{"', '},\n{"')
    write_atomically(folder / RAW, text + "\n")
    return folder / RAW


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list) else value


def write(corpora: Mapping[str, Measured], folder: Path) -> list[Path]:
    """Write page, pictures and raw numbers; returns their paths."""
    raw = save(corpora, folder)
    pictures = draw(corpora, folder / IMAGES)
    write_atomically(folder / PAGE, page(corpora, pictures))
    return [folder / PAGE, *(folder / IMAGES / name for name, _, _ in pictures), raw]


def bar_rows(bars: Sequence[Bar]) -> list[list[str]]:
    """The bars as a table with its head."""
    head = ["figure", "bar", "measured", "met", "against immediate shutdown"]
    return [
        head,
        *([b.figure, b.promise, b.measured, "yes" if b.met else "no", b.beside or "-"] for b in bars),
    ]


def line_rows(measured: Measured) -> list[list[str]]:
    """Every grader on one corpus as a table with its head."""
    base = figures.stock(measured, STOCK).rate.median
    quick = figures.stock(measured, IMMEDIATE).rate.median
    head = [
        *("grader", "graded", "per minute", "seconds each", "CPU s each", "own", "overhead"),
        *("times stock", "times immediate"),
    ]
    return [head, *(_row(line, base, quick) for line in figures.lines(measured))]


def _row(line: Line, base: float, quick: float) -> list[str]:
    minute = figures.Spread(60 * line.rate.median, 60 * line.rate.low, 60 * line.rate.high)
    return [
        line.label,
        f"{line.graded}{' (the rest estimated)' if line.estimated else ''}",
        minute.text(".1f"),
        line.seconds.text(),
        line.cpu.text(),
        f"{line.own:.2f}",
        f"{line.overhead:.2f}",
        f"{line.rate.median / base:.1f}",
        f"{line.rate.median / quick:.1f}",
    ]


def page(corpora: Mapping[str, Measured], pictures: Sequence[tuple[str, str, str]]) -> str:
    """The page of the instructor guide, in MyST Markdown. pictures: file name, alt text and caption of each."""
    machines = (_machine(one.machine) for one in corpora.values())
    exact = [run.exact_cpu for one in corpora.values() for run in one.stock]
    exact += [run.exact_cpu for one in corpora.values() for run in one.engine]
    environment = Environment(
        loader=PackageLoader("course_lib.grading.bench"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # it is Markdown, and nothing in it comes from a student
    )
    return environment.get_template("report.md.j2").render(
        sizes=" or ".join(sorted({str(one.size) for one in corpora.values()})),
        bars=_markdown(bar_rows(figures.bars(corpora))),
        pictures=pictures,
        corpora=[_section(name, one) for name, one in corpora.items()],
        sizing=_sizing(corpora["frameworks"]) if "frameworks" in corpora else None,
        machines=dict.fromkeys(machines),
        estimated=any(len(run.seconds) < one.size for one in corpora.values() for run in one.stock),
        repetitions=_each({name: len(figures.runs(one, STRICT, 2)) for name, one in corpora.items()}),
        exact=all(exact),
        raw=RAW,
    )


def _each(counts: Mapping[str, int]) -> str:
    """A number of times, or that of every class where they differ."""
    if len(set(counts.values())) == 1:
        return f"{next(iter(counts.values()))} times"
    return ", ".join(f"{count} times ({name})" for name, count in counts.items())


def _section(name: str, measured: Measured) -> dict[str, Any]:
    return {
        "title": f"The {name} class: {CORPORA[name]}",
        "table": _markdown(line_rows(measured)),
        "compared": measured.compared,
        "different": measured.different,
        "memory": round(measured.memory_mb[0]) if measured.memory_mb else None,
        "concurrent": measured.concurrent,
    }


def _sizing(measured: Measured) -> dict[str, Any]:
    """What larger classes need, from the rate per core once the servers are warm."""
    rate = figures.spread([run.steady_rate / run.jobs for run in figures.runs(measured, STRICT, 2)]).median
    rows = [["submissions", "core hours", "on 2 cores", "on 16 cores"]]
    for size in _CLASSES:
        hours = size / rate / 3600
        rows.append([f"{size:,}", f"{hours:.2f}", _duration(hours / 2), _duration(hours / 16)])
    return {"rate": f"{60 * rate:.0f}", "table": _markdown(rows)}


def _duration(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{max(1, round(60 * hours))} min"


def _machine(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']:g} GB memory, "
        f"{machine['system']}; {versions}."
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])
