"""What code in a sandbox can reach of the machine around it: nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.kernels.sandbox import HOME, NAMESPACES
from tests.kernels.processes import is_running

REPOSITORY = Path(__file__).resolve().parents[3]

OPEN = """
import os
opened = []
for path in payload["paths"]:
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT, os.O_PATH | os.O_DIRECTORY):
        try:
            file = os.open(path, flags, 0o666)
        except OSError:
            continue
        try:
            os.listdir(file) if flags & os.O_DIRECTORY else os.read(file, 1) if flags == 0 else os.write(file, b"x")
            opened.append(path)
        except OSError:
            pass
        os.close(file)
result = opened
"""


def test_files_outside_cannot_be_opened(sandbox, level, tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    # Anybody may read and write it: it is the sandbox that must keep it away.
    os.chmod(secret, 0o666)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        os.chmod(folder, 0o777)
    solutions = sorted((REPOSITORY / "solutions").glob("*/*.md"))
    assert solutions, "there is nothing to hide"
    paths = [
        secret,
        tmp_path,
        tmp_path / "new",
        *solutions,
        REPOSITORY,
        REPOSITORY / "tests",
        REPOSITORY / ".git",
    ]
    paths += [
        "/etc/shadow",
        "/root",
        "/home",
        "/run",
        "/var",
        "/boot",
        "/dev/mem",
        "/dev/kmsg",
        "/proc/kcore",
    ]
    paths += [
        f"/proc/{os.getpid()}/{name}"
        for name in ("environ", "mem", "maps", "fd", "root", "cwd/pyproject.toml")
    ]
    inside = sandbox(level, payload={"paths": [str(path) for path in paths]})
    allowed = (
        {"/root", "/home"} if level == NAMESPACES else set()
    )  # empty but for the way to Python, and HOME
    assert set(inside.run(OPEN)) <= allowed
    assert secret.read_text() == "secret"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_the_repository_is_the_package_alone(sandbox) -> None:
    inside = sandbox(payload={"repository": str(REPOSITORY)})
    found = inside.run("import os; result = os.listdir(payload['repository'])")
    prefix = Path(sys.prefix)
    python = {prefix.relative_to(REPOSITORY).parts[0]} if prefix.is_relative_to(REPOSITORY) else set()
    assert set(found) == {"course_lib", *python}
    assert inside.run(
        "result = sorted(os.listdir('/home')), os.listdir(os.environ['HOME']), os.listdir('/tmp')"
    ) == [
        ["student"],
        [],
        [],
    ]


WRITE_EVERYWHERE = """
import os, tempfile
written = []
for folder, folders, _ in os.walk("/"):
    if folder.startswith("/proc"):
        folders.clear()
        continue
    try:
        descriptor, path = tempfile.mkstemp(dir=folder)
    except OSError:
        continue
    os.close(descriptor)
    os.unlink(path)
    written.append(folder)
result = sorted(written)
"""


def test_nothing_can_be_written_but_home_and_temporary_files(sandbox) -> None:
    assert sandbox().run(WRITE_EVERYWHERE) == ["/dev/shm", HOME, "/tmp"]


def test_home_and_temporary_files_can_be_written(sandbox, level) -> None:
    inside = sandbox(level)
    assert inside.run("""
import os, pathlib, tempfile
pathlib.Path("folder").mkdir()
pathlib.Path("folder/file").write_text("text")
os.rename("folder/file", "renamed")
home = pathlib.Path.home()
with tempfile.TemporaryDirectory() as other:
    os.symlink("renamed", "link")
    result = [home.samefile("."), pathlib.Path("link").read_text(), os.path.isdir(other)]
""") == [True, "text", True]


def test_two_sandboxes_share_no_files(sandbox, level) -> None:
    one, other = sandbox(level), sandbox(level)
    assert one.run("open('mine', 'w').write('1'); import os; result = os.getcwd()").startswith(
        ("/home", "/tmp")
    )
    place = one.run("result = os.path.abspath('mine')")
    assert other.error(f"open({place!r})") in ("FileNotFoundError", "PermissionError")


def test_only_the_given_descriptors_are_open(sandbox, level) -> None:
    inside = sandbox(level)
    found = inside.run("""
