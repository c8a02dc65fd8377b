"""Attempts to hurt others, to read what is theirs, or to stop the run. Most come with right answers."""

# ruff: noqa: E501 -- attackers write long lines

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.grading.attacks.corpus import Attack, Work, cell_of, notebook, trying, wrong
from tests.grading.attacks.task import NAME, POINTS, RIGHT

_FULL: dict[str, Any] = {"honest_work": True, "score": POINTS, "shows": "printed"}
_LOST = POINTS - 2

# Where files outside are written


_START_UP = """\
import pathlib, site, sysconfig
code = "open('@canary@', 'a').write('started'); print('started')"
def write(path):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code)
    return "written"
packages = sysconfig.get_path("purelib")
for what, path in {
    "the grader's IPython profile": "@home@/.ipython/profile_default/startup/attacker.py",
    "the grader's shell": "@home@/.bashrc",
    "sitecustomize": f"{packages}/sitecustomize_attacker.py",
    ".pth file": f"{packages}/attacker.pth",
    "a library": f"{packages}/numpy/attacker.py",
    "the course's package": pathlib.Path(__import__("course_lib").__file__).parent / "attacker.py",
}.items():
    tell(what, lambda: write(path))
for path in ("~/.ipython/profile_default/startup/attacker.py", "~/.bashrc", "~/.config/matplotlib/matplotlibrc"):
    write(os.path.expanduser(path))
"""
_OUTSIDE = """\
for what, path in {
    "the gradebook": "@gradebook@", "another student's folder": "@neighbour@", "the solutions": "@solutions@",
    "the grader's keys": "@home@/.ssh", "a file for everybody": "@canary@", "the warm servers' folder": "@warm@",
}.items():
    tell(what, lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())
"""
_WALK = """\
import os, sys
others = {sys.prefix, sys.base_prefix, "/proc", "/sys", "/usr", "/nix"}
names = set()
for folder, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in others]
    names.update(f for f in files if f.endswith((".db", ".ipynb")) or f in ("shadow", "id_rsa", "credentials"))
print("gradebooks, notebooks and keys found:", sorted(names) or "none")
"""
_REMAINS = """\
import re
planted = b"MARK_OF" + b"_A_NEIGHBOUR_" + 16 * b"0"
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights, _, _, _, *name = line.split(maxsplit=5)
        if "w" in rights and not (name and name[0].startswith(("/", "[v"))):
            start, end = (int(part, 16) for part in span.split("-"))
            for at in range(start, end, 1 << 24):
                try:
                    memory.seek(at)
                    part = memory.read(min(1 << 24, end - at))
                except OSError:
                    continue
                found.update(re.findall(b"(?:MARK_OF" + b"_A_NEIGHBOUR|TUFSS" + b"19PRl9B)[0-9A-Za-z_+/]{8,17}", part))
print(f"the search finds what is there: {planted in found}; remains of others: {sorted(found - {planted}) or 'none'}")
"""

# Processes

_DAEMON = """\
import subprocess, sys
env = {"TOKEN": "@token@"}
subprocess.Popen(["sleep", "300"], env=env, start_new_session=True)
subprocess.Popen(["nohup", "sh", "-c", "sleep 300 & sleep 301"], env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3, 256):
            try:
                os.close(number)
            except OSError:
                pass
        os.execve("/bin/sleep", ["sleep", "302"], env)
    os._exit(0)
print("three daemons started")
"""
_KILL = """\
import signal
def strike(pid):
    os.kill(pid, signal.SIGKILL)
    return "sent"
tell("somebody's program", lambda: strike(@process@))
tell("another student's sandbox", lambda: strike(@sandbox@))
tell("its own parent", lambda: strike(os.getppid()) if os.getppid() > 0 else "it has none that it could name")
def everybody():
    hit = 0
    for pid in [*range(2, 400), *range(@process@ - 50, @process@ + 400)]:
        if pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
                hit += 1
            except OSError:
                continue
    return f"{hit} hit"
tell("every process by number", everybody)
def group():
    os.kill(-1, signal.SIGTERM)
    return "sent"
"""
_ALL_AT_ONCE = """\
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
try:
    os.kill(-1, signal.SIGKILL)
except OSError as problem:
    print("kill everything:", type(problem).__name__)
"""
_MEMORY = """\
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def attached(pid):
    if libc.ptrace(16, pid, 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return "attached"
def vm_read(pid):
    buffer = ctypes.create_string_buffer(8)
    vec = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    if libc.process_vm_readv(pid, vec, 1, vec, 1, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return "read"
for what, pid in {"somebody's program": @process@, "another student's sandbox": @sandbox@}.items():
    tell(f"trace {what}", lambda: attached(pid))
    tell(f"read the memory of {what}", lambda: len(open(f"/proc/{pid}/mem", "rb", 0).read(1)))
    tell(f"read the variables of {what}", lambda: len(open(f"/proc/{pid}/environ").read()))
    tell(f"copy from {what}", lambda: vm_read(pid))
"""
_OTHERS_SEEN = """\
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
readable = []
for pid in others:
    try:
        with open(f"/proc/{pid}/mem", "rb", 0), open(f"/proc/{pid}/environ", "rb") as variables:
            readable.append((open(f"/proc/{pid}/comm").read().strip(), variables.read(200)))
    except OSError:
        continue
print("processes that can be read:", readable or "none")
"""

