"""The server's life: shared by clients, one per environment, gone when idle; nothing survives its owner."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from course_lib.kernels import client, counts
from course_lib.kernels.environment import setting
from tests.kernels.processes import is_running, run_python, wait_until

LIGHT = {"COURSE_WARM_PRELOAD": "numpy"}
"""A server that is up in a moment: how it lives does not depend on what it has imported."""

START_ONE = """
import json, sys, time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
reply = []
client.execute_interactive(
    "import subprocess; print(subprocess.Popen(['sleep', '300']).pid)",
    output_hook=lambda m: reply.append(m["content"].get("text", "")),
)
print(json.dumps([manager.provisioner.pid, int("".join(reply))]), flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def no_server_before_or_after():
    yield
    client.stop_servers()


def test_one_server_per_environment(kernel) -> None:
    one = kernel(env=LIGHT)
    same = kernel(env={**LIGHT, "ANYTHING_ELSE": "1"})
    other = kernel(env={**LIGHT, "KERAS_BACKEND": "torch"})
    assert sorted(map(sorted, ([one.pid, same.pid], [other.pid]))) == sorted(
        server["kernels"] for server in client.servers()
    )
    assert other.run("import os; print(os.environ['KERAS_BACKEND'])") == "torch\n"


def test_keras_backend_of_the_environment_is_the_one_imported(kernel) -> None:
    env = {"COURSE_WARM_PRELOAD": "keras", "KERAS_BACKEND": "torch"}
    one = kernel(env=env)
    assert one.run("import sys; print('keras' in sys.modules)") == "True\n"
    assert one.run("import keras; print(keras.backend.backend())") == "torch\n"


def test_processes_that_start_together_share_one_server() -> None:
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: run_python(START_ONE, "0", **LIGHT), range(3)))
    assert [run.returncode for run in runs] == [0, 0, 0], runs[0].stderr
    assert len({json.loads(run.stdout)[0] for run in runs}) == 3
    assert len(client.servers()) == 1


def test_nothing_survives_a_killed_server(kernel) -> None:
    one = kernel(env=LIGHT)
    child = int(one.run("import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"))
    (server,) = client.servers()
    os.kill(server["pid"], signal.SIGKILL)
    wait_until(lambda: not is_running(one.pid))
    wait_until(lambda: not one.manager.is_alive())
    wait_until(lambda: not is_running(child))
    before = counts()
    assert kernel(env=LIGHT).run("print(1)") == "1\n"
    assert (counts().warm, counts().cold) == (before.warm + 1, before.cold)


def start_client() -> tuple[subprocess.Popen[str], int, int]:
    """Another process with a kernel whose cell has started a process: the three of them."""
    process = subprocess.Popen(
        [sys.executable, "-c", START_ONE, "60"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **LIGHT},
    )
    assert process.stdout is not None
    pid, child = json.loads(process.stdout.readline())
    process.stdout.close()
    return process, pid, child


def test_nothing_survives_a_killed_client(warm_place) -> None:
    process, pid, child = start_client()
    assert is_running(pid)
    assert is_running(child)
    process.kill()
    process.wait()
    wait_until(lambda: not is_running(pid) and not is_running(child))
    wait_until(lambda: not list(warm_place.glob("k*")))
    # The server notices a little later.
    wait_until(lambda: [server["kernels"] for server in client.servers()] == [[]])


def test_no_kernel_survives_when_server_and_client_are_killed() -> None:
    process, pid, child = start_client()
    (server,) = client.servers()
    os.kill(process.pid, signal.SIGSTOP)
    os.kill(server["pid"], signal.SIGKILL)
    process.kill()
    process.wait()
    wait_until(lambda: not is_running(pid))
    os.kill(child, signal.SIGKILL)  # what the kernel had started outlives it: nobody is left who knew of it


def test_an_idle_server_leaves_and_takes_its_socket_along(kernel, warm_place, monkeypatch) -> None:
    monkeypatch.setenv("COURSE_WARM_IDLE", "0.4")
    env = {**LIGHT, "KERAS_BACKEND": "idle"}
    one = kernel(env=env)
    (server,) = client.servers()
    assert one.run("import time; time.sleep(0.8); print(1)") == "1\n"
    assert is_running(server["pid"])
    one.close()
    wait_until(lambda: not is_running(server["pid"]))
    assert not (warm_place / f"{server['key']}.sock").exists()
    assert kernel(env=env).run("print(2)") == "2\n"


def test_a_terminated_server_ends_its_kernels(kernel, warm_place) -> None:
    one = kernel(env=LIGHT)
    child = int(one.run("import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"))
    (server,) = client.servers()
    os.kill(server["pid"], signal.SIGTERM)
    wait_until(lambda: not is_running(server["pid"]) and not is_running(one.pid) and not is_running(child))
    assert not (warm_place / f"{server['key']}.sock").exists()
    wait_until(lambda: not one.manager.is_alive())


def test_sockets_are_private_and_stale_ones_are_removed(kernel, warm_place) -> None:
    stale = warm_place / "kdeadbeef0000-1"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(stale))
    one = kernel(env=LIGHT)
    assert one.manager.transport == "ipc"
    assert Path(one.manager.ip).parent == warm_place
    assert stat.S_IMODE(warm_place.stat().st_mode) == 0o700
    assert not stale.exists()


def test_requests_that_make_no_sense_do_not_stop_the_server(kernel, warm_place) -> None:
    kernel(env=LIGHT)
    (server,) = client.servers()
    path = warm_place / f"{server['key']}.sock"  # a killed server's socket file may lie beside it
    for rubbish in (b"", b"\0\0", b"\0\0\0\4what", b"\0\0\0\2{}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(str(path))
            sock.sendall(rubbish)
    assert kernel(env=LIGHT).run("print(1)") == "1\n"
    assert len(client.servers()) == 1


def test_setting_depends_on_what_imports_read(tmp_path) -> None:
    base = {"PATH": "/bin", "HOME": "/h"}
    key = setting(base, "/").key
    assert setting({**base, "SOMETHING": "1", "PATH": "/usr/bin"}, "/tmp").key == key
    for name in ("KERAS_BACKEND", "OMP_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS", "CUDA_VISIBLE_DEVICES", "HOME"):
        assert setting({**base, name: "x"}, "/").key != key
    relative = {**base, "PYTHONPATH": "lib"}
    assert setting(relative, "/a").key != setting(relative, "/b").key
    assert setting(relative, "/a").env["PYTHONPATH"] == "/a/lib"
    assert "SOMETHING" not in setting({**base, "SOMETHING": "1"}, "/").env
