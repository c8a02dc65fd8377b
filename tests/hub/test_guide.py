"""The instructor's guide: every command exists, what it recommends works, and students get no answers."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from nbgrader.apps import NbGraderApp
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from course_lib import cli
from course_lib.grading import source

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "instructor").glob("*.md")), *sorted((ROOT / "hub").rglob("README.md"))]
TOOLS = ("course", "nbgrader", "make")


def commands(page: Path) -> list[list[str]]:
    """The commands of a page's shell blocks that are of this course, nbgrader or make."""
    found = []
    for block in re.findall(r"```(?:bash|shell|sh)\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words and Path(words[0]).name in TOOLS:
                found.append([Path(words[0]).name, *[word for word in words[1:] if word != "&"]])
    return found


ALL = [(page, command) for page in PAGES for command in commands(page)]


def complaint(words: list[str]) -> str:
    """What is wrong with a command; nothing when its tool would take it."""
    tool, *rest = words
    if tool == "course":
        try:
            cli.parser().parse_args(rest)
        except SystemExit:
            return "course does not take it"
        return ""
    if tool == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        return "" if set(rest) <= set(targets) else "no such target"
    app = NbGraderApp()
    while rest and rest[0] in app.subcommands:
        app = app.subcommands[rest.pop(0)][0]()
    if isinstance(app, NbGraderApp):
        return "no such command of nbgrader"
    known = {*app.flags, *app.aliases}
    names = {name for option in known for name in (option if isinstance(option, tuple) else (option,))}
    options = [word.removeprefix("--").split("=")[0] for word in rest if word.startswith("--")]
    unknown = [name for name in options if name not in names and "." not in name]
    return f"no option {', '.join(unknown)}" if unknown else ""


@pytest.mark.parametrize(("page", "words"), ALL, ids=[f"{p.stem}: {shlex.join(w)}" for p, w in ALL])
def test_every_command_exists(page, words, capsys):
    said = complaint(words)
    assert said == "", capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "course marks",
        "course grade --sheduler x y",
        "nbgrader colect x",
        "nbgrader export --two x",
        "make hubs",
    ],
)
def test_a_command_that_does_not_exist_is_found(line):
    assert complaint(shlex.split(line)) != ""


def test_the_guide_has_commands_and_every_page_is_in_the_contents():
    assert len(ALL) > 30
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    missing = [
        p.stem for p in PAGES if p.parent.name == "instructor" and f"instructor/{p.stem}\n" not in contents
    ]
    assert missing == []


def test_the_rule_for_late_work_is_one_that_nbgrader_takes():
    page = (ROOT / "instructor" / "assignments.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.S)
    c = Config()
    exec(block, {"get_config": lambda: c})
    rule = AssignLatePenalties(config=c)
    rule.init_plugin()
    penalty = rule.plugin_inst.late_submission_penalty
    assert [penalty("ada", 10.0, seconds) for seconds in (1, 86400, 86401, 10**9)] == [1.0, 1.0, 2.0, 10.0]


# The students' repository


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page's `git archive` makes."""
    page = (ROOT / "instructor" / "private-solutions.md").read_text(encoding="utf-8")
    words = shlex.split(re.search(r"^(git archive .*?) \|", page, re.M)[1])
    packed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stdout
    folder = tmp_path_factory.mktemp("published")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "student"


def test_students_get_no_answers(student):
    assert not (student / "solutions").exists()
    assert not (student / "tests").exists()
    hidden = {
        line.strip()
        for path in source.find(ROOT)
        for cell in source.load(path).tests().values()
        for line in source.split(cell.source, source.BEGIN_HIDDEN, source.END_HIDDEN).inside
        if line.strip().startswith("assert ") and len(line) > 30
    }
    assert len(hidden) > 50
    for path in (p for p in student.rglob("*") if p.suffix in (".md", ".ipynb", ".py", ".yml", ".yaml")):
        text = path.read_text(encoding="utf-8")
        assert [line for line in hidden if line in text] == [], path


def test_a_new_version_goes_on_with_the_students_history(tmp_path, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Grace")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "grace@example.edu")
    ours, theirs = tmp_path / "course", tmp_path / "student"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(ours)], check=True)
    page = (ROOT / "instructor" / "private-solutions.md").read_text(encoding="utf-8")
    first, _, update = re.findall(r"```bash\n(.*?)```", page, re.S)
    subprocess.run(["bash", "-e", "-c", first], cwd=ours, check=True)
    (ours / "index.md").rename(ours / "start.md")
    subprocess.run("git add --all && git commit --quiet --message Moved", cwd=ours, check=True, shell=True)
    subprocess.run(["bash", "-e", "-c", update], cwd=ours, check=True)
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=theirs, check=True, capture_output=True, text=True
    )
    assert log.stdout.splitlines() == ["A new version", "The course, for students"]
    assert (theirs / "start.md").is_file()
    assert not (theirs / "index.md").exists()
    assert not any((theirs / name).exists() for name in ("solutions", "tests", ".ci"))
    kept = {path.name for path in (theirs / ".github" / "workflows").iterdir()}
    assert kept == {"gpu.yml", "pages.yml"}


def test_the_students_repository_is_in_step(student):
    done = subprocess.run(
        [sys.executable, "-m", "course_lib.cli", "sync", "--check", "perceptron"],
        cwd=student,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("in step: 1 notebooks, 0 exercises")


def test_the_page_says_what_the_report_of_the_load_says() -> None:
    report = json.loads((ROOT / "instructor/hub-load.json").read_text(encoding="utf-8"))
    page = (ROOT / "instructor/hub.md").read_text(encoding="utf-8")
    for name, label in (("fetch", "fetch"), ("submit", "submit, with the restart")):
        figures = " | ".join(f"{report[name][key]:.1f}" for key in ("median", "95th percentile", "longest"))
        assert f"| {label} | {figures} |" in page
    assert f"it took {report['total']:.0f} seconds" in page
    assert f"again {report['restart']['away']:.0f} seconds later" in page
    assert report["errors"] == []
    assert {report[name] for name in ("students", "kept", "collected", "exact")} == {100}
