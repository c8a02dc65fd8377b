"""A system call filter: what a notebook never needs and an attacker might, refused with an ordinary error.

The filter is classic BPF as in the kernel's ``Documentation/userspace-api/seccomp_filter.rst``. A system
call of another architecture than the process's own ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

from course_lib.kernels.sandbox import syscalls

_AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_MACHINES = tuple(_AUDIT_ARCHITECTURES)
_X32 = 0x40000000
"""On x86_64, numbers from here on are those of another calling convention."""

FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    # name: its number on x86_64 and on aarch64 (None: it does not exist there).
    # Other processes' memory and descriptors.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # Mounts and namespaces.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # Wide interfaces into the kernel.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "personality": (135, 92),
    "vmsplice": (278, 75),
    # The machine itself.
    "acct": (163, 89),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "ioperm": (173, None),
    "iopl": (172, None),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "_sysctl": (156, None),
    "uselib": (134, None),
    "ustat": (136, None),
    "vhangup": (153, 58),
}
MISSING: dict[str, tuple[int, int]] = {
    # Answered as on a kernel that does not have them: libraries then take another way. The flags of clone3
    # are in memory, where a filter cannot see them; the rest is memory that no limit counts.
    "clone3": (435, 435),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
_OUTSIDE: dict[str, tuple[int | None, int | None]] = {
    # Where network, files and processes outside can be named: connections that Landlock does not know,
    # attributes of files that belong to the same user, other processes' priority.
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
}
_OF_ITSELF: dict[str, tuple[int, int]] = {
    # There, allowed for the calling process only.
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
}
_SIGNALLING: dict[str, tuple[int, int]] = {
    # Where processes outside can be named and the kernel has no other way to protect them.
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
_KILL = (62, 129)
_CLONE = (56, 220)
_SOCKET = (41, 198)

_NEW_NAMESPACES = (
    syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWCGROUP
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWNET
)
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10

# <linux/bpf_common.h>, <linux/seccomp.h>
_LOAD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_AT_LEAST = 0x35
_JUMP_ANY_BIT = 0x45
_RETURN = 0x06
_ALLOW = 0x7FFF0000
_ERROR = 0x00050000
_END_PROCESS = 0x80000000
_MODE_FILTER = 2
# struct seccomp_data
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def is_known_machine() -> bool:
    """Whether there is a filter for this machine's architecture."""
    return platform.machine() in _MACHINES


def instructions(machine: str, *, own_pid: int | None, confine_signals: bool) -> list[Instruction]:
    """The filter for `machine`, as (code, jump if true, jump if false, constant).

    own_pid: for a process without namespaces of its own, its number: what concerns processes, the network or
    the user's other files is confined then. confine_signals: whether signals are, too.
    """
    column = _MACHINES.index(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _END_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_JUMP_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _END_PROCESS)]
    refused = dict(FORBIDDEN)
    if own_pid is not None:
        refused |= _OUTSIDE
        if confine_signals:
            refused |= _SIGNALLING
    program += _refuse((numbers[column] for numbers in refused.values()), errno.EPERM)
    program += _refuse((numbers[column] for numbers in MISSING.values()), errno.ENOSYS)
    program += [
        (_JUMP_EQUAL, 0, 4, _CLONE[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    # Pairs of sockets are made by another call.
    families = (_AF_UNIX, _AF_INET, _AF_INET6) if own_pid is None else ()
    program += _only(_SOCKET[column], families, errno.EAFNOSUPPORT)
    if own_pid is not None:
        confined = [*_OF_ITSELF.values(), *([_KILL] if confine_signals else [])]
        for numbers in confined:
            program += _only(numbers[column], (0, own_pid), errno.EPERM)
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _refuse(numbers: Iterator[int | None], error: int) -> Iterator[Instruction]:
    for number in numbers:
        if number is not None:
            yield (_JUMP_EQUAL, 0, 1, number)
            yield (_RETURN, 0, 0, _ERROR | error)


def _only(number: int, arguments: tuple[int, ...], error: int) -> Iterator[Instruction]:
    """Allow call `number` only if its first argument (of 32 bits) is one of `arguments`."""
    yield (_JUMP_EQUAL, 0, len(arguments) + 3 if arguments else 2, number)
    yield (_LOAD, 0, 0, _FIRST_ARGUMENT)
    for place, argument in enumerate(arguments):
        yield (_JUMP_EQUAL, len(arguments) - place, 0, argument)
    yield (_RETURN, 0, 0, _ERROR | error)
    if arguments:
        yield (_RETURN, 0, 0, _ALLOW)


def install(*, shares_machine: bool = False, confine_signals: bool = False) -> None:
    """Filter the system calls of this process and its descendants. Raises OSError.

    shares_machine: it has no namespaces of its own. confine_signals: then, it may send signals to itself and
    its group only. Needs "no new privileges".
    """
    machine = platform.machine()
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call filter is known for {machine}")
    own_pid = os.getpid() if shares_machine else None
    program = instructions(machine, own_pid=own_pid, confine_signals=confine_signals)
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    described = _Program(len(program), ctypes.addressof(buffer))
    syscalls.checked(
        syscalls.libc.prctl(syscalls.PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(described), 0, 0),
        "seccomp filter",
    )
