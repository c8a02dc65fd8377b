"""No sandbox takes more of the machine than it was given."""

from __future__ import annotations

import signal
import time

from course_lib.kernels.sandbox import LANDLOCK, NAMESPACES, usage
from course_lib.kernels.sandbox.usage import descendants
from tests.kernels.processes import is_running, wait_until
from tests.kernels.sandbox.inside import LIMITS


def test_disk_is_limited_over_all_places_together(sandbox) -> None:
    inside = sandbox()
    assert inside.run("""
import errno
written = 0
result = []
for number, place in enumerate([".", "/tmp", "/dev/shm"]):
    try:
        with open(f"{place}/{number}", "wb", buffering=0) as file:
            for _ in range(3 if number < 2 else 100):
                written += file.write(bytes(1 << 20))
    except OSError as problem:
        result.append(problem.errno == errno.ENOSPC)
result.append(written)
""") == [True, LIMITS["files_mb"] << 20]


def test_a_single_file_is_limited(sandbox, level) -> None:
    assert sandbox(level).error("open('large', 'wb').write(bytes(20 << 20))") == "OSError"


def test_the_number_of_files_is_limited(sandbox) -> None:
    inside = sandbox()
    made = inside.run("""
result = 0
try:
    for number in range(1000):
        open(f"file{number}", "w").close()
        result += 1
except OSError:
    pass
""")
    assert made == LIMITS["files"]


def test_a_folder_that_outgrows_its_limit_ends_the_sandbox(sandbox, level) -> None:
    inside = sandbox(level)
    inside.send("""
import time
for number in range(40):
    try:
        open(f"{number}", "wb").write(bytes(1 << 20))
    except OSError:
        time.sleep(60)
time.sleep(60)
""")
    if level == LANDLOCK:
        assert inside.process.wait(30) == -signal.SIGKILL
    else:
        time.sleep(0.3)
        assert inside.process.poll() is None


def test_memory_is_limited_per_process(sandbox, level) -> None:
    inside = sandbox(level)
    assert inside.error("bytearray(700 << 20)") == "MemoryError"
    assert inside.error("import numpy; numpy.ones((700, 1 << 17))") == "MemoryError"
    assert inside.run("kept = bytearray(300 << 20); result = len(kept)") == 300 << 20


def test_memory_that_no_limit_counts_cannot_be_had(sandbox, level) -> None:
    inside = sandbox(level)
    assert inside.error("import os; os.memfd_create('x')") == "OSError"
    assert inside.error("import mmap; mmap.mmap(-1, 1 << 40)") in ("OSError", "MemoryError")


FORK_BOMB = """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""


def test_a_fork_bomb_stays_small_and_ends_with_its_sandbox(sandbox, level) -> None:
    bomb, neighbour = sandbox(level), sandbox(level)
    bomb.send(FORK_BOMB)
    # Without a namespace of its own, all of the user's processes count.
    slack = 0 if level == NAMESPACES else LIMITS["processes"] // 2
    wait_until(lambda: usage(bomb.process.pid).processes >= LIMITS["processes"] - slack)
    assert usage(bomb.process.pid).processes <= LIMITS["processes"] + 1 + slack  # 1: the namespace's first
    members = descendants(bomb.process.pid)
    if level == NAMESPACES:
        fork = "import os; pid = os.fork()\nif pid == 0: os._exit(7)\nresult = os.waitpid(pid, 0)[1]"
        assert neighbour.run(fork) == 7 << 8
    bomb.process.kill()
    bomb.process.wait(30)
    assert not any(map(is_running, members))


def test_threads_count_as_processes(sandbox) -> None:
    assert (
        sandbox().run("""
import threading
stop = threading.Event()
started = []
try:
    for _ in range(1000):
        thread = threading.Thread(target=stop.wait)
        thread.start()
        started.append(thread)
except RuntimeError:
    pass
stop.set()
result = len(started)
""")
        < LIMITS["processes"]
    )


def test_cpu_time_is_limited(sandbox, level) -> None:
    inside = sandbox(level, cpu_seconds=1)
    inside.send("while True: pass")
    assert inside.process.wait(60) in (-signal.SIGXCPU, -signal.SIGKILL)
    # Accounted in ticks, and late on a busy machine.
    assert 0.7 < inside.process.cpu < 3


def test_limits_cannot_be_raised(sandbox, level) -> None:
    inside = sandbox(level)
    for name in ("DATA", "AS", "NPROC", "FSIZE", "NOFILE", "CORE", "CPU"):
        assert inside.error(f"""
import resource
limit = resource.RLIMIT_{name}
soft, hard = resource.getrlimit(limit)
assert hard != resource.RLIM_INFINITY
resource.setrlimit(limit, (hard + 1, hard + 1))
""") in ("ValueError", "PermissionError")


def test_no_core_file_is_written(sandbox) -> None:
    inside = sandbox(level=NAMESPACES)
    inside.send("import ctypes; ctypes.string_at(0)")
    assert inside.process.wait(30) == -signal.SIGSEGV


def test_usage_sees_memory_processes_and_cpu(sandbox, level) -> None:
    inside = sandbox(level)
    inside.run("result = 1")
    before = usage(inside.process.pid)
    exact = usage(inside.process.pid, exact=True)
    assert 0 <= before.memory_mb < 30
    assert 1 < exact.memory_mb < 100
    inside.run("""
import time
kept = bytearray(b"1") * (200 << 20)
end = time.process_time() + 0.3
while time.process_time() < end: pass
""")
    for after in (usage(inside.process.pid), usage(inside.process.pid, exact=True)):
        assert 190 < after.memory_mb < 260
        assert after.cpu - before.cpu >= 0.3
        assert (after.processes, after.threads) == (before.processes, before.threads)
    # What a child shares with its parent counts once, and what is shared memory counts.
    inside.run("""
import mmap, os, signal
shared = mmap.mmap(-1, 50 << 20)
shared.write(bytes(50 << 20))
children = []
for _ in range(3):
    children.append(os.fork())
    if children[-1] == 0:
        signal.pause()
""")
    several = usage(inside.process.pid)
    assert several.processes == before.processes + 3
    assert 220 < several.memory_mb < 330  # the quick look leaves out pages that were changed in place
    inside.run("for child in children: os.kill(child, signal.SIGKILL), os.waitpid(child, 0)")


def test_usage_of_an_ended_sandbox_is_nothing(sandbox) -> None:
    inside = sandbox()
    inside.kill()
    assert usage(inside.process.pid).processes == 0
