"""What is made of a submission: the author's notebook with the student's answers, whatever the bytes are.

The numbers are those of the list of attacks; each has an honest twin that must lose nothing.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from traitlets.config import Config

from course_lib.grading import source
from course_lib.grading.engine import generated
from course_lib.grading.engine.bundle import from_assignment
from course_lib.grading.engine.intake import Rebuilt, RebuiltCell, rebuild
from course_lib.grading.engine.model import GRADED, REFUSED, Bundle, Cell, Notebook, Submission
from tests.grading import counting

ANSWER = "def total(numbers):\n    return sum(numbers)"
FORGED = "assert True"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> source.Assignment:
    return source.load(counting.course(tmp_path_factory.mktemp("own")))


@pytest.fixture(scope="module")
def bundle(assignment: source.Assignment) -> Bundle:
    return from_assignment(assignment)


@pytest.fixture(scope="module")
def released(assignment: source.Assignment) -> Json:
    """The student notebook, as JSON."""
    saved = generated.saved("counting", assignment.notebook, Config())
    return json.loads(nbformat.writes(generated.released("counting", saved, Config())))


@pytest.fixture
def notebook(released: Json) -> Json:
    """An honest student's notebook: `total` is answered."""
    notebook = copy.deepcopy(released)
    cell(notebook, "total")["source"] = ANSWER
    return notebook


def cell(notebook: Json, grade_id: str) -> Json:
    """A submitted cell by its name."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def added(text: str, kind: str = "code", **metadata: Any) -> Json:
    """A cell that a student adds."""
    return {"cell_type": kind, "metadata": metadata, "source": text, "outputs": [], "execution_count": None}


def put_after(notebook: Json, grade_id: str, *cells: Json) -> None:
    """Inserts cells below a named one."""
    at = notebook["cells"].index(cell(notebook, grade_id)) + 1
    notebook["cells"][at:at] = cells


def take(bundle: Bundle, notebook: Json | bytes, **files: bytes) -> Rebuilt:
    """Intake of one notebook with other files."""
    data = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    return rebuild(bundle, Submission("ann", {"counting.ipynb": data, **files}))


def named(rebuilt: Rebuilt) -> dict[str, RebuiltCell]:
    """The author's cells that have a name, by it."""
    return {c.cell.grade_id: c for c in rebuilt.notebooks[0].cells if c.cell and c.cell.grade_id}


def is_sound(bundle: Bundle, rebuilt: Rebuilt) -> bool:
    """Whether the author's cells are all there, in order, and none that gives points is the student's."""
    for notebook, made in zip(bundle.notebooks, rebuilt.notebooks, strict=True):
        if made.status == REFUSED:
            assert made.reason
            assert made.cells == []
            continue
        assert tuple(c.cell for c in made.cells if c.cell) == notebook.cells
        for c in made.cells:
            assert c.kind in ("code", "markdown", "raw")
            c.source.encode()
            if c.cell and not c.cell.is_answer:
                assert c.source == c.cell.source
                assert c.kind == c.cell.kind
    for line in (
        rebuilt.reason,
        *rebuilt.notes,
        *(n for m in rebuilt.notebooks for n in (m.reason, *m.notes)),
    ):
        assert line.isprintable()
        assert len(line) < 300
    return True


def test_an_honest_submission(bundle: Bundle, notebook: Json) -> None:
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert (rebuilt.status, rebuilt.notes, rebuilt.notebooks[0].notes) == (GRADED, [], [])
    cells = named(rebuilt)
    assert cells["total"] == RebuiltCell("code", ANSWER, cells["total"].cell)
    assert not cells["largest"].changed
    assert not cells["why"].changed
    assert "HIDDEN" in cells["test_total"].source
    assert len(rebuilt.notebooks[0].cells) == len(bundle.notebooks[0].cells)