# Network

_NETWORK = """\
import socket
def tcp(address):
    with socket.create_connection(address, timeout=1):
        return "connected"
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"answers", ("127.0.0.1", @udp@))
    return "sent" if False else "sent within its own network"
def local(address):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(address)
        return "connected"
tell("a service of this machine", lambda: tcp(("127.0.0.1", @port@)))
tell("a datagram to this machine", udp)
tell("a numbered host outside", lambda: tcp(("192.0.2.1", 80)))
tell("a cloud's metadata", lambda: tcp(("169.254.169.254", 80)))
tell("a name", lambda: socket.getaddrinfo("example.org", 80) and "resolved")
tell("a local socket", lambda: local("@local@"))
tell("an abstract socket", lambda: local("\\0@abstract@"))
tell("a raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) and "made")
tell("packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW) and "made")
"""
_PIP = """\
!pip download --no-deps --timeout 1 --retries 0 attacker-package 2>&1 | tail -n 1
"""
_KERNELS = """\
import glob, socket
found = glob.glob("@warm@/*") + glob.glob("/tmp/*.sock") + glob.glob(os.path.expanduser("~/.local/share/jupyter/runtime/*"))
print("sockets and connection files of others:", found or "none")
def ask(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        return "connected"
tell("the warm server", lambda: ask("@warm_socket@"))
"""

# Using everything up

