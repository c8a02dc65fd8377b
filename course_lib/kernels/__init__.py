"""Warm kernels: Jupyter kernels forked from a server that has already imported the frameworks.

Set ``JUPYTER_DEFAULT_PROVISIONER_NAME=course-warm`` and every tool that starts kernels through
jupyter_client (papermill, nbclient, nbval, MyST-NB, JupyterLab) gets a kernel in a fraction of a second,
with the stock ``python3`` kernelspec. Where forking is impossible it gets an ordinary (cold) kernel, and the
start is counted. `counts()` tells how many of each there were.

Variables that steer it:

``COURSE_WARM=0``           cold kernels (for a notebook that sets ``KERAS_BACKEND`` and the like itself)
``COURSE_OFFLINE=1``        the kernel refuses every connection beyond this machine
``COURSE_WARM_PRELOAD``     comma-separated modules to import in the server instead of the usual ones
``COURSE_WARM_IDLE``        seconds without a kernel after which the server leaves (300)
``COURSE_WARM_DIR``         folder for the sockets (default: under the user's runtime folder)
``COURSE_KERNEL_RECORD``    file that collects the starts of a whole process tree (set by `recording()`)

Two things are shared that cold kernels do not share: the hash seed of ``str`` (kernels of one server order
sets of strings alike) and the version of the frameworks (a package installed while a server runs gives the
next kernel a new server).
"""

from course_lib.kernels.environment import import_variables_set_in
from course_lib.kernels.record import Counts, counts, recording

PROVISIONER = "course-warm"
"""Value for ``JUPYTER_DEFAULT_PROVISIONER_NAME``."""

__all__ = ["PROVISIONER", "Counts", "counts", "import_variables_set_in", "recording"]