import os
result = {}
for name in os.listdir("/proc/self/fd"):
    try:
        result[name] = os.readlink(f"/proc/self/fd/{name}")
    except FileNotFoundError:
        pass
""")
    streams = {found.pop(name) for name in "012"}
    assert streams == {"/dev/null"}
    assert [target.partition(":")[0] for target in found.values()] == ["socket"]


def test_other_processes_are_neither_seen_nor_reached(sandbox, level) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        inside, neighbour = sandbox(level), sandbox(level)
        if level == NAMESPACES:
            assert inside.run("import os; result = sorted(filter(str.isdigit, os.listdir('/proc')))") == [
                "1",
                "2",
            ]
            assert inside.run("result = os.getppid()") == 0
        targets = [other.pid, os.getpid(), inside.process.pid, neighbour.process.pid, -1]
        for number in (int(signal.SIGKILL), int(signal.SIGSTOP)):
            for pid in targets:
                inside.answer(f"import os\nos.kill({pid}, {number})")
        # -1 is everybody whom it can reach: in a namespace of its own that is nobody but itself.
        assert is_running(other.pid)
        assert is_running(neighbour.process.pid)
        assert neighbour.run("result = 1") == 1
        state = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[0]
        assert state != "T"
    finally:
        other.kill()
        other.wait()


def test_limits_of_other_processes_cannot_be_changed(sandbox, level) -> None:
    before = [os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)]
    inside = sandbox(level, payload={"pid": os.getpid()})
    for attempt in (
        "resource.prlimit(payload['pid'], resource.RLIMIT_CPU, (0, 0))",
        "os.sched_setaffinity(payload['pid'], {0})",
        "os.setpriority(os.PRIO_PROCESS, payload['pid'], 19)",
    ):
        assert inside.error(f"import os, resource\n{attempt}") in ("PermissionError", "ProcessLookupError")
    assert [os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)] == before


def test_the_first_process_cannot_be_looked_into(sandbox) -> None:
    inside = sandbox()
    for name in ("environ", "mem", "maps", "fd/0", "root", "cwd"):
        flags = "os.O_RDONLY", "os.O_WRONLY"
        errors = [inside.error(f"import os; os.open('/proc/1/{name}', {flag})") for flag in flags]
        assert set(errors) <= {"PermissionError", "IsADirectoryError"}
        assert errors[0] == "PermissionError"
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
        inside.answer(f"import os; os.kill(1, {int(number)})")  # refused or without effect
    assert inside.run("result = 1") == 1


def test_loopback_of_the_machine_and_the_network_are_out_of_reach(sandbox, level, tmp_path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as named,
    ):
        name = f"sandbox-test-{os.getpid()}"
        abstract.bind("\0" + name)
        abstract.listen()
        path = tmp_path / "s"
        named.bind(str(path))
        named.listen()
        os.chmod(path, 0o777)
        inside = sandbox(level, payload={"port": tcp.getsockname()[1], "name": name, "path": str(path)})
        for attempt in (
            "socket.create_connection(('127.0.0.1', payload['port']), timeout=5)",
            "socket.create_connection(('192.0.2.1', 80), timeout=5)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
            "socket.socket(socket.AF_UNIX).connect('\\0' + payload['name'])",
            "socket.socket(socket.AF_UNIX).connect(payload['path'])",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
            "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
        ):
            assert inside.error(f"import socket\n{attempt}") in (
                "ConnectionRefusedError",
                "FileNotFoundError",
                "OSError",
                "PermissionError",
            ), attempt
        for look_up in ("socket.getaddrinfo('example.org', 80)", "socket.gethostbyname('example.org')"):
            assert inside.error(look_up) in ("gaierror", "OSError")


def test_the_sockets_of_warm_servers_are_out_of_reach(sandbox, level, warm_place) -> None:
    found = sorted(warm_place.glob("*.sock"))
    inside = sandbox(level)
    found = sorted(warm_place.glob("*.sock"))
    assert found
    for path in found:
        assert inside.error(f"import socket\nsocket.socket(socket.AF_UNIX).connect({str(path)!r})") in (
            "FileNotFoundError",
            "OSError",
            "PermissionError",
        )


def test_loopback_inside_works(sandbox) -> None:
    assert (
        sandbox().run("""
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        accepted.sendall(b"hello")
        result = client.recv(5).decode()
