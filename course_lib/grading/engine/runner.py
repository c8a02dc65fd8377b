"""Runs the cells of one submitted notebook: the student's in one sandbox, the tests in another that never sees them.

A process that dies or has to be ended costs the cell that it was running. The next cell gets a fresh process
in which the earlier cells are run again, without those that ended one.
"""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_lib.grading.engine.arranging import RebuiltCell
from course_lib.grading.engine.kernel import GRACE, Gone, Kernel
from course_lib.grading.engine.model import COMPAT, STRICT, Bundle
from course_lib.grading.engine.outputs import IMAGE_BYTES, error, readable, sanitise

STUDENT = "course_lib.grading.engine.student:main"
JUDGE = "course_lib.grading.engine.judge:main"

RESTARTS = 20
"""Fresh processes that one notebook may cost, of each kind."""

_CONNECT_SECONDS = 10.0
_STUDENT_GONE = "StudentGone"
"""How a judge calls the end of its connection to the student's process."""
_LONGEST_NAME, _LONGEST_TEXT = 200, 4000
_MESSAGE_BYTES = 1 << 20


def is_test(cell: RebuiltCell) -> bool:
    """Whether it is a test with points."""
    return cell.kind == "code" and cell.cell is not None and cell.cell.is_test


def _by_author(cell: RebuiltCell) -> bool:
    """Whether it is neither an answer nor added by the student."""
    return cell.cell is not None and not cell.cell.is_answer


@dataclass
class Ran:
    """What happened when a cell ran. `outputs` are sanitised; `cpu` is in seconds, as is `seconds`."""

    ename: str = ""
    evalue: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    seconds: float = 0.0
    cpu: float = 0.0
    ended: bool = False
    """Whether it ended its process or had to be interrupted: it is not run again."""

    @property
    def ok(self) -> bool:
        """Whether nothing was raised."""
        return not self.ename


