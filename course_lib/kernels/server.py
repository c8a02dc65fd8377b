"""The warm server: imports the frameworks, does nothing else with them, and forks a process per request.

What it forks is a Jupyter kernel, or a sandbox around a function of this package; both are "kernels" below.

One thread, no event loop, no framework operation: a fork of a process that has only imported is safe, one
that has computed is not. The server lives as long as it has kernels or got a request lately.

Run by `course_lib.kernels.client` as ``python -m course_lib.kernels.server LISTENER BASE INODE IDLE``: the
inherited descriptor of a listening Unix socket, the path of its socket and lock without their suffix, the
number of the socket's file, and the seconds without a kernel after which the server leaves.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import importlib.util
import os
import select
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from course_lib.kernels import child, pages, wire
from course_lib.kernels.environment import PRELOAD_VARIABLE
from course_lib.kernels.sandbox import keeper, reaping

_PATIENCE = 5.0
"""Seconds a client may take to hand over its request."""

_KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "debugpy",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "IPython.utils.wildcard",
    "jedi",
    "sqlite3",
    "tornado.platform.asyncio",
)
_LIBRARIES = ("numpy", "PIL.Image", "matplotlib", "matplotlib.pyplot", "sklearn.datasets")
# The first step of an optimizer imports torch._dynamo: a second of CPU time in every kernel.
_FRAMEWORKS = ("torch", "torch.utils.data", "torch.nn.functional", "torch._dynamo", "tensorflow", "keras")


@dataclass
class Kernel:
    """A forked kernel: its process, the connection and the process of whoever asked for it.

    sockets: the path prefix of the sockets it binds, if any. folder: its private folder, if any.
    """

    pid: int
    process: int
    client: socket.socket
    client_process: int
    sockets: str
    folder: str

    def close(self) -> None:
        """Close this side's descriptors."""
        self.client.close()
        os.close(self.process)
        os.close(self.client_process)


def modules_to_import() -> list[str]:
    """What this server imports: the modules named in COURSE_WARM_PRELOAD, or everything a chapter may use."""
    named = os.environ.get(PRELOAD_VARIABLE)
    if named is not None:
        chosen = [name.strip() for name in named.split(",") if name.strip()]
    else:
        backend = os.environ.get("KERAS_BACKEND", "tensorflow")
        chosen = [*_LIBRARIES, *(name for name in _FRAMEWORKS if name != "tensorflow" or backend == name)]
    return [*_KERNEL_MODULES, *chosen]


def import_everything() -> None:
    """Import the modules; one that is missing or broken is left for the notebook to report.

    Raises RuntimeError if forking would not be safe afterwards.
    """
    gc.disable()
    for name in modules_to_import():
        try:
            if importlib.util.find_spec(name.partition(".")[0]) is not None:
                importlib.import_module(name)
        except Exception as problem:
            print(f"not imported: {name}: {problem!r}", file=sys.stderr)
    if "ipykernel.kernelapp" not in sys.modules:
        raise RuntimeError("ipykernel cannot be imported")
    if threading.active_count() != 1:
        raise RuntimeError(f"an import started Python threads: {threading.enumerate()}")
    gc.collect()
    # Pages of frozen objects are not written to by the children's collections, so they stay shared.
    gc.freeze()
    pages.collapse()