""")
        == "hello"
    )


SYSTEM_CALLS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, *arguments):
    ctypes.set_errno(0)
    assert getattr(libc, name)(*arguments) == -1, name
    return ctypes.get_errno()
"""


@pytest.mark.parametrize(
    "call",
    [
        "'ptrace', 0, 0, 0, 0",
        "'ptrace', 16, payload['pid'], 0, 0",
        "'mount', b'tmpfs', b'/tmp', b'tmpfs', 0, None",
        "'umount2', b'/tmp', 2",
        "'unshare', 0x10000000",
        "'unshare', 0x20000",
        "'setns', 0, 0",
        "'chroot', b'/tmp'",
        "'personality', 0x0040000",
        "'process_vm_readv', payload['pid'], None, 0, None, 0, 0",
        "'sethostname', b'x', 1",
        "'swapoff', b'/tmp'",
        "'reboot', 0",
        "'syscall', 321, 0, 0, 0",
        "'syscall', 298, 0, 0, 0",
        "'syscall', 323, 0",
        "'syscall', 425, 1, 0",
        "'syscall', 250, 0, 0",
    ],
)
def test_dangerous_system_calls_are_refused(call, level, shared) -> None:
    if "syscall" in call and os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    assert shared(level).run(f"{SYSTEM_CALLS}\nresult = attempt({call})") == 1


def test_namespaces_cannot_be_made_by_clone(level, shared) -> None:
    inside = shared(level)
    machine = os.uname().machine
    clone = {"x86_64": 56, "aarch64": 220}[machine]
    for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000):
        assert (
            inside.run(f"{SYSTEM_CALLS}\nresult = attempt('syscall', {clone}, {flag} | 17, 0, 0, 0, 0)") == 1
        )
    assert inside.run(f"{SYSTEM_CALLS}\nresult = attempt('syscall', 435, 0, 0)") == 38


@pytest.fixture(scope="module")
def shared():
    """One sandbox per level for tests that leave no trace."""
    from tests.kernels.sandbox.inside import Inside

    made: dict[str, Inside] = {}

    def get(level: str) -> Inside:
        if level not in made:
            made[level] = Inside(level, payload={"pid": os.getpid()})
        return made[level]

    yield get
    for inside in made.values():
        inside.kill()


def test_no_privileges_are_left(level, shared) -> None:
    status = shared(level).run("""
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
result = {name: status[name].strip() for name in ("CapEff", "CapPrm", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp")}
""")
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert shared(level).run("import os; result = [os.getresuid(), os.getresgid()]") != [[0] * 3, [0] * 3]


def test_a_root_of_a_setuid_program_stays_the_student(shared) -> None:
    inside = shared(NAMESPACES)
    assert inside.run("result = os.getuid()") == 1000
    assert inside.error("os.setuid(0)") == "OSError"  # there is no such user inside


def test_nothing_tells_a_sandbox_from_a_students_own_kernel(shared) -> None:
    inside = shared(NAMESPACES)
    found = inside.run("""
import getpass, platform, sys
def read(name):
    return open("/proc/self/" + name, "rb").read().decode(errors="replace")
result = {
    "environment": dict(os.environ), "old environment": read("environ"), "command": read("cmdline"),
    "arguments": sys.argv, "host": platform.node(), "user": getpass.getuser(), "folder": os.getcwd(),
}
""")
    assert (found["host"], found["user"], found["folder"]) == ("jupyter", "student", HOME)
    assert found["environment"]["HOME"] == HOME
    everything = str(found).lower()
    for trace in ("grad", "sandbox", "course_", "warm", "judge", "server"):
        assert trace not in everything.replace(str(REPOSITORY).lower(), ""), trace
