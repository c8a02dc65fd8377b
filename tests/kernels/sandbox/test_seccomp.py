"""The system call filter as a program: what it answers to every call, on every architecture it knows."""

from __future__ import annotations

import errno

import pytest

from course_lib.kernels.sandbox import seccomp

ALLOW, KILL = 0x7FFF0000, 0x80000000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# read, write, mmap, execve, exit_group, futex
HARMLESS = {"x86_64": (0, 1, 9, 59, 231, 202), "aarch64": (63, 64, 222, 221, 94, 98)}
COLUMN = {"x86_64": 0, "aarch64": 1}


def verdict(program: list[seccomp.Instruction], architecture: int, number: int, first: int = 0) -> int:
    """Run the filter as the kernel does."""
    data = {0: number, 4: architecture, 16: first}
    accumulator = position = 0
    while True:
        code, when_true, when_false, constant = program[position]
        position += 1
        if code == 0x20:
            accumulator = data[constant]
        elif code == 0x06:
            return constant
        else:
            holds = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: bool(accumulator & constant),
            }[code]
            position += when_true if holds else when_false


def refused(number: int) -> int:
    return 0x00050000 | number


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request) -> str:
    return request.param


def test_every_listed_call_is_refused_and_others_are_not(machine) -> None:
    column = COLUMN[machine]
    for own_pid in (None, 42):
        program = seccomp.instructions(machine, own_pid=own_pid, confine_signals=True)
        for name, numbers in seccomp.FORBIDDEN.items():
            if numbers[column] is not None:
                assert verdict(program, ARCHITECTURES[machine], numbers[column]) == refused(errno.EPERM), name
        for name, numbers in seccomp.MISSING.items():
            assert verdict(program, ARCHITECTURES[machine], numbers[column]) == refused(errno.ENOSYS), name
        for number in HARMLESS[machine]:
            assert verdict(program, ARCHITECTURES[machine], number) == ALLOW
        assert len(program) < 4096  # the kernel's limit
        assert all(max(jumps) < 256 for _, *jumps, _ in program)


def test_a_foreign_calling_convention_ends_the_process(machine) -> None:
    program = seccomp.instructions(machine, own_pid=None, confine_signals=False)
    for name, architecture in {**ARCHITECTURES, "i386": 0x40000003, "arm": 0x40000028}.items():
        if name != machine:
            assert verdict(program, architecture, HARMLESS[machine][0]) == KILL
    if machine == "x86_64":
        assert verdict(program, ARCHITECTURES[machine], 0x40000000 + 59) == KILL


@pytest.mark.parametrize(
    ("flags", "allowed"), [(17, True), (0x3D0F00, True), (0x10000011, False), (0x20000, False)]
)
def test_clone_makes_processes_and_threads_but_no_namespaces(machine, flags, allowed) -> None:
    program = seccomp.instructions(machine, own_pid=None, confine_signals=False)
    clone = {"x86_64": 56, "aarch64": 220}[machine]
    wanted = ALLOW if allowed else refused(errno.EPERM)
    assert verdict(program, ARCHITECTURES[machine], clone, flags) == wanted


@pytest.mark.parametrize("family", [1, 2, 10, 16, 17, 38, 40])
def test_sockets_are_of_a_few_families_and_none_where_the_network_is_shared(machine, family) -> None:
    call = {"x86_64": 41, "aarch64": 198}[machine]
    own = seccomp.instructions(machine, own_pid=None, confine_signals=False)
    wanted = ALLOW if family in (1, 2, 10) else refused(errno.EAFNOSUPPORT)
    assert verdict(own, ARCHITECTURES[machine], call, family) == wanted
    shared = seccomp.instructions(machine, own_pid=42, confine_signals=False)
    assert verdict(shared, ARCHITECTURES[machine], call, family) == refused(errno.EAFNOSUPPORT)


@pytest.mark.parametrize(("target", "allowed"), [(42, True), (0, True), (41, False), (0xFFFFFFFF, False)])
def test_signals_and_limits_of_others_where_processes_are_shared(machine, target, allowed) -> None:
    program = seccomp.instructions(machine, own_pid=42, confine_signals=True)
    for call in ({"x86_64": 62, "aarch64": 129}[machine], {"x86_64": 302, "aarch64": 261}[machine]):
        wanted = ALLOW if allowed else refused(errno.EPERM)
        assert verdict(program, ARCHITECTURES[machine], call, target) == wanted
