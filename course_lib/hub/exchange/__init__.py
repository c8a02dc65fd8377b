"""nbgrader's exchange over ngshare, a service of the hub that knows who is asking.

nbgrader's own exchange is a shared folder: it believes the owners of files and the times that students write, and
needs an account of the system for each of them. Here the hub says who is asking and the service says when.

Why this client, and not `ngshare_exchange`: its newest version (0.5.3) requires `jupyter_core<4.11.2`, which pulls
the whole Jupyter stack years back. It also deletes an assignment, with its submissions, to release it again.
"""

from __future__ import annotations

from importlib import import_module

_PLACES = {
    "Exchange": "base",
    "ExchangeCollect": "collect",
    "ExchangeFetchAssignment": "fetch_assignment",
    "ExchangeFetchFeedback": "fetch_feedback",
    "ExchangeList": "list",
    "ExchangeReleaseAssignment": "release_assignment",
    "ExchangeReleaseFeedback": "release_feedback",
    "ExchangeSubmit": "submit",
}


def __getattr__(name: str) -> type:
    """A class of the exchange. nbgrader is imported with it, and not by who only wants the client."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
