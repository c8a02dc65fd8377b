"""The halls once more, with Keras on its torch backend. Keras reads the choice at import: hence a child process."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__)


def test_the_halls_and_their_parity_on_the_torch_backend(request):
    # One child for all: to import the frameworks takes longer than the tests. It must not run this file again.
    files = [str(HERE.parent), str(HERE.parents[1] / "parity"), f"--ignore={HERE}"]
    child = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stdout[-3000:] + child.stderr[-1000:]
