"""Real kernels in real processes. Each test module has its own folder of sockets, and so its own servers."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

from course_lib.kernels import PROVISIONER
from tests.kernels.processes import Kernel

LEFT_TO_THE_TEST = (
    "COURSE_WARM",
    "COURSE_OFFLINE",
    "COURSE_KERNEL_RECORD",
    "TF_CPP_MIN_LOG_LEVEL",
    "MPLBACKEND",
)


@pytest.fixture(scope="module", autouse=True)
def warm_place() -> Iterator[Path]:
    """A short private folder for the sockets, and the settings every test here starts from."""
    if sys.platform != "linux":
        pytest.skip("warm kernels exist on Linux only")
    from course_lib.kernels import client

    folder = Path(tempfile.mkdtemp(prefix="cw"))
    factory = KernelProvisionerFactory.instance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, "default_provisioner_name", PROVISIONER)
        patch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", PROVISIONER)
        patch.setenv("COURSE_WARM_DIR", str(folder))
        patch.setenv("OMP_NUM_THREADS", "1")
        for name in LEFT_TO_THE_TEST:
            patch.delenv(name, raising=False)
        yield folder
        client.stop_servers()
        leftover = [path.name for path in folder.iterdir() if path.suffix == ""]
        shutil.rmtree(folder)
        assert not leftover, f"sockets of kernels were left behind: {leftover}"


@pytest.fixture
def kernel() -> Iterator[Callable[..., Kernel]]:
    """Start kernels; those still running are ended after the test."""
    started: list[Kernel] = []

    def start(*args: Any, **kwargs: Any) -> Kernel:
        started.append(Kernel(*args, **kwargs))
        return started[-1]

    yield start
    for one in started:
        if one.manager.has_kernel:
            one.close()
