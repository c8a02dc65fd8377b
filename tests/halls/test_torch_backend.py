"""The twins once more, with Keras on its torch backend. Keras reads the choice at import: hence a child process."""

import os
import subprocess
import sys


def test_twins_agree_on_the_torch_backend(request):
    # The child must not run this file again.
    child = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/halls/test_twins.py"],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stdout[-3000:] + child.stderr[-1000:]
