"""What a notebook sees in a warm kernel: the frameworks work, and nothing of another kernel is shared."""

from __future__ import annotations

import base64
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from course_lib.kernels import client, counts
from course_lib.kernels.place import private_memory
from tests.kernels.processes import is_running, wait_until

IMPORTS = "import numpy, matplotlib.pyplot, torch, keras; print(keras.backend.backend())"


def test_a_warm_kernel_starts_sooner_and_owns_less_than_a_cold_one(kernel, capsys) -> None:
    kernel().run("pass")  # starts the server
    before = counts()
    report = []
    memory = {}
    for kind, env in (("cold", {"COURSE_WARM": "0"}), ("warm", {})):
        began = time.perf_counter()
        one = kernel(env=env)
        assert one.run(IMPORTS) == "tensorflow\n"
        seconds = time.perf_counter() - began
        memory[kind] = private_memory(one.pid)
        report.append(f"{kind}: imported after {seconds:.2f} s, {memory[kind]:.0f} MB private")
        one.close()
    after = counts()
    assert (after.warm - before.warm, after.cold - before.cold) == (1, 1)
    assert memory["warm"] < memory["cold"] / 3
    with capsys.disabled():
        print("\n" + "\n".join(report))


def test_the_server_has_imported_and_done_nothing_else() -> None:
    (server,) = client.servers()
    assert {"torch", "tensorflow", "keras", "numpy"} <= set(server["imported"])
    assert server["threads"] <= 3


def test_torch_trains_with_dataloader_workers(kernel) -> None:
    one = kernel()
    printed = one.run(
        """
import torch
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
X = torch.randn(256, 8); y = X.sum(1, keepdim=True)
loader = DataLoader(TensorDataset(X, y), batch_size=32, num_workers=2)
model = torch.nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
losses = []
for epoch in range(3):
    for a, b in loader:
        loss = torch.nn.functional.mse_loss(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
    losses.append(loss.item())
print(losses[-1] < 0.01 * losses[0] or losses, len(losses))
"""
    )
    assert printed == "True 3\n"
    assert one.stream("stderr") == ""


def test_keras_fits_without_chatter(kernel, capsys) -> None:
    one = kernel()
    printed = one.run(
        """
import keras, numpy as np
X = np.random.default_rng(0).normal(size=(256, 8)).astype("float32"); y = X.sum(1, keepdims=True)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse")
history = model.fit(X, y, epochs=5, verbose=0).history["loss"]
print(history[-1] < history[0])
"""
    )
    assert printed == "True\n"
    assert one.stream("stderr") == ""
    one.run("import gc; gc.collect()")
    memory = private_memory(one.pid)
    assert memory < 300
    with capsys.disabled():
        print(f"\nafter a Keras fit: {memory:.0f} MB private")


def test_kernels_draw_different_random_numbers(kernel) -> None:
    draw = """
import random, multiprocessing, numpy as np, torch, tensorflow as tf, keras
for number in (random.random(), np.random.rand(), torch.rand(1).item(), tf.random.uniform(()).numpy(),
               float(keras.random.uniform(())), multiprocessing.current_process().authkey.hex()):
    print(number)
"""
    first, second = (kernel().run(draw).split() for _ in range(2))
    assert len(first) == 6
    assert [a for a, b in zip(first, second, strict=True) if a == b] == []


def test_environment_and_folder_are_the_launchers(kernel, tmp_path, monkeypatch) -> None:
    ask = "import os, sys; print(os.environ.get('GIVEN'), os.getcwd(), os.umask(0o22), sys.path.index(''))"
    one = kernel(env={"GIVEN": "yes"}, cwd=str(tmp_path))
    monkeypatch.chdir(tmp_path.parent)
    umask = os.umask(0o27)
    try:
        two = kernel()
    finally:
        os.umask(umask)
    assert one.run(ask).split() == ["yes", str(tmp_path), str(umask), "3"]
    assert two.run(ask).split() == ["None", str(tmp_path.parent), str(0o27), "3"]
    assert one.run(
        "import subprocess; print(subprocess.check_output(['sh', '-c', 'echo $GIVEN'], text=True))"
    ) == ("yes\n\n")


