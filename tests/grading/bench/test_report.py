"""The report: raw numbers that can be read again, a page with its tables and pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from course_lib.grading.bench import report
from course_lib.notebooks.errors import CourseError

from .made import measured


def made() -> dict:
    return {"frameworks": measured(), "numpy": measured(speed=3), "training": measured(graded=20)}


def test_raw_numbers_come_back(tmp_path: Path) -> None:
    corpora = made()
    report.save(corpora, tmp_path)
    again = report.load(tmp_path)
    assert list(again) == list(corpora)
    assert again["training"].stock == corpora["training"].stock
    assert again["numpy"].latency == corpora["numpy"].latency
    assert report.page(again, []) == report.page(corpora, [])


def test_nothing_measured_yet(tmp_path: Path) -> None:
    assert report.load(tmp_path) == {}


@pytest.mark.parametrize(
    "text", ["{}", "[", '{"format": 0, "corpora": {}}', '{"format": 1, "corpora": {"numpy": {}}}']
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / report.RAW).write_text(text)
    with pytest.raises(CourseError, match="not a measurement of this version") as error:
        report.load(tmp_path)
    assert "\n" not in str(error.value)


def test_page_and_pictures(tmp_path: Path) -> None:
    paths = report.write(made(), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "grading-benchmark.md",
        "images/grading-rate.svg",
        "images/grading-cpu.svg",
        "images/grading-progress.svg",
        "grading-benchmark.json",
    ]
    page = (tmp_path / "grading-benchmark.md").read_text(encoding="utf-8")
    for picture in re.findall(r"\{figure\} (\S+)\n:alt: (.+)\n", page):
        assert len(picture[1]) > 40
        assert ElementTree.parse(tmp_path / picture[0]).getroot().tag.endswith("svg")
    assert page.count("{figure}") == 3
    assert "Where stock nbgrader graded only the first submissions of a class" in page
    assert page.count("A processor, 2 cores, 23.5 GB memory") == 1
    for table in re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
    assert not re.search(r"\n\n\n|\bnan\b", page)


def test_pictures_are_the_same_every_time(tmp_path: Path) -> None:
    one, two = (report.write(made(), tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_differences_are_shown() -> None:
    one = measured()
    one.different = ["student-001 numpy test_softmax: auto_score 2.0 is 0.0"]
    page = report.page({"numpy": one}, [])
    assert "1 differ" in page
    assert "* student-001 numpy test_softmax: auto_score 2.0 is 0.0" in page


def test_cpu_of_the_whole_machine_is_confessed() -> None:
    one = measured()
    assert "control group: that of the command" in report.page({"numpy": one}, [])
    one.engine[0].exact_cpu = False
    assert "it is too high" in report.page({"numpy": one}, [])


def test_raw_numbers_are_plain(tmp_path: Path) -> None:
    text = report.save(made(), tmp_path).read_text(encoding="utf-8")
    assert json.loads(text)["format"] == report.FORMAT
    assert text.endswith("\n")