def test_untouched_means_the_same_as_in_nbgrader(bundle: Bundle, released: Json) -> None:
    rebuilt = take(bundle, released)
    assert not any(c.changed for c in rebuilt.notebooks[0].cells)
    cell(released, "why")["source"] = "YOUR ANSWER HERE\n"
    assert named(take(bundle, released))["why"].changed


# 1, 11, 12, 22: metadata


def _skips_the_test(notebook: Json) -> None:
    cell(notebook, "test_total")["metadata"]["tags"] = ["skip-execution", "raises-exception"]


def _raises_the_points(notebook: Json) -> None:
    cell(notebook, "test_total")["metadata"]["nbgrader"].update(points=100, checksum="0" * 32, locked=False)


def _makes_the_test_an_answer(notebook: Json) -> None:
    test = cell(notebook, "test_total")
    test["metadata"]["nbgrader"].update(solution=True, grade=False, locked=False)
    test["source"] = FORGED


def _makes_an_answer_a_test(notebook: Json) -> None:
    cell(notebook, "total")["metadata"]["nbgrader"].update(solution=False, grade=True, points=50)


def _makes_the_test_text(notebook: Json) -> None:
    cell(notebook, "test_total").update(cell_type="markdown", source=FORGED)


def _takes_another_kernel(notebook: Json) -> None:
    notebook["metadata"] = {"kernelspec": {"name": "evil", "language": "R"}, "language_info": {"name": "R"}}


def _rewrites_the_test(notebook: Json) -> None:
    cell(notebook, "test_total")["source"] = FORGED


def _rewrites_the_set_up(notebook: Json) -> None:
    cell(notebook, "setup")["source"] = "math = None"


@pytest.mark.parametrize(
    ("attack", "note"),
    [
        (_skips_the_test, ""),
        (_raises_the_points, "'test_total': its type or points were changed"),
        (_makes_the_test_an_answer, "'test_total' is a test and was changed; the original was used"),
        (_makes_an_answer_a_test, "'total': its type or points were changed; that has no effect"),
        (_makes_the_test_text, "'test_total' is a test and was changed; the original was used"),
        (_takes_another_kernel, ""),
        (_rewrites_the_test, "'test_total' is a test and was changed; the original was used"),
        (_rewrites_the_set_up, "'setup' belongs to the assignment and was changed; the original was used"),
    ],
)
def test_metadata_and_tests_are_the_bundles(
    bundle: Bundle, notebook: Json, attack: Callable[[Json], None], note: str
) -> None:
    honest = take(bundle, notebook)
    attack(notebook)
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert rebuilt.notebooks[0].cells == honest.notebooks[0].cells
    assert any(note in line for line in rebuilt.notebooks[0].notes) == bool(note)


