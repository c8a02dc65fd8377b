"""The ``course`` command: exit codes, and one line for every mistake."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from course_lib.cli import main
from course_lib.notebooks import Project
from course_lib.notebooks.verify import Budget

from .notebooks.conftest import Write, cell, course, write

__all__ = ["course", "write"]  # fixtures

Call = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def call(course: Project, capsys: pytest.CaptureFixture[str]) -> Call:
    """``call("sync", ...)``: exit code, lines on standard output, lines on standard error."""

    def run(*args: str) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        try:
            code = main(["--root", str(course.root), *args])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err.splitlines()

    return run


def test_sync_writes_and_checks(call: Call, write: Write) -> None:
    write("one", cell("x = 1"))
    assert call("sync", "--check") == (1, [], ["chapters/part/one.ipynb: missing: run `course sync`"])
    assert call("sync") == (
        0,
        ["wrote chapters/part/one.ipynb", "1 changed of 1 notebooks and 0 exercises"],
        [],
    )
    assert call("sync", "--check") == (0, ["in step: 1 notebooks, 0 exercises"], [])
    write("one", cell("x = 2"))
    code, _, (line,) = call("sync", "--check", "one")
    assert code == 1
    assert line.startswith("chapters/part/one.ipynb: cell 3 (id ")
    assert line.endswith(") differs from its source: run `course sync`")


@pytest.mark.parametrize("command", ["sync", "run", "build"])
@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (cell("x = = 1"), "chapters/part/one.md:14: cell 3: Python cannot read this cell: invalid syntax"),
        (cell("x = 1", "kears"), "chapters/part/one.md:15: cell 3: unknown tag 'kears'; known tags: "),
        (
            cell("x = 1", "keras"),
            "chapters/part/one.md:15: cell 3: this keras cell has no pytorch cell next to it",
        ),
    ],
)
def test_bad_sources(call: Call, course: Project, write: Write, command: str, cells: str, line: str) -> None:
    (course.root / "_config.yml").write_text("title: Tiny\n")
    write("one", cells)
    code, _, err = call(command)
    assert code == 2
    assert err[0].startswith(line)
    assert err[1:] == (
        ["course: the site was not built: mend the chapters above"] if command == "build" else []
    )


def test_good_chapters_go_on_beside_a_bad_one(call: Call, write: Write) -> None:
    write("bad", cell("x = 1", "tpyo"))
    write("good", cell("x = 1"))
    assert call("sync")[:2] == (
        2,
        ["wrote chapters/part/good.ipynb", "1 changed of 1 notebooks and 0 exercises"],
    )
    assert call("sync", "--check")[:2] == (2, [])
    code, out, _ = call("run", "--device", "cpu", "--cold")
    assert code == 2
    assert [line.split()[0] for line in out[1:-2]] == ["chapters/part/good.md"]


def test_run_and_its_failures(call: Call, course: Project, write: Write) -> None:
    (course.root / "_config.yml").write_text("title: Tiny\n")
    write("bad", cell("{}['lr']"))
    write("good", cell("x = 1"))
    code, out, err = call("run", "--device", "cpu", "--cold", "-j", "2")
    assert code == 1
    assert out[0].split() == ["notebook", "cells", "CPU", "s", "wall", "s", "peak", "MB", "kernel", "status"]
    assert out[1].split() == ["chapters/part/bad.md", "2", "-", "-", "-", "-", "failed"]
    assert out[2].split()[0] == "chapters/part/good.md"
    assert out[2].split()[-2:] == ["cold", "ran"]
    assert out[3].startswith("1 ran, 0 fresh, 1 failed; ")
    assert out[4] == "kernels: 0 warm, 2 cold (2 x COURSE_WARM=0)"
    assert err[-1] == "chapters/part/bad.md:14: cell 3: KeyError: 'lr'"
    assert call("run", "good", "--device", "cpu")[0] == 0
    code, _, err = call("build", "--cold")
    assert code == 1
    assert err[-2:] == [
        "chapters/part/bad.md:14: cell 3: KeyError: 'lr'",
        "course: the site was not built: mend the chapters above",
    ]


def test_a_chapter_over_budget_fails_the_run(
    call: Call, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.001, 1500.0))
    write("one", cell("x = 1"))
    code, out, err = call("run", "--device", "cpu", "--cold")
    assert code == 1
    assert out[1].endswith("over budget")
    assert err[-1].startswith("chapters/part/one.md:")
    assert " s of CPU, the limit is 0.001 s; this cell takes longest, " in err[-1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "nowhere"], "course: nowhere: no such chapter; known: one, part"),
        (["run", "oen"], "course: oen: no such chapter; did you mean one?"),
        (
            ["run", "-j", "0"],
            "course run: argument -j/--jobs: '0' is not a number of processes; see course run --help",
        ),
        (
            ["run", "--profile", "slow"],
            "course run: argument --profile: invalid choice: 'slow' (choose from ",
        ),
        (
            ["run", "--framework", "jax"],
            "course run: argument --framework: invalid choice: 'jax' (choose from ",
        ),
        (["bake"], "course: argument COMMAND: invalid choice: 'bake' (choose from "),
        ([], "course: the following arguments are required: COMMAND; see course --help"),
        (["release", "nothing"], "course: nothing: no "),
        (["build"], "course: {root}: no _config.yml: this is not a Jupyter Book"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage(call: Call, course: Project, write: Write, args: list[str], message: str) -> None:
    write("one")
    code, _, err = call(*args)
    assert code == 2
    assert err[-1].startswith(message.format(root=course.root))


def test_cuda_without_a_gpu(call: Call, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.notebooks.environment.gpu_frameworks", frozenset)
    write("one")
    code, out, (line,) = call("run", "--device", "cuda")
    assert (code, out) == (2, [])
    assert line == (
        "course: --device cuda: no NVIDIA GPU that keras or pytorch can use here; use --device cpu or auto"
    )


def test_wrong_root(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "sync"]) == 2
    assert (
        capsys.readouterr().err
        == f"course: {tmp_path}: no chapters/ folder there: give the root of a course\n"
    )
