"""The Jupyter kernel provisioner `course-warm`: a forked kernel where possible, an ordinary one elsewhere."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.localinterfaces import localhost
from jupyter_client.provisioning import LocalProvisioner

from course_lib.kernels import wire
from course_lib.kernels.offline import wants_offline
from course_lib.kernels.record import note_start

SWITCH = "COURSE_WARM"

_LAUNCHERS = {"ipykernel_launcher", "ipykernel"}
# Arguments of Popen that a fork by another process can follow.
_FOLLOWED = {"env", "cwd", "stdin", "stdout", "stderr", "independent", "kernel_id"}


def can_fork() -> bool:
    """Whether this platform has what warm kernels are made of (Linux 5.3 or newer)."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open") and hasattr(os, "fork")


def is_own_ipykernel(argv: list[str]) -> bool:
    """Whether `argv` is this interpreter's stock ipykernel (any other kernel starts as its author meant)."""
    if len(argv) < 3 or argv[1] != "-m" or argv[2] not in _LAUNCHERS:
        return False
    if argv[0] in {"python", "python3", "python{}.{}".format(*sys.version_info[:2])}:
        return True  # jupyter_client replaces these names with sys.executable
    asked, own = os.path.abspath(argv[0]), os.path.abspath(sys.executable)
    same_folder = os.path.dirname(asked) == os.path.dirname(own)
    return asked == own or (same_folder and os.path.exists(asked) and os.path.samefile(asked, own))


class WarmProvisioner(LocalProvisioner):
    """Gives each kernel as a fork of a warm server, or cold when `why_cold` has a reason; counts both."""

    process: Any = None  # a Popen, or the WarmProcess that stands in for one
    why_cold: str = ""
    """Why the current kernel is cold; empty for a warm one."""

    def _finalize_env(self, env: dict[str, str]) -> None:
        super()._finalize_env(env)
        env.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its start-up lines are no output of a notebook

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose Unix sockets before the connection file is written: no port can be taken by another."""
        env: Mapping[str, str] = kwargs.get("env", os.environ)
        ours = is_own_ipykernel(self.kernel_spec.argv)
        self.why_cold = self._obstacle(env, ours)
        if not self.why_cold:
            try:
                self._use_unix_sockets()
            except OSError as problem:
                self.why_cold = str(problem)
        if ours and self.why_cold and wants_offline(env):
            extra = kwargs.get("extra_arguments") or []
            kwargs["extra_arguments"] = [*extra, "--ext", "course_lib.kernels.offline"]
        return await super().pre_launch(**kwargs)

    @staticmethod
    def _obstacle(env: Mapping[str, str], ours: bool) -> str:
        if env.get(SWITCH, "1") == "0":
            return f"{SWITCH}=0"
        if not can_fork():
            return f"no warm kernels on {sys.platform}"
        return "" if ours else "not this interpreter's ipykernel"

    def _use_unix_sockets(self) -> None:
        manager = self.parent
        if manager is None or manager.transport != "tcp" or manager.ip != localhost() or any(manager.ports):
            return  # restarted with the sockets it had, or addressed by whoever configured it
        prefix = str(wire.folder() / f"k{uuid.uuid4().hex[:12]}")
        manager.transport = "ipc"
        manager.ip = prefix

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, or start a cold one; `kwargs` are those of `subprocess.Popen`."""
        if not self.why_cold:
            self.why_cold = await self._launch_warm(cmd, kwargs)
            if not self.why_cold:
                note_start("warm")
                return self.connection_info
            self.log.warning("Cold kernel: %s", self.why_cold)
            if wants_offline(kwargs["env"]):
                cmd = [*cmd, "--ext", "course_lib.kernels.offline"]
        info = await super().launch_kernel(cmd, **kwargs)
        note_start("cold", self.why_cold)
        return info

    async def _launch_warm(self, cmd: list[str], kwargs: dict[str, Any]) -> str:
        """Try to; returns why not, or nothing."""
        from course_lib.kernels import client  # Linux only

        unknown = sorted(
            name for name, value in kwargs.items() if name not in _FOLLOWED and value is not None
        )
        if unknown or kwargs.get("independent"):
            return f"launched with {', '.join(unknown) or 'independent=True'}"
        cwd = os.path.abspath(kwargs.get("cwd") or os.getcwd())
        if not os.path.isdir(cwd):
            return f"no folder {cwd}"
        if os.path.exists(os.path.join(cwd, "matplotlibrc")):
            return f"{cwd} has a matplotlibrc of its own"
        env = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        opened: list[int] = []
        try:
            streams = _streams(kwargs, opened)
            sockets = self.connection_info["ip"] if self.connection_info.get("transport") == "ipc" else ""
            ask = functools.partial(client.start_kernel, cmd[3:], env, cwd, streams, sockets)
            # The first kernel of a server waits for the imports: not in the caller's event loop.
            process = await asyncio.get_running_loop().run_in_executor(None, ask)
        except client.Unavailable as problem:
            return str(problem)
        finally:
            for descriptor in opened:
                os.close(descriptor)
        self.process = process
        self.pid = self.pgid = process.pid
        self.cwd = cwd
        return ""

    async def wait(self) -> int | None:
        """Wait for the end of the kernel: on its pidfd where there is one."""
        await self._ended()
        return await super().wait()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and its process group, and let it disappear before the caller starts to poll."""
        await super().kill(restart=restart)
        try:
            await asyncio.wait_for(self._ended(), timeout=1.0)
        except TimeoutError:
            self.log.debug("the kernel takes long to end")

    async def _ended(self) -> None:
        process = self.process
        if process is None or self.why_cold or process.poll() is not None:
            return
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        handle = os.dup(process.fileno())  # own number: several may wait for the same process
        loop.add_reader(handle, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)

    async def send_signal(self, signum: int) -> None:
        """Send `signum` to the kernel's process group; nothing if it has ended."""
        if self.process is not None and not self.why_cold and self.process.poll() is not None:
            return  # its group's number may be somebody else's by now
        await super().send_signal(signum)


def _streams(kwargs: Mapping[str, Any], opened: list[int]) -> list[int]:
    """Descriptors for stdin, stdout and stderr as Popen would choose them; those made here go to `opened`.

    Raises Unavailable for pipes, which only a parent process can offer.
    """
    from course_lib.kernels.client import Unavailable

    def null() -> int:
        opened.append(os.open(os.devnull, os.O_RDWR))
        return opened[-1]

    def own(number: int) -> int:
        try:
            os.fstat(number)
        except OSError:
            return null()
        return number

    def choose(name: str, default: int) -> int:
        given = kwargs.get(name)
        if given is None:
            return null() if name == "stdin" else own(default)
        if given == subprocess.DEVNULL:
            return null()
        if given == subprocess.STDOUT:
            return result[1]
        if given == subprocess.PIPE:
            raise Unavailable(f"launched with {name}=PIPE")
        return given if isinstance(given, int) else int(given.fileno())

    result: list[int] = []
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        result.append(choose(name, number))
    return result
