"""The ``course`` command: one thin layer over the tools."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from course_lib.notebooks.environment import DEVICES, FRAMEWORKS, PROFILES, cores
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.layout import Project

if TYPE_CHECKING:
    from course_lib.notebooks.run import Task
    from course_lib.notebooks.source import Source


_MODE_HELP = "strict: tests in a process of their own; compat: as `nbgrader autograde` does (default: strict)"


class _Parser(argparse.ArgumentParser):
    """Bad usage is one line, and exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def sync(args: argparse.Namespace) -> int:
    """Regenerate, or prove, the notebooks and the student exercises."""
    from course_lib.grading import release
    from course_lib.grading import source as assignments
    from course_lib.grading.cli import relative
    from course_lib.grading.lint import lint
    from course_lib.notebooks import sync as notebooks

    project = _project(args)
    known = {path.stem for path in assignments.find(project.root)}
    chosen = [name for name in args.chapters if name not in known or _is_chapter(project, name)]
    sources, findings = _checked(project, chosen) if chosen or not args.chapters else ([], 0)
    slugs = [name for name in args.chapters if name in known]
    wanted = assignments.find(project.root, slugs or None) if slugs or not args.chapters else []
    exercises = [assignments.load(path) for path in wanted]
    if args.check:
        drifted = notebooks.drift(project, sources)
        found = [line for exercise in exercises for line in lint(exercise)]
        drifted += relative(project.root, found)
        if exercises:
            lines = release.drift(project.root, exercises, release.build(exercises))
            drifted += [line for line in lines if _concerns(line, slugs)]
        print(*drifted, sep="\n", end="\n" if drifted else "", file=sys.stderr)
        if not drifted and not findings:
            print(f"in step: {len(sources)} notebooks, {len(exercises)} exercises")
        return 2 if findings else 1 if drifted else 0
    touched, notes = notebooks.write(project, sources)
    touched += release.write(project.root, exercises) if exercises else []
    for path in touched:
        print(f"{'wrote' if path.exists() else 'removed'} {project.name(path)}")
    print(*notes, sep="\n", end="\n" if notes else "", file=sys.stderr)
    print(f"{len(touched)} changed of {len(sources)} notebooks and {len(exercises)} exercises")
    return 2 if findings else 0


def run(args: argparse.Namespace) -> int:
    """Execute chapters."""
    from course_lib.kernels import recording
    from course_lib.notebooks import run as runner
    from course_lib.notebooks.environment import resolve_device

    project = _project(args)
    sources, findings = _checked(project, args.chapters)
    frameworks = FRAMEWORKS if args.framework == "all" else (args.framework,)
    settings = runner.Settings(
        profile=args.profile,
        device=resolve_device(args.device, frameworks),
        frameworks=frameworks,
        jobs=args.jobs,
        force=args.force,
        warm=not args.cold,
    )
    with recording():
        failures = _report(runner.run(project, sources, settings), args.verbose) if sources else 0
    return 2 if findings else 1 if failures else 0


def build(args: argparse.Namespace) -> int:
    """Run what is stale and build the site."""
    from course_lib.kernels import recording
    from course_lib.notebooks import run as runner
    from course_lib.notebooks.build import build_site, require_book

    project = _project(args)
    require_book(project)
    sources, findings = _checked(project, [])
    if findings:
        raise CourseError("the site was not built: mend the chapters above")
    with recording():
        tasks = runner.run(project, sources, runner.Settings(jobs=args.jobs, warm=not args.cold))
        _report(tasks, args.verbose)
    if any(task.state == "failed" for task in tasks):
        raise CourseError("the site was not built: mend the chapters above", code=1)
    print(build_site(project, quiet=not args.verbose))
    return 0


def release(args: argparse.Namespace) -> int:
    """Make the student versions of assignments, or the sources of an nbgrader course."""
    from course_lib.grading import cli as grading

    return grading.release(args)


def feedback(args: argparse.Namespace) -> int:
    """Write the feedback pages of a graded class again, with what people have marked since."""
    from course_lib.grading import feedback_cli

    return feedback_cli.feedback(args)


def check_graders(args: argparse.Namespace) -> int:
    """Measure the graders of assignments."""
    from course_lib.grading import cli as grading

    return grading.check_graders(args)


def bench_grading(args: argparse.Namespace) -> int:
    """Grade generated classes with nbgrader and with this engine, and write a report."""
    from course_lib.grading.bench.command import bench

    return bench(args)


def grade(args: argparse.Namespace) -> int:
    """Grade the submissions of an assignment."""
    from course_lib.grading import grading_cli

    return grading_cli.grade(args)


def hub(args: argparse.Namespace) -> int:
    """Run a JupyterHub with this course on this machine, until Ctrl-C."""
    from course_lib.hub.start import Wanted, serve

    root = _project(args).root
    folder = Path(args.folder) if args.folder else root / ".hub"
    serve(Wanted(folder, root, args.port, grade_on_submit=not args.no_grade_on_submit))
    return 0


def _project(args: argparse.Namespace) -> Project:
    if args.root is None:
        return Project.find()
    root = Path(args.root)
    if not (root / "chapters").is_dir():
        raise CourseError(f"{args.root}: no chapters/ folder there: give the root of a course")
    return Project(root.resolve())


def _is_chapter(project: Project, name: str) -> bool:
    try:
        return bool(project.select([name]))
    except CourseError:
        return False


def _concerns(line: str, slugs: Sequence[str]) -> bool:
    """A partial check does not report exercises that were not asked for."""
    return not slugs or any(f"/{slug}/" in line for slug in slugs)