class Runner:
    """The processes of one notebook. Use it as a context manager: leaving it ends them.

    files: the student's own, by relative path, for the student's process only. level: of the sandbox, see
    `course_lib.kernels.sandbox`. All methods that start a process raise `course_lib.kernels.client.Unavailable`
    when the machine does not give one.
    """

    def __init__(
        self,
        bundle: Bundle,
        cells: Sequence[RebuiltCell],
        *,
        mode: str = STRICT,
        level: str = "namespaces",
        files: Mapping[str, bytes] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.bundle = bundle
        self.cells = cells
        self.limits = bundle.limits
        self.level = level
        own = {path: base64.b64encode(content).decode("ascii") for path, content in (files or {}).items()}
        self.files = dict(bundle.files) | own
        self.environment = dict(environment or {})
        self.judged = mode != COMPAT
        self.notes: list[str] = []
        self.killed: list[int] = []
        """At which cells a process was killed by neither a limit nor its own code: what ran then proves nothing."""
        self._at = 0
        self.cpu = self.own_cpu = self.memory_mb = 0.0
        self._student: Kernel | None = None
        self._judge: Kernel | None = None
        self._student_starts = self._judge_starts = 0
        self._again: list[RebuiltCell] = []
        """What a fresh student's process runs first."""
        self._set_up: list[tuple[int, RebuiltCell]] = []
        """What a fresh judge runs first."""
        self._end = time.monotonic() + self.limits.notebook_seconds

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self._close(self._student)
        self._close(self._judge)

    def run(self) -> Iterator[Ran | None]:
        """Run the cells in order; one result per cell, None for a cell that is not code."""
        if any(cell.kind == "code" for cell in self.cells):
            self._student = self._new_student()
            if self.judged and any(is_test(cell) for cell in self.cells):
                self._judge = self._new_judge()
            self._greet()
        for index, cell in enumerate(self.cells):
            self._at = index
            if cell.kind != "code":
                yield None
                continue
            if self.judged and is_test(cell):
                ran = self._test(index, cell)
            else:
                ran = self._cell(index, cell)
                if self._judge is not None and _by_author(cell):
                    ran.cpu += self._prepare_judge(index, cell)
            self.own_cpu += ran.cpu
            yield ran

    # The student's process

    def _new_student(self) -> Kernel:
        self._student_starts += 1
        payload = {"files": self.files, "output_bytes": self.limits.output_bytes}
        # A character of text takes up to 6 bytes of JSON.
        return self._new(STUDENT, payload, 6 * self.limits.output_bytes + IMAGE_BYTES + _MESSAGE_BYTES)

    def _greet(self) -> None:
        assert self._student is not None
        self._student.greet()
        if self._judge is not None:
            self._connect()

    def _cell(self, index: int, cell: RebuiltCell) -> Ran:
        """Run a cell in the student's process."""
        if lost := self._revive_student():
            return lost
        assert self._student is not None
        try:
            answer = self._student.ask(
                {"do": "cell", "source": cell.source, "index": index}, seconds=self._seconds()
            )
        except Gone as gone:
            return self._lost(index, str(gone))
        ran = self._ran(answer, self._student.written())
        if ran.ended:
            self.notes.append(f"cell {index + 1} was interrupted: {ran.evalue}")
        else:
            self._again.append(cell)
        return ran

    def _revive_student(self) -> Ran | None:
        """See to it that a student's process runs; what happened to the cell at hand where that is impossible."""
        while self._student is None or not self._student.alive():
            self._close(self._student)
            if self._student_starts > RESTARTS:
                return _failed("KernelDied", "the kernel was ended too often by this notebook")
            self._student = self._new_student()
            try:
                self._student.greet()
                self._run_again(self._student)
            except Gone:
                continue
            if self._judge is not None:
                self._connect()
        if self._seconds() <= 0:
            return self._late()
        return None

    def _run_again(self, student: Kernel) -> None:
        for cell in list(self._again):
            if self._seconds() <= 0:
                return
            try:
                answer = student.ask(
                    {"do": "cell", "source": cell.source, "index": 0}, seconds=self._seconds()
                )
            except Gone:
                self._again.remove(cell)
                raise
            student.written()
            if answer["expired"]:
                self._again.remove(cell)

    # The judge

    def _new_judge(self) -> Kernel:
        self._judge_starts += 1
        payload = {"files": dict(self.bundle.files), "output_bytes": self.limits.output_bytes}
        return self._new(JUDGE, payload, 6 * self.limits.output_bytes + IMAGE_BYTES + _MESSAGE_BYTES)

    def _connect(self, seconds: float = _CONNECT_SECONDS) -> None:
        """Join the two processes by a socket of their own. One that does not take its end in time is ended."""
        if self._student is None or self._judge is None:
            return
        ours = socket.socketpair()
        try:
            for kernel, end in zip((self._judge, self._student), ours, strict=True):
                try:
                    kernel.ask({"do": "connect"}, files=[end.fileno()], seconds=seconds)
                except Gone:
                    kernel.end()
        finally:
            for end in ours:
                end.close()

    def _prepare_judge(self, index: int, cell: RebuiltCell) -> float:
        """Run a cell of the author's that gives no points in the judge, too; returns its CPU seconds."""
        self._set_up.append((index, cell))
        if self._revive_judge(replay=False) or self._judge is None:
            return 0.0
        answer = self._ask_judge(index, cell)
        return 0.0 if answer is None else _seconds(answer, "cpu")

    def _ask_judge(self, index: int, cell: RebuiltCell, **more: Any) -> dict[str, Any] | None:
        """The judge's answer, or None when it has ended."""
        assert self._judge is not None
        assert cell.cell is not None
        request = {
            "do": "cell",
            "source": cell.cell.source,
            "index": index,
            "defines": self._owned(index),
            "classes": self._classes(index),
            "forbidden": list(cell.cell.forbidden),
            "graded": is_test(cell),
            **more,
        }
        try:
            answer = self._judge.ask(request, seconds=self._seconds(), other=self._student)
        except Gone:
            return None
        if answer["expired"]:
            self._connect(GRACE)  # a call may have been cut in the middle
        return answer

    def _owned(self, index: int) -> list[str]:
        """Names that answers before cell `index` define, as far as the author did not define them again later."""
        names: dict[str, None] = {}
        for cell in self.cells[:index]:
            if cell.cell is not None and cell.cell.is_answer:
                names |= dict.fromkeys(cell.cell.defines)
        return list(names)

    def _classes(self, index: int) -> list[str]:
        """Classes that answers before cell `index` are to define."""
        answers = [cell.cell for cell in self.cells[:index] if cell.cell is not None and cell.cell.is_answer]
        return [name for answer in answers for name in answer.classes]

    def _revive_judge(self, *, replay: bool = True) -> Ran | None:
        while self._judge is None or not self._judge.alive():
            self._close(self._judge)
            if self._judge_starts > RESTARTS:
                return _failed("JudgeDied", "the tests of this notebook ended their process too often")
            self._judge = self._new_judge()
            self._connect()
            for index, cell in list(self._set_up) if replay else ():
                if self._ask_judge(index, cell) is None:
                    self._set_up.remove((index, cell))
                    break
        return None

    def _test(self, index: int, cell: RebuiltCell) -> Ran:
        """Run a test in the judge."""
        if lost := self._revive_student() or self._revive_judge():
            return lost
        started = time.monotonic()
        answer = self._ask_judge(index, cell)
        assert self._student is not None
        assert self._judge is not None
        self._student.written()  # what the student's code prints while it is tested is no output of the test
        if answer is None:
            reason = self._judge.reason().replace("the kernel", "the test", 1)
            ran = _failed("JudgeDied", reason)
        else:
            ran = self._ran(answer, [])
            ran.cpu += _seconds(answer, "student_cpu")
        if ran.ename == _STUDENT_GONE:
            self._student.let_end()
        if not self._student.alive():
            reason = self._student.reason()
            self.notes.append(f"cell {index + 1}: {reason} while your code was tested")
            if not ran.ok and not ran.ended:
                ran.ename, ran.evalue = "KernelDied", f"{reason} while it ran your code"
        ran.seconds = time.monotonic() - started
        return ran

    # Both

    def _new(self, entry: str, payload: dict[str, Any], largest: int) -> Kernel:
        return Kernel(
            entry,
            payload,
            self.limits,
            level=self.level,
            preload=self.bundle.preload,
            environment=self.environment,
            largest=largest,
        )

    def _close(self, kernel: Kernel | None) -> None:
        if kernel is not None:
            if kernel.was_killed():
                self.killed.append(self._at)
            kernel.close()
            self.cpu += kernel.cpu
            self.memory_mb = max(self.memory_mb, kernel.memory_mb)

    def _seconds(self) -> float:
        """What the next cell may take."""
        return min(self.limits.cell_seconds, self._end - time.monotonic())

    def _late(self) -> Ran:
        return _failed("TimeoutError", f"the notebook's {self.limits.notebook_seconds:g} s were used up")

    def _lost(self, index: int, reason: str) -> Ran:
        self.notes.append(f"cell {index + 1}: {reason}")
        return _failed("KernelDied", reason)

    def _ran(self, answer: Mapping[str, Any], written: list[dict[str, Any]]) -> Ran:
        """What a process says about a cell, believed as far as it makes sense."""
        listed = answer.get("outputs")
        outputs = [*(listed if isinstance(listed, list) else []), *written]
        ran = Ran(
            outputs=sanitise(outputs, self.limits.output_bytes),
            seconds=_seconds(answer, "seconds"),
            cpu=_seconds(answer, "cpu"),
        )
        count = answer.get("execution_count")
        if isinstance(count, int) and 0 < count < 1 << 31:
            ran.execution_count = count
        if answer.get("status") != "ok":
            ran.ename = readable(str(answer.get("ename", "")))[:_LONGEST_NAME] or "Error"
            ran.evalue = readable(str(answer.get("evalue", "")))[:_LONGEST_TEXT]
        if answer["expired"]:
            late = f"stopped after {self.limits.cell_seconds:g} s"
            ran = _failed("TimeoutError", late, outputs=ran.outputs, cpu=ran.cpu, seconds=ran.seconds)
        return ran


def _failed(ename: str, evalue: str, **fields: Any) -> Ran:
    outputs = [o for o in fields.pop("outputs", []) if o["output_type"] != "error"]
    return Ran(ename, evalue, outputs=[*outputs, error(ename, evalue)], ended=True, **fields)


def _seconds(answer: Mapping[str, Any], name: str) -> float:
    value = answer.get(name)
    believable = isinstance(value, (int, float)) and 0 <= value < 1e6
    return float(value) if believable else 0.0  # type: ignore[arg-type]