_LOOPS = {
    "loop": ("An endless loop", "while True:\n    pass"),
    "stubborn-loop": (
        "An endless loop that ignores interrupts",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
    ),
    "sleep": ("A sleep longer than allowed", "import time\ntime.sleep(1000)"),
    "stopped": ("A process that stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
}
_ENDS = {
    "os-exit": ("`os._exit`", "import os\nos._exit(0)"),
    "segfault": ("A segmentation fault", "import ctypes\nctypes.string_at(0)"),
    "own-kill": ("SIGKILL sent to itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "recursion": (
        "A stack overflow in C",
        "import sys\nsys.setrecursionlimit(10**9)\nx = []\nfor _ in range(1_000_000):\n    x = [x]\nrepr(x)",
    ),
}
_FORKS = """\
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            while True:
                try:
                    os.fork()
                except OSError:
                    time.sleep(0.05)
        made += 1
except OSError as problem:
    print("it ended with:", problem.strerror)
"""
_THREADS = """\
import threading
stop = threading.Event()
threads = []
try:
    while len(threads) < 10000:
        thread = threading.Thread(target=stop.wait, daemon=True)
        thread.start()
        threads.append(thread)
except RuntimeError as problem:
    print("it ended with:", problem)
stop.set()
for thread in threads:
    thread.join()
"""
_GROW = """\
hoard = []
try:
    while True:
        hoard.append(bytearray(50_000_000))
except MemoryError:
    hoard.clear()
    print("it ended with: MemoryError")
"""
_GROW_CHILDREN = """\
import os, time
children = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        hoard = []
        try:
            while len(hoard) < 8:
                hoard.append(bytearray(b"x" * 50_000_000))
        finally:
            time.sleep(30)
            os._exit(0)
    children.append(pid)
time.sleep(20)
"""
_SHARED_MEMORY = """\
import mmap, os
hoard = []
try:
    while len(hoard) < 200:
        part = mmap.mmap(-1, 50_000_000)
        part.write(b"x" * 50_000_000)
        hoard.append(part)
    print("it had", len(hoard))
except (OSError, MemoryError) as problem:
    hoard.clear()
    print("it ended with:", type(problem).__name__)
"""
_DISK = """\
import os
def fill(path):
    written = 0
    try:
        with open(path, "wb") as file:
            while written < 4 << 30:
                written += file.write(b"x" * (1 << 20))
    finally:
        os.remove(path)
tell("a file without end here", lambda: fill("attacker.bin"))
tell("in /tmp", lambda: fill(os.path.join("/tmp", "attacker.bin")))
tell("in /dev/shm", lambda: fill("/dev/shm/attacker.bin"))
"""
_HOLES = """\
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def many():
    os.makedirs("many", exist_ok=True)
    for number in range(100_000):
        open(f"many/{number}", "w").close()
def large():
    fd = os.open("hole", os.O_CREAT | os.O_WRONLY)
    os.truncate(fd, 1 << 44)
    return os.fstat(fd).st_size
tell("files without end", many)
tell("a file with a hole of 16 TB", large)
"""
_OUTPUTS = {
    "print": "print('x' * 200_000_000)",
    "lines": "for n in range(400_000):\n    print('spam', n)",
    "descriptor": "import os\nfor _ in range(3200):\n    os.write(1, b'y' * 65536)",
    "child": "import subprocess\nsubprocess.run('yes attacker | head -c 200000000', shell=True)",
}

# Hostile files


def _twice(made: dict[str, Any]) -> None:
    copy = json.loads(json.dumps(cell_of(made, "test_average")))
    made["cells"].append({**copy, "id": "copy"})


def _half(made: dict[str, Any]) -> None:
    made["cells"].append(
        {**json.loads(json.dumps(cell_of(made, "average"))), "id": "copy", "source": "# notes"}
    )


def _own_test(made: dict[str, Any]) -> None:
    mine = json.loads(json.dumps(cell_of(made, "test_average")))
    mine["metadata"]["nbgrader"] |= {"grade_id": "extra_points", "points": 50}
    made["cells"].append({**mine, "id": "own", "source": "pass"})


def _placed(make: Callable[[Path], object]) -> Callable[[Path, str], None]:
    def place(folder: Path, student: str) -> None:
        mine = folder / student / NAME
        mine.mkdir(parents=True)
        (mine / f"{NAME}.ipynb").write_bytes(json.dumps(notebook(RIGHT)).encode())
        make(mine)

    return place


def _world(mine: Path) -> Path:
    return mine.parents[3] / "world" / "canary"


def _link_notebook(mine: Path) -> None:
    (mine / f"{NAME}.ipynb").unlink()
    (mine / f"{NAME}.ipynb").symlink_to(mine.parents[3] / "out" / "gradebook.db")


def _link_data(mine: Path) -> None:
    (mine / "data").mkdir()
    (mine / "data" / "all.txt").symlink_to(_world(mine))
    (mine / "data" / "up").symlink_to(mine.parents[3])


def _hard_link(mine: Path) -> None:
    (mine / "data").mkdir()
    os.link(_world(mine), mine / "data" / "all.txt")


def _fifo(mine: Path) -> None:
    (mine / "data").mkdir()
    os.mkfifo(mine / "data" / "wait")
    (mine / f"{NAME}.ipynb").unlink()
    os.mkfifo(mine / f"{NAME}.ipynb")


def _outer_link(folder: Path, student: str) -> None:
    (folder / student).symlink_to(folder.parents[1])


def _data(mine: Path) -> None:
    (mine / "data").mkdir()
    (mine / "data" / "table.txt").write_text("1 2 3")


def _zipped(*entries: tuple[str, bytes]) -> Callable[[Path, str], None]:
    def place(folder: Path, student: str) -> None:
        with zipfile.ZipFile(folder / f"{student}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries:
                archive.writestr(name, content)

    return place


_NOTEBOOK = (f"{NAME}.ipynb", json.dumps(notebook(RIGHT)).encode())


def _bomb(folder: Path, student: str) -> None:
    _zipped(_NOTEBOOK, ("data/zeros", bytes(2_000_000_000 // 4)))(folder, student)


def _nested(folder: Path, student: str) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
    _zipped(_NOTEBOOK, *((f"data/{n}.zip", inner.getvalue()) for n in range(20)))(folder, student)


def _zip_link(folder: Path, student: str) -> None:
    with zipfile.ZipFile(folder / f"{student}.zip", "w") as archive:
        archive.writestr(*_NOTEBOOK)
        link = zipfile.ZipInfo("data/all.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(folder.parents[1] / "world" / "canary"))


def _version_3() -> bytes:
    cells = []
    for cell in notebook(RIGHT)["cells"]:
        code = cell["cell_type"] == "code"
        text = {"input": cell["source"], "language": "python", "outputs": [], "prompt_number": 1}
        made = text if code else {"source": cell["source"]}
        cells.append({"cell_type": cell["cell_type"], "metadata": cell["metadata"], **made})
    return json.dumps(
        {
            "worksheets": [{"cells": cells, "metadata": {}}],
            "metadata": {"name": ""},
            "nbformat": 3,
            "nbformat_minor": 0,
        }
    ).encode()


def _folder_notebook(folder: Path, student: str) -> None:
    (folder / student / NAME / f"{NAME}.ipynb" / "inside").mkdir(parents=True)


def _deep() -> bytes:
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


_BROKEN = {
    "not-json": ("A notebook that is not JSON", b"{broken"),
    "not-utf8": ("A notebook that is not UTF-8", b'{"cells": "\xff\xfe"}'),
    "empty": ("An empty file", b""),
    "deep": ("JSON nested 100,000 levels deep", _deep()),
    "list": ("JSON that is a list", b"[1, 2, 3]"),
    "numbers": ("Numbers of a million digits", b'{"cells": ' + b"9" * 1_000_000 + b"}"),
}
_TIMES = {
    "garbage": ("Garbage in the timestamp file", b"\xff\x00 not a time " * 20),
    "year": ("The year 99999 in the timestamp file", b"99999-12-31 23:59:59 UTC"),
    "zone": ("A path as the time zone", b"2026-01-02 03:04:05 ../../etc/passwd"),
}
_PICKLE = """\
import os, pickle
class Bomb:
    def __reduce__(self):
        return (os.system, ("touch @canary@.attacker",))
    def __reduce_ex__(self, protocol):
        return self.__reduce__()
def average(values):
    answer = np.empty(1, dtype=object)
    answer[0] = Bomb()
    return answer
def scale(values):
    return Bomb()
def shared(one, other):
    return pickle.dumps(Bomb())
class Stack:
    def push(self, item): pass
    def pop(self): return {"__reduce__": Bomb(), "py/object": "os.system"}
"""

ATTACKS = [
    Attack(
        21,
        "backdated",
        "A timestamp from years ago, for work handed in today",
        "A timestamp of today",
        Work(files={"timestamp.txt": b"2001-01-01 00:00:00 UTC"}),
        Work(files={"timestamp.txt": b"2026-01-02 03:04:05 UTC"}),
        honest_work=True,
        score=POINTS,
        shows="notes",
    ),
    Attack(
        21,
        "other-name",
        "A neighbour's name in the notebook's file name and metadata",
        "A copy's name, as browsers make it",
        Work(
            place=lambda folder, student: _placed(
                lambda mine: (mine / f"{NAME}.ipynb").rename(mine / "neighbour.ipynb")
            )(folder, student)
        ),
        Work(
            place=lambda folder, student: _placed(
                lambda mine: (mine / f"{NAME}.ipynb").rename(mine / f"{NAME} (1).ipynb")
            )(folder, student)
        ),
        honest_work=True,
        score=POINTS,
        shows="notes",
    ),
    Attack(
        23,
        "start-up",
        "Files written where IPython, Python and shells look when they start",
        "A start-up file in one's own folder",
        trying(_START_UP),
        trying("os.makedirs(os.path.expanduser('~/.ipython'), exist_ok=True)"),
        **_FULL,
    ),
    Attack(
        24,
        "copied-test",
        "A test cell copied, so that its name is there twice",
        "An answer copied for notes",
        Work(edit=_twice),
        Work(edit=_half),
        **{**_FULL, "shows": "notes"},
    ),
    Attack(
        24,
        "own-test",
        "A graded cell of one's own, worth 50 points",
        "A cell of one's own",
        Work(edit=_own_test),
        Work(extra={"stack": "pass"}),
        **{**_FULL, "shows": "notes"},
    ),
    *(
        Attack(
            25,
            name,
            tried,
            "An ordinary timestamp",
            Work(files={"timestamp.txt": content}),
            Work(files={"timestamp.txt": b"2026-01-02 03:04:05.123 UTC"}),
            **{**_FULL, "shows": "notes"},
        )
        for name, (tried, content) in _TIMES.items()
    ),
    Attack(
        26,
        "daemons",
        "Daemons that leave the session, close everything and go on",
        "A child that is waited for",
        trying(_DAEMON),
        trying("import subprocess\nsubprocess.run(['true'], check=True)"),
        **_FULL,
    ),
    *(
        Attack(
            27,
            name,
            f"{tried}, in a cell",
            "`exit()` at the end of a cell",
            Work({"average": code}),
            Work(extra={"stack": "exit()"}),
            twin_raises=True,
            honest_work=True,
            score=_LOST,
            shows="notes",
            races=name == "recursion",
        )
        for name, (tried, code) in _ENDS.items()
    ),
    *(
        Attack(
            27,
            f"{name}-called",
            f"{tried}, when a test calls",
            "An exception when called too often",
            Work(
                {"average": "def average(values):\n" + "\n".join("    " + line for line in code.splitlines())}
            ),
            Work(),
            honest_work=True,
            score=_LOST,
            shows="message",
            races=name == "recursion",
        )
        for name, (tried, code) in _ENDS.items()
    ),
    *(
        Attack(
            28,
            name,
            f"{tried}, in a cell",
            "A cell that takes a second",
            Work({"average": code}),
            wrong("import time\ntime.sleep(1)"),
            honest_work=True,
            score=_LOST,
            shows="notes",
        )
        for name, (tried, code) in _LOOPS.items()
    ),
    *(
        Attack(
            28,
            f"{name}-called",
            f"{tried}, when a test calls",
            "A function that takes its time",
            Work(
                {"average": "def average(values):\n" + "\n".join("    " + line for line in code.splitlines())}
            ),
            Work(
                {
                    "average": "import time\ndef average(values):\n    time.sleep(0.1)\n    return float(np.mean(values))"
                }
            ),
            honest_work=True,
            score=_LOST,
            shows="message",
        )
        for name, (tried, code) in _LOOPS.items()
    ),
    Attack(
        29,
        "fork-bomb",
        "A fork bomb",
        "Four processes that compute",
        wrong(_FORKS),
        wrong(
            "import multiprocessing as m\nwith m.get_context('fork').Pool(4) as p:\n    assert p.map(abs, [-1, 2]) == [1, 2]"
        ),
        landlock_twin=False,
        **_FULL,
    ),
    Attack(
        29,
        "threads",
        "Ten thousand threads",
        "Four threads",
        wrong(_THREADS),
        wrong(
            "from concurrent.futures import ThreadPoolExecutor as T\nwith T(4) as t:\n    assert list(t.map(abs, [-1, 2])) == [1, 2]"
        ),
        **_FULL,
    ),
    Attack(
        30,
        "memory",
        "Memory taken without end",
        "An array of 80 MB",
        wrong(_GROW),
        wrong("np.ones(10_000_000).sum()"),
        **_FULL,
    ),
    Attack(
        30,
        "memory-children",
        "Memory taken by children, each below the limit",
        "A child with an array",
        wrong(_GROW_CHILDREN),
        wrong(
            "import os\npid = os.fork()\nif pid == 0:\n    np.ones(10_000).sum()\n    os._exit(0)\nassert os.waitpid(pid, 0)[1] == 0"
        ),
        **{**_FULL, "shows": "notes", "races": True},
    ),
    Attack(
        30,
        "memory-shared",
        "Shared memory taken without end",
        "A little shared memory",
        wrong(_SHARED_MEMORY),
        wrong("import mmap\nmmap.mmap(-1, 4096).write(b'x')"),
        **{**_FULL, "shows": "notes", "races": True},
    ),
    Attack(
        31,
        "disk",
        "Files that grow without end, here and in temporary folders",
        "A file of 1 MB",
        trying(_DISK),
        wrong("with open('mine.bin', 'wb') as f:\n    f.write(bytes(1 << 20))"),
        **_FULL,
    ),
    Attack(
        31,
        "files",
        "A hundred thousand files, and a file of 16 TB with a hole",
        "Ten files",
        trying(_HOLES),
        wrong("for n in range(10):\n    open(f'{n}.txt', 'w').close()"),
        **_FULL,
    ),
    *(
        Attack(
            32,
            name,
            f"200 MB of output by {what}" if name != "lines" else "400,000 lines of output",
            "A thousand lines of output",
            wrong(_OUTPUTS[name]),
            wrong("for n in range(1000):\n    print(n)"),
            **{**_FULL, "shows": "cut"},
        )
        for name, what in {
            "print": "one `print`",
            "lines": "",
            "descriptor": "the descriptor itself",
            "child": "a child",
        }.items()
    ),
    Attack(
        33,
        "network",
        "Services, datagrams, names and hosts reached",
        "A server and a client of one's own",
        trying(_NETWORK),
        wrong(
            "import socket\ns = socket.create_server(('127.0.0.1', 0))\nsocket.create_connection(s.getsockname()).close()"
        ),
        landlock_twin=False,
        **_FULL,
    ),
    Attack(
        34,
        "others-files",
        "The gradebook, the solutions and other students' files read, by their paths",
        "One's own file read",
        trying(_OUTSIDE),
        Work(
            {"average": "text = open('data/x.txt').read()\n" + RIGHT["average"]}, files={"data/x.txt": b"1"}
        ),
        **_FULL,
    ),
    Attack(
        34,
        "search",
        "The whole disk searched for gradebooks, notebooks and keys",
        "One's own folder searched",
        wrong(_WALK),
        wrong("import glob\nglob.glob('*')"),
        **_FULL,
    ),
    Attack(
        34,
        "remains",
        "Remains of earlier students searched for in one's own memory",
        "`id` of one's own objects",
        wrong(_REMAINS),
        wrong("id(np)"),
        **_FULL,
    ),
    Attack(
        35,
        "kernels",
        "Sockets and connection files of other kernels, and of the warm server",
        "A socket of one's own",
        trying(_KERNELS),
        wrong("import socket\nsocket.socketpair()"),
        **_FULL,
    ),
    Attack(
        36,
        "kill",
        "SIGKILL to the judge, the server, other students and every process by number",
        "SIGTERM to one's own child",
        trying(_KILL),
        wrong("import subprocess\np = subprocess.Popen(['sleep', '9'])\np.terminate()\np.wait()"),
        **_FULL,
    ),
    Attack(
        36,
        "kill-all",
        "SIGKILL to all processes at once",
        "A signal to oneself",
        wrong(_ALL_AT_ONCE),
        wrong("import signal\nsignal.raise_signal(signal.SIGCONT)"),
        **{**_FULL, "shows": "printed"},
    ),
    Attack(
        36,
        "memory-of-others",
        "`ptrace`, `/proc/PID/mem` and `process_vm_readv` on others",
        "`/proc/self/statm` read",
        trying(_MEMORY),
        wrong("open('/proc/self/statm').read()"),
        **_FULL,
    ),
    Attack(
        36,
        "visible",
        "Every process that can be seen, read",
        "One's own number",
        trying(_OTHERS_SEEN),
        wrong("import os\nos.getpid()"),
        **_FULL,
    ),
    *(
        Attack(
            37,
            name,
            tried,
            "A folder with data",
            Work(place=_placed(make)),
            Work(place=_placed(_data)),
            honest_work=True,
            score=score,
            shows=shows,
        )
        for name, tried, make, score, shows in (
            (
                "link-notebook",
                "A symbolic link to the gradebook in the notebook's place",
                _link_notebook,
                0.0,
                "reason",
            ),
            (
                "link-data",
                "Symbolic links to a file and a folder of others among the data",
                _link_data,
                POINTS,
                "notes",
            ),
            ("hard-link", "A hard link to a file of others among the data", _hard_link, POINTS, "notes"),
            (
                "fifo",
                "A named pipe in the notebook's place, on which a reader would wait for ever",
                _fifo,
                0.0,
                "reason",
            ),
        )
    ),
    Attack(
        37,
        "link-folder",
        "A symbolic link in the student's folder's place",
        "A folder with data",
        Work(place=_outer_link),
        Work(place=_placed(_data)),
        honest_work=True,
        score=0.0,
        shows="reason",
    ),
    *(
        Attack(
            38,
            name,
            tried,
            "A zip with the notebook and data",
            Work(place=place),
            Work(place=_zipped(_NOTEBOOK, ("data/x.txt", b"1"))),
            honest_work=True,
            score=score,
            shows=shows,
        )
        for name, tried, place, score, shows in (
            ("bomb", "An archive of 500 kB that unpacks to 500 MB", _bomb, POINTS, "notes"),
            ("nested", "Archives in an archive, 1 GB in all", _nested, POINTS, "score"),
            (
                "dot-dot",
                "A name in an archive that leaves the folder",
                _zipped(_NOTEBOOK, ("../../attacker.py", b"")),
                POINTS,
                "notes",
            ),
            (
                "absolute",
                "An absolute name in an archive",
                _zipped(_NOTEBOOK, ("/etc/attacker.py", b"")),
                POINTS,
                "notes",
            ),
            (
                "many",
                "10,000 files in an archive",
                _zipped(_NOTEBOOK, *((f"data/{n}", b"") for n in range(10_000))),
                0.0,
                "reason",
            ),
            ("zip-link", "A symbolic link in an archive", _zip_link, POINTS, "notes"),
        )
    ),
    *(
        Attack(
            39,
            name,
            tried,
            "The notebook as Jupyter saves it",
            Work(raw=raw),
            Work(),
            score=0.0,
            shows="reason",
        )
        for name, (tried, raw) in _BROKEN.items()
    ),
    Attack(
        39,
        "folder",
        "A folder with the notebook's name",
        "A folder with data",
        Work(place=_folder_notebook),
        Work(place=_placed(_data)),
        shows="reason",
    ),
    Attack(
        39,
        "version-3",
        "An old notebook of format 3, which is no attack at all",
        "The notebook of format 4",
        Work(raw=_version_3()),
        Work(),
        honest_work=True,
        score=POINTS,
        shows="score",
    ),
    Attack(
        42,
        "shell",
        "`%%bash`, `!` lines and redefined magics",
        "`%%bash` and `!` lines used",
        wrong(
            "!echo hello; cat @canary@; touch @canary@.attacker\nget_ipython().register_magic_function(lambda *a: '2.0', 'cell', 'bash')\nget_ipython().run_line_magic = lambda *a: 2.0"
        ),
        wrong("!echo hello"),
        **_FULL,
    ),
    Attack(
        42,
        "bash-cell",
        "A `%%bash` cell that deletes what it can",
        "A `%%bash` cell",
        wrong(
            "%%bash\nrm -rf --no-preserve-root /bin /etc /home /tmp /lib @gradebook@ @neighbour@ 2>&1 | tail -n 1 | sed 's/.*: //'"
        ),
        wrong("%%bash\nls"),
        **_FULL,
    ),
    Attack(
        42,
        "pip",
        "`!pip install` of somebody's package",
        "`!pip --version`",
        wrong(_PIP),
        wrong("!pip --version"),
        **{**_FULL, "shows": "score"},
    ),
    Attack(
        43,
        "pickle",
        "Objects as results that run code when they are unpickled",
        "Pickles of one's own, loaded by oneself",
        Work(extra={"stack": "pass"}, answers={"average": _PICKLE, "scale": "", "shared": "", "stack": ""}),
        wrong("import pickle\nassert pickle.loads(pickle.dumps([1])) == [1]"),
    ),
]