def _checked(project: Project, names: Sequence[str]) -> tuple[list[Source], int]:
    """The chosen chapters that have no findings, and how many findings the others have; prints them."""
    from course_lib.notebooks.lint import lint_headers, lint_pages

    sources, problems = lint_pages(project, project.select(names))
    problems += lint_headers(project) if not names else []
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    bad = {problem.path for problem in problems}
    return [source for source in sources if source.name not in bad], len(problems)


def _report(tasks: list[Task], verbose: bool) -> int:
    from course_lib.kernels import counts
    from course_lib.notebooks.run import complaints, summary

    print(summary(tasks))
    print(f"kernels: {counts()}")
    lines = list(complaints(tasks, verbose))
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    return len(lines)


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = _Parser(prog="course", description="Build, run, check and grade the course.")
    top.add_argument("--root", help="root of the course (default: found from the working directory)")
    commands = top.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")

    def command(name: str, action: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=action.__doc__, description=action.__doc__)
        sub.set_defaults(action=action)
        return sub

    sub = command("sync", sync)
    sub.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help="slug, part or path (default: everything)"
    )
    sub.add_argument("--check", action="store_true", help="write nothing; fail when something drifted")

    sub = command("run", run)
    sub.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help="slug, part or path (default: everything)"
    )
    sub.add_argument("--profile", choices=PROFILES, default="quick")
    sub.add_argument("--framework", choices=[*FRAMEWORKS, "all"], default="both")
    sub.add_argument("--device", choices=DEVICES, default="auto")
    sub.add_argument("--force", action="store_true", help="run fresh chapters too")
    _execution(sub)
    _verbose(sub)

    sub = command("build", build)
    _execution(sub)
    _verbose(sub)

    sub = command("release", release)
    sub.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="slug (default: all)")
    sub.add_argument(
        "--course",
        metavar="DIR",
        help="write the notebooks with solutions into source/ of this nbgrader course",
    )

    sub = command("grade", grade)
    sub.add_argument("assignment", metavar="ASSIGNMENT", help="its name")
    sub.add_argument("--submissions", metavar="DIR", help="what was handed in (default: the course's own)")
    sub.add_argument("--out", metavar="DIR", help="where results go (default: the course's own folders)")
    sub.add_argument("--course", metavar="DIR", help="an nbgrader course folder (default: this course)")
    sub.add_argument("--mode", choices=["strict", "compat"], default="strict", help=_MODE_HELP)
    sub.add_argument("-j", "--jobs", type=_jobs, default=cores(), metavar="N", help="processes at a time")
    sub.add_argument("--scheduler", metavar="ADDRESS", help="grade on the Dask cluster tcp://HOST:PORT")
    sub.add_argument("--db", metavar="URL", help="gradebook: sqlite:///FILE or postgresql://USER@HOST/NAME")
    sub.add_argument("--regrade", action="store_true", help="also what has been graded")
    sub.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one (may be repeated)"
    )

    sub = command("feedback", feedback)
    sub.add_argument("assignment", metavar="ASSIGNMENT", help="its name")
    sub.add_argument("--out", metavar="DIR", help="where its results are (default: the course's own folders)")
    sub.add_argument("--course", metavar="DIR", help="an nbgrader course folder (default: this course)")
    sub.add_argument("--db", metavar="URL", help="gradebook: sqlite:///FILE or postgresql://USER@HOST/NAME")
    sub.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one (may be repeated)"
    )
    sub.set_defaults(submissions=None)

    sub = command("check-graders", check_graders)
    sub.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="slug (default: all)")
    _jobs_option(sub)

    sub = command("hub", hub)
    sub.add_argument("--folder", metavar="DIR", help="what the hub keeps (default: .hub in the course)")
    sub.add_argument("--port", type=_port, default=8000, metavar="N", help="on 127.0.0.1 (%(default)s)")
    sub.add_argument(
        "--no-grade-on-submit", action="store_true", help="do not grade submissions as they arrive"
    )

    bench = commands.add_parser("bench", help="Measure.", description="Measure.")
    kinds = bench.add_subparsers(dest="kind", required=True, parser_class=_Parser, metavar="KIND")
    sub = kinds.add_parser("grading", help=bench_grading.__doc__, description=bench_grading.__doc__)
    sub.set_defaults(action=bench_grading)
    sub.add_argument(
        "--out", default="_build/bench", metavar="DIR", help="where the report goes (%(default)s)"
    )
    sub.add_argument(
        "--corpus", action="append", choices=["frameworks", "numpy", "training"], help="default: all three"
    )
    sub.add_argument("--size", type=_count, default=100, metavar="N", help="submissions of a class (100)")
    sub.add_argument("--stock", type=_count, metavar="N", help="how many of them nbgrader grades (all)")
    sub.add_argument("--repetitions", type=_count, default=3, metavar="N", help="runs of the engine (3)")
    sub.add_argument("--seed", type=int, default=0, metavar="N", help="of the classes")
    sub.add_argument("--redraw", action="store_true", help="write the report anew from what was measured")
    return top


def _jobs_option(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("-j", "--jobs", type=_jobs, default=cores(), metavar="N", help="processes at a time")


def _execution(sub: argparse.ArgumentParser) -> None:
    _jobs_option(sub)
    sub.add_argument("--cold", action="store_true", help="do not fork kernels from the warm server")


def _verbose(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "-v", "--verbose", action="store_true", help="tracebacks of failing cells, output of tools"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    args = parser().parse_args(argv)
    try:
        return args.action(args)
    except CourseError as error:
        print(f"course: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("course: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
