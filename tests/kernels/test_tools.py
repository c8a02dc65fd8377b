"""The stock tools get warm kernels from one environment variable, with the notebooks' own kernelspec."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib.kernels import client, counts, recording
from tests.kernels.processes import is_running, run_python, wait_until

CELLS = [
    "import os, torch\nprint(os.path.basename(os.getcwd()))",
    "print(torch.ones(2).sum().item())",
]
PRINTED = ["book\n", "2.0\n"]


@pytest.fixture(autouse=True)
def one_framework(monkeypatch) -> None:
    """Enough to see that the tools reach the server."""
    monkeypatch.setenv("COURSE_WARM_PRELOAD", "torch")


@pytest.fixture
def notebook(tmp_path) -> Path:
    """A notebook whose stored outputs are right."""
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, (source, text) in enumerate(zip(CELLS, PRINTED, strict=True), 1):
        output = nbformat.v4.new_output("stream", name="stdout", text=text)
        book.cells.append(nbformat.v4.new_code_cell(source, outputs=[output], execution_count=number))
    folder = tmp_path / "book"
    folder.mkdir()
    path = folder / "chapter.ipynb"
    nbformat.write(book, path)
    return path


def printed(path: Path) -> list[str]:
    """What the code cells of the notebook at `path` printed; fails on anything but standard output."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output.name for output in outputs] == ["stdout"] * len(outputs)
    return [output.text for output in outputs]


def module(*arguments: str, cwd: Path) -> None:
    """Run ``python -m`` with `arguments` in `cwd`; fails with its output if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def warm_only() -> int:
    """The number of kernels started inside `recording()`, all of which must be warm."""
    found = counts()
    assert found.cold == 0, str(found)
    return found.warm


def test_papermill(notebook) -> None:
    with recording():
        module("papermill", "--no-progress-bar", "chapter.ipynb", "done.ipynb", cwd=notebook.parent)
        assert warm_only() == 1
    assert printed(notebook.parent / "done.ipynb") == PRINTED


def test_nbval_compares(notebook) -> None:
    with recording():
        module("pytest", "--nbval", "-q", "-p", "no:cacheprovider", "chapter.ipynb", cwd=notebook.parent)
        assert warm_only() == 1


def test_nbclient_in_parallel(notebook) -> None:
    async def execute(number: int) -> list[str]:
        book = nbformat.read(notebook, as_version=4)
        runner = NotebookClient(book, resources={"metadata": {"path": str(notebook.parent)}}, timeout=60)
        await runner.async_execute()
        return [cell.outputs[0].text for cell in book.cells]

    async def both() -> list[list[str]]:
        return list(await asyncio.gather(execute(1), execute(2)))

    with recording():
        assert asyncio.run(both()) == [PRINTED, PRINTED]
        assert warm_only() == 2


def test_jupyter_cache_as_myst_nb_uses_it(notebook) -> None:
    code = """
import sys
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
cache = get_cache(sys.argv[1])
cache.add_nb_to_project(sys.argv[2])
result = load_executor("local-serial", cache).run_and_cache()
assert len(result.succeeded) == 1, result
"""
    with recording():
        done = run_python(code, str(notebook.parent / ".cache"), str(notebook))
        assert done.returncode == 0, done.stderr
        assert warm_only() == 1


def listening(runtime: Path) -> str:
    """The address of the Jupyter server that keeps its files in `runtime`, once it takes connections, else ""."""
    for info in runtime.glob("jpserver-*.json"):  # written before the server listens
        url = json.loads(info.read_text() or "{}").get("url", "")
        try:
            with urllib.request.urlopen(url + "api", timeout=30):
                return url
        except (ValueError, urllib.error.URLError):
            return ""
    return ""


def test_jupyter_server_starts_interrupts_restarts_and_ends_kernels(notebook) -> None:
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--port=0", "--allow-root"]
    command += [f"--ServerApp.root_dir={notebook.parent}", "--IdentityProvider.token=secret"]
    runtime = notebook.parent.parent / "runtime"
    with (
        recording(),
        subprocess.Popen(command, env={**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime)}) as lab,
    ):
        try:
            url = wait_until(lambda: listening(runtime), 60) + "api/kernels"

            def call(method: str, path: str = "", body: bytes | None = None) -> Any:
                headers = {"Authorization": "token secret"}
                request = urllib.request.Request(url + path, data=body, method=method, headers=headers)
                with urllib.request.urlopen(request, timeout=30) as answer:
                    text = answer.read()
                return json.loads(text) if text else None

            made = call("POST", body=json.dumps({"name": "python3", "path": ""}).encode())
            where = f"/{made['id']}"
            assert call("POST", f"{where}/interrupt", b"") is None
            assert call("POST", f"{where}/restart", b"")["id"] == made["id"]
            (pid,) = (pid for server in client.servers() for pid in server["kernels"])
            assert os.readlink(f"/proc/{pid}/cwd") == str(notebook.parent)
            call("DELETE", where)
            assert not is_running(pid)
            assert warm_only() == 2
        finally:
            lab.terminate()
            lab.wait(timeout=20)
