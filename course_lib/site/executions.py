"""The site shows the executions of `course run` where they are fresh; MyST-NB executes the rest itself.

Sphinx rereads a page when its file changed. A page's outputs also hang on the library, the pinned versions
and on whether `course run` has been there, so each page notes under which conditions it was read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from course_lib.notebooks import cache
from course_lib.notebooks.environment import kernel_environment
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.layout import Project
from course_lib.notebooks.source import Source, read_source

LOGGER = logging.getLogger(__name__)
PROFILE, DEVICE, FRAMEWORK = "quick", "cpu", "both"


class Executions:
    """The executions a build may use, by page."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}  # page: key of the execution its source asks for now
        self._facts: dict[str, dict[str, Any]] = {}  # page: what `course run` measured, where that is fresh

    def prepare(self, app: Sphinx) -> None:
        """Find what is fresh, and put it where MyST-NB looks before it executes (event `builder-inited`)."""
        os.environ.update(kernel_environment(DEVICE))
        project = Project(Path(app.srcdir))
        around = cache.surroundings(project)
        sources = _sources(project)
        for source in sources:
            docname = source.path.relative_to(project.root).with_suffix("").as_posix()
            key = cache.execution_key(source.nb, PROFILE, DEVICE, FRAMEWORK, around)
            path = cache.executed_path(project, source.path, PROFILE, DEVICE, FRAMEWORK)
            executed = cache.fresh(path, key)
            self._keys[docname] = key
            self._facts[docname] = dict(executed.metadata.course) if executed is not None else {}
        store = Path(vars(app.env)["mystnb_config"].execution_cache_path)
        cache.fill_jupyter_cache(project, sources, profile=PROFILE, device=DEVICE, cache_path=store)

    def facts(self, docname: str) -> dict[str, Any]:
        """What `course run` measured for a page; empty when its execution is not fresh."""
        return self._facts.get(docname, {})

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """Pages read under other conditions than today's (event `env-get-outdated`)."""
        read = _conditions(env)
        return [
            name for name in self._keys if name in env.found_docs and read.get(name) != self._condition(name)
        ]

    def note(self, app: Sphinx, docname: str, source: list[str]) -> None:
        """Note under which conditions a page is read (event `source-read`)."""
        if docname in self._keys:
            _conditions(app.env)[docname] = self._condition(docname)

    def _condition(self, docname: str) -> str:
        return f"{self._keys[docname]} {'course run' if self.facts(docname) else 'site build'}"


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Take over what a parallel reader noted (event `env-merge-info`)."""
    _conditions(env).update({name: note for name, note in _conditions(other).items() if name in docnames})


def _conditions(env: BuildEnvironment) -> dict[str, str]:
    """The notes by page; they live in the environment, which Sphinx keeps from build to build."""
    notes: dict[str, str] = vars(env).setdefault("course_conditions", {})
    return notes


def _sources(project: Project) -> list[Source]:
    """Every chapter that can be read; MyST-NB reports the others when it comes to them."""
    sources = []
    for path in project.chapters():
        try:
            sources.append(read_source(path, project.root))
        except CourseError as error:
            LOGGER.warning("%s", error, type="course", subtype="source")
    return sources