def test_figures_and_low_level_output_reach_the_notebook(kernel) -> None:
    one = kernel()
    one.run("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()")
    (figure,) = [m["content"]["data"]["image/png"] for m in one.messages if m["msg_type"] == "display_data"]
    assert base64.b64decode(figure).startswith(b"\x89PNG")
    one.run("import os, time; os.write(1, b'from C\\n'); os.write(2, b'to stderr\\n'); time.sleep(0.3)")
    assert one.stream("stdout") == "from C\n"
    assert one.stream("stderr") == "to stderr\n"


def test_several_kernels_start_at_once_from_one_server(kernel) -> None:
    with ThreadPoolExecutor(4) as pool:
        kernels = list(pool.map(lambda _: kernel(), range(4)))
    assert [one.run(f"x = {number}; print(x)") for number, one in enumerate(kernels)] == [
        "0\n",
        "1\n",
        "2\n",
        "3\n",
    ]
    (server,) = client.servers()
    assert server["kernels"] == sorted(one.pid for one in kernels)


def test_interrupt_stops_a_cell_and_keeps_the_kernel(kernel) -> None:
    one = kernel()
    one.run("x = 1")
    sent = one.client.execute("import time\nwhile True: time.sleep(0.01)")
    wait_until(lambda: one.client.get_iopub_msg(timeout=5)["msg_type"] == "execute_input")
    one.manager.interrupt_kernel()
    reply = one.client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == sent
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    # For a moment after an error a kernel turns away what was sent already.
    one.client.wait_for_ready(timeout=30)
    assert one.run("print(x + 1)") == "2\n"


@pytest.mark.parametrize("now", [True, False])
def test_restart_gives_a_fresh_kernel_at_the_same_address(kernel, now) -> None:
    one = kernel()
    one.run("x = 1")
    before = one.pid
    one.manager.restart_kernel(now=now)
    one.client.wait_for_ready(timeout=30)
    assert one.pid != before
    assert not is_running(before)
    assert one.run("print('x' in globals())") == "False\n"


def test_graceful_shutdown_runs_exit_handlers(kernel, tmp_path) -> None:
    one = kernel(cwd=str(tmp_path))
    one.run("import atexit, pathlib\natexit.register(lambda: pathlib.Path('left').write_text('in order'))")
    pid = one.pid
    one.close(now=False)
    assert (tmp_path / "left").read_text() == "in order"
    assert not is_running(pid)


def test_immediate_shutdown_ends_children(kernel) -> None:
    one = kernel()
    child = int(one.run("import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"))
    pid = one.pid
    one.close()
    assert not is_running(pid)
    wait_until(lambda: not is_running(child))


def test_a_kernel_that_is_killed_is_noticed(kernel) -> None:
    one = kernel()
    process = one.manager.provisioner.process
    child = int(one.run("import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"))
    os.kill(one.pid, signal.SIGKILL)
    wait_until(lambda: not one.manager.is_alive())
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not is_running(child))


def test_exit_status_is_the_kernels(kernel) -> None:
    one = kernel()
    process = one.manager.provisioner.process
    one.client.execute("import os; os._exit(7)")
    assert process.wait(timeout=10) == 7
    assert process.poll() == 7


def test_nbclient_reports_a_dead_kernel() -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")]
    with pytest.raises(DeadKernelError):
        NotebookClient(notebook, kernel_name="python3", timeout=30).execute()


def test_the_debugger_attaches(kernel) -> None:
    one = kernel()
    session, control = one.client.session, one.client.control_channel

    def ask(command: str, **arguments: object) -> dict:
        content = {"type": "request", "seq": 1, "command": command, "arguments": arguments}
        control.send(session.msg("debug_request", content))
        return one.client.get_control_msg(timeout=30)["content"]

    assert ask("initialize", clientID="test", adapterID="", pathFormat="path")["success"]
    assert ask("attach")["success"]
