"""A Jupyter server extension for graders: what students handed in beside their notebooks cannot act on the server.

Formgrader serves those files from the grader's own server, as they are: a page among them would run its scripts
with the grader's rights. This extension answers for the same addresses first, with a policy that takes such a page
its scripts and its origin.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler

_FILES = r"formgrader/submissions/(?!components/)([^/]+/(?!(?:next|prev)(?:_incorrect)?/?$).+)"


class SubmittedFile(SubmissionFilesHandler):
    """A file of a student, shown without scripts, forms or an origin."""

    @property
    def content_security_policy(self) -> str:
        """What the server says anyway, and a sandbox."""
        return f"{super().content_security_policy}; sandbox"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "course_lib.hub.formgrader"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    # Loaded before nbgrader's own, as extensions are loaded by name: the first handler that fits answers.
    app.web_app.add_handlers(".*$", [(url_path_join(app.base_url, _FILES), SubmittedFile)])
