"""The class that is attacked, once per level of confinement."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.kernels import client
from course_lib.kernels.sandbox import LANDLOCK, NAMESPACES, protections
from tests.grading.attacks.yard import Yard, opened


@pytest.fixture(scope="module", params=[NAMESPACES, LANDLOCK])
def yard(request: pytest.FixtureRequest) -> Iterator[Yard]:
    """A class at every level. One that a machine does not have cannot be attacked there."""
    (trial,) = (trial for trial in protections().trials if trial.level == request.param)
    if trial.reason:
        pytest.skip(f"this machine has no level {request.param!r}: {trial.reason}")
    folder = Path(tempfile.mkdtemp(prefix="cg"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_WARM_DIR", str(folder))
        patch.setenv("COURSE_WARM_IDLE", "120")
        with opened(request.param) as made:
            yield made
        client.stop_servers()
    shutil.rmtree(folder)
