"""Where a kernel cannot be forked, an ordinary one starts, and the count says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from course_lib.kernels import Counts, counts, import_variables_set_in, recording
from course_lib.kernels.provisioner import is_own_ipykernel
from tests.kernels.processes import Kernel, run_python


def start_cold(kernel, env: dict[str, str] | None = None, name: str = "python3", **launch: object) -> str:
    """Start a kernel that must turn out cold and work; returns the reason that was counted."""
    with recording():
        one: Kernel = kernel(name, env=env, **launch)
        assert one.run("print(6 * 7)") == "42\n"
        found = counts()
    assert (found.warm, found.cold) == (0, 1)
    (reason,) = found.reasons
    one.close()
    return reason


def test_switched_off(kernel) -> None:
    assert start_cold(kernel, {"COURSE_WARM": "0"}) == "COURSE_WARM=0"


def test_folder_that_others_can_open(kernel, tmp_path, monkeypatch) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o755)
    monkeypatch.setenv("COURSE_WARM_DIR", str(open_to_all))
    assert "only you can open" in start_cold(kernel)
    monkeypatch.setenv("COURSE_WARM_DIR", str(tmp_path / ("long" * 30)))
    assert "too long" in start_cold(kernel)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import os; os._exit(3)", "did not start"),
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
            "did not start",
        ),
        ("class cuda:\n    is_initialized = staticmethod(lambda: True)", "CUDA is initialised"),
    ],
    ids=["import-dies", "import-starts-a-thread", "cuda-initialised"],
)
def test_server_that_cannot_fork(kernel, tmp_path, module, reason) -> None:
    (tmp_path / "torch.py").write_text(module)
    env = {"PYTHONPATH": str(tmp_path), "COURSE_WARM_PRELOAD": "torch"}
    assert reason in start_cold(kernel, env)


def test_launches_a_fork_cannot_follow(kernel, tmp_path) -> None:
    assert "stderr=PIPE" in start_cold(kernel, stderr=subprocess.PIPE)
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 50\n")
    assert "matplotlibrc" in start_cold(kernel, cwd=str(tmp_path))


def test_other_kernels_start_as_they_say(kernel, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "kernels" / "other"
    folder.mkdir(parents=True)
    argv = [sys.executable, "-X", "utf8", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "other", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert start_cold(kernel, name="other") == "not this interpreter's ipykernel"


def test_only_this_interpreters_ipykernel_is_forked(tmp_path) -> None:
    tail = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    for name in (
        "python",
        "python3",
        sys.executable,
        os.path.join(os.path.dirname(sys.executable), "python3"),
    ):
        assert is_own_ipykernel([name, *tail])
    elsewhere = tmp_path / "python"
    elsewhere.symlink_to(sys.executable)
    assert not is_own_ipykernel([str(elsewhere), *tail])
    assert not is_own_ipykernel(["python", "-m", "xeus_python", "-f", "{connection_file}"])
    assert not is_own_ipykernel(["R", "--slave"])


def test_counts_of_a_process_tree(monkeypatch) -> None:
    note = (
        "from course_lib.kernels.record import note_start; note_start('warm'); note_start('cold', 'because')"
    )
    with recording():
        assert counts() == Counts(0, 0, {})
        for _ in range(2):
            assert run_python(note).returncode == 0
        assert counts() == Counts(2, 2, {"because": 2})
        assert str(counts()) == "2 warm, 2 cold (2 x because)"
    assert "COURSE_KERNEL_RECORD" not in os.environ
    assert str(Counts(12, 0)) == "12 warm, 0 cold"


def test_notebooks_that_set_import_variables_are_recognised() -> None:
    source = """
%env TF_USE_LEGACY_KERAS=1
import os
os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault('OMP_NUM_THREADS', "2")
os.environ["MY_OWN"] = "1"
if os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3": pass
"""
    assert import_variables_set_in(source) == ["KERAS_BACKEND", "OMP_NUM_THREADS", "TF_USE_LEGACY_KERAS"]
    assert import_variables_set_in("x = 1") == []