def cuda_initialised() -> bool:
    """Whether this process has opened an NVIDIA device: a forked child could not use it."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return True
    for entry in os.scandir("/proc/self/fd"):
        try:
            if os.readlink(entry.path).startswith("/dev/nvidia"):
                return True
        except FileNotFoundError:  # the descriptor that reads this very folder
            continue
    return False


class Server:
    """Accepts requests on `listener` and owns the kernels forked for them."""

    def __init__(self, listener: socket.socket, base: str, inode: int, idle_seconds: float) -> None:
        self.listener = listener
        self.base = base
        self.inode = inode
        self.idle_seconds = idle_seconds
        self.kernels: dict[int, Kernel] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self.accept)
        self.last_use = time.monotonic()
        self.stopping = False
        self.adopts_orphans = False

    def run(self) -> None:
        """Serve until nobody has needed a kernel for `idle_seconds`, or until told to stop."""
        while not self.stopping:
            for event, _ in self.selector.select(self._seconds_left()):
                handle: Callable[[], None] = event.data
                # An earlier event of this round may have closed what a later one is about.
                if self.selector.get_map().get(event.fd) is event:
                    handle()
            if self._seconds_left() == 0 and self._leave():
                return

    def _seconds_left(self) -> float | None:
        if self.kernels:
            return None
        return max(0.0, self.last_use + self.idle_seconds - time.monotonic())

    def _leave(self) -> bool:
        """Take the socket away unless a client is just connecting; clients connect under the same lock."""
        with open(self.base + ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
                return False
            if select.select([self.listener], [], [], 0)[0]:
                return False
            self.remove_own_socket()
            return True

    def remove_own_socket(self) -> None:
        """Make the server unreachable, unless the path belongs to another one by now."""
        path = Path(self.base + ".sock")
        # The number of a bound socket's file is not used again while the socket is open.
        if path.exists() and path.stat().st_ino == self.inode:
            path.unlink()

    def accept(self) -> None:
        """Take one connection and do what its first message asks."""
        self.last_use = time.monotonic()
        client, _ = self.listener.accept()
        client.settimeout(_PATIENCE)
        files: list[int] = []
        try:
            request, files = wire.receive(client)
            if request["do"] in ("kernel", "sandbox"):
                handed_over, files = files, []
                self.fork(client, request, handed_over)
                return
            if request["do"] == "stop":
                self.stopping = True
            wire.send(client, self.status())
        except (EOFError, OSError, ValueError, KeyError) as problem:
            print(f"request dropped: {problem!r}", file=sys.stderr)
        for file in files:
            os.close(file)
        client.close()

    def status(self) -> dict[str, Any]:
        """What `course_lib.kernels.client.servers()` reports."""
        return {
            "pid": os.getpid(),
            "kernels": sorted(self.kernels),
            "threads": len(os.listdir("/proc/self/task")),
            "imported": [name for name in (*_LIBRARIES, *_FRAMEWORKS) if name in sys.modules],
        }

    def fork(self, client: socket.socket, request: dict[str, Any], files: list[int]) -> None:
        """Fork a kernel with `files` = [its own..., the ready pipe, the client's process].

        Its own are stdin, stdout and stderr of a Jupyter kernel, or the sockets of what runs in a sandbox.
        """
        *own, ready, client_process = files
        server = os.getpid()
        try:
            if request["do"] == "sandbox" and not self.adopts_orphans:
                # What a killed keeper was to end becomes ours, and ends when the keeper is buried.
                reaping.adopt_orphans()
                self.adopts_orphans = True
            pid = self._fork()
        except OSError as problem:
            for file in files:
                os.close(file)
            wire.send(client, {"refused": str(problem)})
            client.close()
            return
        if pid == 0:
            self._become(client, request, files, server)
        for file in (*own, ready):
            os.close(file)
        sockets, folder = request.get("sockets", ""), request.get("folder", "")
        process = os.pidfd_open(pid)
        kernel = Kernel(pid, process, client, client_process, sockets, folder)
        self.kernels[pid] = kernel
        self.selector.register(kernel.process, selectors.EVENT_READ, lambda: self.bury(kernel))
        self.selector.register(client, selectors.EVENT_READ, lambda: self.abandon(kernel))
        self.selector.register(client_process, selectors.EVENT_READ, lambda: self.abandon(kernel))
        try:
            wire.send(client, {"pid": pid}, [kernel.process])
        except OSError:
            self.abandon(kernel)

    @staticmethod
    def _fork() -> int:
        if cuda_initialised():
            raise OSError("CUDA is initialised in the warm server")
        child.flush_streams()
        with warnings.catch_warnings():
            # Python 3.12 warns of any fork with threads; the ones here are idle pools of the frameworks.
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()

    def _become(
        self,
        client: socket.socket,
        request: dict[str, Any],
        files: list[int],
        server: int,
    ) -> NoReturn:
        """In the child: drop everything that is the server's, then be what was asked for."""
        *own, ready, client_process = files
        try:
            self.selector.close()
            self.listener.close()
            for kernel in self.kernels.values():
                kernel.close()
            client.close()
            os.close(client_process)
        except BaseException:
            os._exit(1)
        if request["do"] == "sandbox":
            keeper.become(request, own, ready, server)
        child.become_kernel(request, own, ready, server)

    def abandon(self, kernel: Kernel) -> None:
        """The client has gone: end its kernel. `bury` follows when the process has ended."""
        for watched in (kernel.client, kernel.client_process):
            self.selector.unregister(watched)
        self._kill(kernel)
        if kernel.sockets:
            for path in Path(kernel.sockets).parent.glob(Path(kernel.sockets).name + "-*"):
                path.unlink(missing_ok=True)

    def bury(self, kernel: Kernel) -> None:
        """The kernel has ended: end what is left of its process group and report its exit status."""
        self._kill(kernel)  # before waitpid: until then the group's number cannot be anybody else's
        _, status, used = os.wait4(kernel.pid, 0)
        for watched in (kernel.process, kernel.client, kernel.client_process):
            if watched in self.selector.get_map():
                self.selector.unregister(watched)
        try:
            cpu = used.ru_utime + used.ru_stime
            wire.send(kernel.client, {"exit": os.waitstatus_to_exitcode(status), "cpu": cpu})
        except OSError:
            print(f"kernel {kernel.pid} ended after its client", file=sys.stderr)
        del self.kernels[kernel.pid]
        kernel.close()
        if self.adopts_orphans:
            reaping.end_children(spared=self.kernels)
        if kernel.folder:
            shutil.rmtree(kernel.folder, ignore_errors=True)
        self.last_use = time.monotonic()

    @staticmethod
    def _kill(kernel: Kernel) -> None:
        try:
            os.killpg(kernel.pid, signal.SIGKILL)
        except ProcessLookupError:
            # The child has not reached setsid yet, or only it is left of the group and has ended.
            os.kill(kernel.pid, signal.SIGKILL)

    def close(self) -> None:
        """End every kernel."""
        for kernel in list(self.kernels.values()):
            self._kill(kernel)
            self.bury(kernel)


def remove_stale_sockets(folder: Path) -> None:
    """Remove kernel sockets in `folder` that nobody listens on (their kernel and client were killed)."""
    for path in folder.glob("k*-*"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError as problem:
                print(f"left alone: {path.name}: {problem!r}", file=sys.stderr)


def main(arguments: list[str]) -> None:
    """Detach, import, serve."""
    descriptor, base, inode, idle = int(arguments[0]), arguments[1], int(arguments[2]), float(arguments[3])
    if os.fork():  # the client waits for this first process only; the server belongs to init
        os._exit(0)
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    remove_stale_sockets(Path(base).parent)
    with socket.socket(fileno=descriptor) as listener:
        import_everything()
        server = Server(listener, base, inode, idle)
        try:
            server.run()
        finally:
            server.close()
            server.remove_own_socket()


if __name__ == "__main__":
    main(sys.argv[1:])