def test_tags_and_outputs_of_an_honest_notebook_do_no_harm(bundle: Bundle, notebook: Json) -> None:
    honest = take(bundle, notebook)
    for c in notebook["cells"]:
        c["metadata"]["tags"] = ["mine"]
        c["id"] = "x"
        c["attachments"] = {"a.png": {"image/png": "AAAA"}}
        if c["cell_type"] == "code":
            c["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "[{"}]
            c["source"] = "".join(c["source"])
    rebuilt = take(bundle, notebook)
    assert rebuilt.notebooks == honest.notebooks


# 13: deleted cells


@pytest.mark.parametrize("grade_id", ["test_total", "setup", "total", "why"])
def test_a_deleted_cell_is_put_back(bundle: Bundle, notebook: Json, grade_id: str) -> None:
    honest = take(bundle, notebook)
    notebook["cells"].remove(cell(notebook, grade_id))
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    restored = named(rebuilt)[grade_id]
    assert restored.missing
    assert not restored.changed
    assert any(f"'{grade_id}' was missing; it was put back" in line for line in rebuilt.notebooks[0].notes)
    if not restored.cell or not restored.cell.is_answer:
        assert [c.source for c in rebuilt.notebooks[0].cells] == [c.source for c in honest.notebooks[0].cells]


def test_an_empty_notebook_has_all_tests_and_no_answers(bundle: Bundle) -> None:
    rebuilt = take(bundle, {"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    assert is_sound(bundle, rebuilt)
    assert rebuilt.notebooks[0].status == GRADED
    assert not any(c.changed for c in rebuilt.notebooks[0].cells)
    assert any("none of the assignment's cells" in line for line in rebuilt.notebooks[0].notes)


def test_a_retyped_answer_that_lost_its_name_is_found(bundle: Bundle, notebook: Json) -> None:
    answer = cell(notebook, "total")
    answer["metadata"] = {}
    put_after(notebook, "test_total", added("print('scratch')"))
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert named(rebuilt)["total"].source == ANSWER
    assert any("had lost its name" in line for line in rebuilt.notebooks[0].notes)


# 24: copies


def test_a_copied_test_counts_once(bundle: Bundle, notebook: Json) -> None:
    honest = take(bundle, notebook)
    notebook["cells"].append(copy.deepcopy(cell(notebook, "test_total")))
    rebuilt = take(bundle, notebook)
    assert rebuilt.notebooks[0].cells == honest.notebooks[0].cells
    assert any("'test_total' is there 2 times" in line for line in rebuilt.notebooks[0].notes)


def test_a_copied_and_edited_cell_is_an_added_cell(bundle: Bundle, notebook: Json) -> None:
    helper = copy.deepcopy(cell(notebook, "test_total")) | {"source": "helper = 1"}
    put_after(notebook, "setup", helper)
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    sources = [c.source for c in rebuilt.notebooks[0].cells]
    assert sources.index("helper = 1") < sources.index(ANSWER)


def test_of_two_answers_the_one_in_its_place_counts(bundle: Bundle, notebook: Json) -> None:
    scratch = copy.deepcopy(cell(notebook, "total")) | {"source": "def total(numbers): return 'scratch'"}
    put_after(notebook, "test_largest", scratch)
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert named(rebuilt)["total"].source == ANSWER
    sources = [c.source for c in rebuilt.notebooks[0].cells]
    assert sources.index(named(rebuilt)["test_total"].source) < sources.index(scratch["source"])


def test_of_two_answers_side_by_side_the_last_counts_as_in_nbgrader(bundle: Bundle, notebook: Json) -> None:
    first = copy.deepcopy(cell(notebook, "total")) | {"source": "def total(numbers): return 'first try'"}
    put_after(notebook, "setup", first)
    rebuilt = take(bundle, notebook)
    assert named(rebuilt)["total"].source == ANSWER
    sources = [c.source for c in rebuilt.notebooks[0].cells]
    assert sources.index(first["source"]) < sources.index(ANSWER)


# cells that students add


def test_added_cells_stay_in_their_places(bundle: Bundle, notebook: Json) -> None:
    put_after(notebook, "setup", added("a = 1"), added("My plan", "markdown"), added("  \n"))
    put_after(notebook, "total", added("b = 2"))
    put_after(notebook, "why", added("c = 3"))
    notebook["cells"].insert(0, added("first = 0"))
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert rebuilt.notebooks[0].notes == []
    sources = [c.source for c in rebuilt.notebooks[0].cells]
    setup = named(rebuilt)["setup"].source
    at = sources.index(setup)
    assert sources[0] == "first = 0"
    assert sources[at + 1 : at + 3] == ["a = 1", "My plan"]
    assert sources[sources.index(ANSWER) + 1] == "b = 2"
    assert sources[-1] == "c = 3"


def test_added_code_is_dropped_where_the_assignment_says_so(bundle: Bundle, notebook: Json) -> None:
    put_after(notebook, "setup", added("a = 1"), added("My plan", "markdown"))
    strict = Bundle(bundle.assignment, bundle.notebooks, extra_cells=False)
    rebuilt = take(strict, notebook)
    assert [c.source for c in rebuilt.notebooks[0].cells if c.cell is None] == ["My plan"]
    assert rebuilt.notebooks[0].notes == ["code cells that were added are not run in this assignment"]


def test_added_code_runs_before_a_deleted_test(bundle: Bundle, notebook: Json) -> None:
    put_after(notebook, "total", added("b = 2"))
    notebook["cells"].remove(cell(notebook, "test_total"))
    sources = [c.source for c in take(bundle, notebook).notebooks[0].cells]
    assert sources.index("b = 2") == sources.index(ANSWER) + 1


def test_moved_cells_go_back(bundle: Bundle, notebook: Json) -> None:
    honest = take(bundle, notebook)
    notebook["cells"].reverse()
    rebuilt = take(bundle, notebook)
    assert rebuilt.notebooks[0].cells == honest.notebooks[0].cells
    assert rebuilt.notebooks[0].notes == ["cells are not in the assignment's order; they were put back"]


def test_an_unnamed_cell_of_the_author_that_was_edited_has_the_last_word() -> None:
    plain, task = Cell("code", 'NAME = ""', defines=("NAME",)), Cell("code", "raise E", "f", solution=True)
    bundle = Bundle("counting", (Notebook("counting", {}, (plain, task)),))
    answer = added("f = 1", nbgrader={"grade_id": "f", "solution": True, "grade": False})
    rebuilt = take(bundle, {"cells": [added('NAME = "Ann"'), answer]})
    assert [c.source for c in rebuilt.notebooks[0].cells] == ['NAME = ""', 'NAME = "Ann"', "f = 1"]
    rebuilt = take(bundle, {"cells": [added('NAME = ""'), answer]})
    assert [c.cell for c in rebuilt.notebooks[0].cells] == [plain, task]


# 15, 23: files


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("torch.py", "it would hide the library 'torch'"),
        ("numpy/__init__.py", "it would hide the library 'numpy'"),
        ("random.py", "it would hide the library 'random'"),
        ("course_lib/grading/quiet.py", "it would hide the library 'course_lib'"),
        ("sitecustomize.py", "files of this kind are not taken"),
        ("evil.pth", "files of this kind are not taken"),
        (".ipython/profile_default/startup/00.py", "files of this kind are not taken"),
        ("other.ipynb", "files of this kind are not taken"),
        ("../helpers.py", "a path that leaves its folder"),
        ("/etc/helpers.py", "an absolute path"),
        ("notes.pdf", "the assignment takes no such file"),
        ("table.csv/x.py", "another file has its name"),
    ],
)
def test_a_file_that_does_harm_by_its_name_is_not_used(
    bundle: Bundle, notebook: Json, path: str, reason: str
) -> None:
    accepting = Bundle(
        "counting", bundle.notebooks, files={"table.csv": "MSwy"}, accepts=("*.py", "*.pth", "*.ipynb")
    )
    rebuilt = take(accepting, notebook, **{path: b"evil", "helpers.py": b"good", "data/random.csv": b"1"})
    assert rebuilt.files == {"helpers.py": b"good"}
    assert f"'{path}' was not used: {reason}" in rebuilt.notes


def test_accepted_files_may_have_any_other_name_and_replace_the_authors(
    bundle: Bundle, notebook: Json
) -> None:
    accepting = Bundle(
        "counting", bundle.notebooks, files={"a.csv": "MSwy", "b.txt": "MQ=="}, accepts=("*.csv",)
    )
    files = {"a.csv": b"3", "data/random.csv": b"1", "statistics.csv": b"2"}
    rebuilt = take(accepting, notebook, **files, **{"b.txt": b"forged"})
    assert rebuilt.files == files
    assert rebuilt.notes == ["'b.txt' was not used: the assignment's own is used"]


# 39: what is no notebook


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"{", "it is not valid JSON (line 1)"),
        (b"\xff\xfe{}", "it is not UTF-8 text (byte 0)"),
        ("{}".encode("utf-16"), "it is not UTF-8 text"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"cells": [], "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "it is nested too deeply"),
        (b"[" * 200_001, "it holds too many values"),
        (b"[" + b"1," * 2_000_001 + b"1]", "it holds too many values"),
        (b"[]", "it is JSON, but not a notebook"),
        (b"null", "it is JSON, but not a notebook"),
        (b"3", "it is JSON, but not a notebook"),
        (b"{}", "not a notebook of format 3 or 4"),
        (b'{"cells": {}}', "its cells are not a list"),
        (b'{"cells": [' + b"{}," * 2001 + b"{}]}", "it has more than 2000 cells"),
        (
            json.dumps({"cells": [added("#" * 190_000)] * 30}).encode(),
            "its cells hold more than 5,000,000 characters",
        ),
        (b'"' + b"x" * (21 * 2**20) + b'"', "it is larger than 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
def test_what_is_no_notebook_is_refused_with_a_reason(bundle: Bundle, data: bytes, reason: str) -> None:
    rebuilt = take(bundle, data)
    assert is_sound(bundle, rebuilt)
    assert rebuilt.status == REFUSED
    assert rebuilt.reason.startswith("counting.ipynb: ")
    assert reason in rebuilt.reason


def test_odd_but_readable_json_is_read(bundle: Bundle, notebook: Json) -> None:
    honest = take(bundle, notebook)
    text = json.dumps(notebook)
    for odd in (
        "\ufeff" + text,
        text.replace(
            '"metadata": {}', '"metadata": {"big": ' + "9" * 10_000 + ', "odd": [NaN, -Infinity, 1e999]}'
        ),
        '{"cells": [], ' + text[1:],
        text.replace('"nbformat": 4', '"nbformat": "four"'),
    ):
        assert take(bundle, odd.encode()).notebooks == honest.notebooks


def test_an_old_notebook_is_read(bundle: Bundle, notebook: Json) -> None:
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    cells = [c | {"input": c["source"]} if c["cell_type"] == "code" else c for c in notebook["cells"]]
    for c in cells:
        if c["cell_type"] == "code":
            del c["source"]
    rebuilt = take(bundle, old | {"worksheets": [{"cells": cells[:4]}, {"cells": cells[4:]}]})
    assert rebuilt.notebooks == take(bundle, notebook).notebooks


def test_text_that_no_file_can_hold_is_replaced(bundle: Bundle, notebook: Json) -> None:
    cell(notebook, "total")["source"] = "x = '\ud800\0'"
    assert named(take(bundle, notebook))["total"].source == "x = '?\N{REPLACEMENT CHARACTER}'"


def test_an_answer_of_a_megabyte_is_not_taken(bundle: Bundle, notebook: Json) -> None:
    cell(notebook, "total")["source"] = "#" * 1_000_000
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert not named(rebuilt)["total"].changed
    assert any("'total' could not be read or is too long" in line for line in rebuilt.notebooks[0].notes)


def test_a_flood_of_notes_is_cut(bundle: Bundle, notebook: Json) -> None:
    for number in range(500):
        notebook["cells"].append(added("x", nbgrader={"grade_id": f"own{number}", "grade": True}))
    assert len(take(bundle, notebook).notebooks[0].notes) == 21


# which file is the notebook


def test_a_renamed_notebook_is_taken_when_it_is_the_only_one(bundle: Bundle, notebook: Json) -> None:
    data = json.dumps(notebook).encode()
    rebuilt = rebuild(bundle, Submission("ann", {"counting (1).ipynb": data}))
    assert rebuilt.status == GRADED
    assert named(rebuilt)["total"].source == ANSWER
    assert rebuilt.notebooks[0].notes == ["'counting (1).ipynb' was taken as counting.ipynb"]
    rebuilt = rebuild(bundle, Submission("ann", {"a.ipynb": data, "b.ipynb": data}))
    assert rebuilt.status == REFUSED
    assert rebuilt.reason == "counting.ipynb was not handed in; there is 'a.ipynb', 'b.ipynb'"


def test_one_of_two_notebooks_is_missing(bundle: Bundle, notebook: Json) -> None:
    two = Bundle("counting", (*bundle.notebooks, Notebook("second", {}, bundle.notebooks[0].cells)))
    rebuilt = take(two, notebook)
    assert is_sound(two, rebuilt)
    assert rebuilt.status == GRADED
    assert [n.status for n in rebuilt.notebooks] == [GRADED, REFUSED]
    assert rebuilt.notebooks[1].reason == "second.ipynb was not handed in"


def test_nothing_handed_in_has_the_readers_reason(bundle: Bundle) -> None:
    assert rebuild(bundle, Submission("ann", {})).reason == "nothing was handed in"
    rebuilt = rebuild(bundle, Submission("ann", {}, problems=("'ann' was refused: it is a link",)))
    assert (rebuilt.status, rebuilt.reason) == (REFUSED, "'ann' was refused: it is a link")


# anything at all


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**30, 1.5, float("nan"), "", "x", "total", "test_total", "\ud800", "\0"),
    *([], {}, [[]], [1], ["a", 2], {"a": {}}, "code", "markdown", "heading", "x" * 1000),
)


def _mutate(value: Any, chance: random.Random) -> None:
    """Changes one place of a JSON value."""
    while isinstance(value, dict | list) and value:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = chance.choice(keys)
        if chance.random() < 0.35 or not isinstance(value[key], dict | list) or not value[key]:
            match chance.randrange(4):
                case 0:
                    del value[key]
                case 1 if isinstance(value, list):
                    value.insert(chance.randrange(len(value) + 1), copy.deepcopy(value[key]))
                case 2:
                    value[key] = copy.deepcopy(value[chance.choice(keys)])
                case _:
                    value[key] = copy.deepcopy(chance.choice(VALUES))
            return
        value = value[key]


@pytest.mark.parametrize("seed", range(8))
def test_mutated_notebooks_never_raise_and_keep_the_authors_cells(
    bundle: Bundle, notebook: Json, seed: int
) -> None:
    chance = random.Random(seed)
    graded = 0
    for _ in range(400):
        mutant = copy.deepcopy(notebook)
        for _ in range(chance.randrange(1, 9)):
            _mutate(mutant, chance)
        rebuilt = take(bundle, mutant)
        assert is_sound(bundle, rebuilt)
        graded += rebuilt.status == GRADED
    assert graded > 200


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_never_raise(bundle: Bundle, notebook: Json, seed: int) -> None:
    chance = random.Random(seed)
    honest = json.dumps(notebook).encode()
    for _ in range(500):
        data = bytearray(honest)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randrange(1, 50)]
                case _:
                    data[at:at] = data[: chance.randrange(50)]
        assert is_sound(bundle, take(bundle, bytes(data)))


def test_a_thousand_copies_are_added_cells(bundle: Bundle, notebook: Json) -> None:
    put_after(notebook, "why", *(added(f"x{n} = 1", nbgrader={"grade_id": "total"}) for n in range(1000)))
    rebuilt = take(bundle, notebook)
    assert is_sound(bundle, rebuilt)
    assert sum(c.cell is None for c in rebuilt.notebooks[0].cells) == 1000


def test_the_real_assignments_student_notebook_is_taken_as_it_is() -> None:
    root = Path(__file__).parents[3]
    perceptron = from_assignment(source.load(root / "solutions/perceptron/perceptron.md"))
    data = (root / "exercises/perceptron/perceptron.ipynb").read_bytes()
    rebuilt = rebuild(perceptron, Submission("ann", {"perceptron.ipynb": data}))
    assert (rebuilt.notes, rebuilt.notebooks[0].notes) == ([], [])
    assert not any(c.changed or c.missing or c.cell is None for c in rebuilt.notebooks[0].cells)
