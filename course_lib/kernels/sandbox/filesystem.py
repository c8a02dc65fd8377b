"""The files that a sandbox sees: the system and Python read-only, one small writable tmpfs, nothing else."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from course_lib.kernels.sandbox import syscalls
from course_lib.kernels.sandbox.confinement import HOME, USER, Confinement

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
SETTINGS = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "timezone", "os-release"),
    *("fonts", "mime.types", "protocols", "services", "ssl", "pki", "ca-certificates"),
)
"""What programs need of /etc; names of users and machines are not among it."""

_DEVICES = ("null", "zero", "full", "random", "urandom")
_DEVICE_LINKS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
PROCESSORS = "/sys/devices/system"
"""Where libraries count processors and memory nodes."""

_WRITTEN = {
    "passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\n{name}:x:{uid}:{gid}::{home}:/bin/sh\n",
    "group": "root:x:0:\n{name}:x:{gid}:\n",
    "hosts": "127.0.0.1 localhost {host}\n::1 localhost\n",
    "hostname": "{host}\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_WRITABLE = {HOME: 0o755, "/tmp": 0o1777, "/dev/shm": 0o1777}


@dataclass(frozen=True)
class Owner:
    """Who the sandboxed user is: numbers inside the sandbox, and those that own his files outside."""

    uid: int
    gid: int
    outer_uid: int
    outer_gid: int
    host: str
    name: str = USER
    home: str = HOME


def visible(confinement: Confinement) -> list[str]:
    """Folders of this machine that a sandbox may read: the system, Python, this package, `read_only`.

    The repository around the package is not among them. A folder inside another one is left out.
    """
    package = Path(__file__).resolve().parents[2]
    packages = [part for part in sys.path if part.endswith(("site-packages", "dist-packages"))]
    python = [sys.prefix, sys.base_prefix, sys.exec_prefix, *packages, *_library_folders()]
    if site.ENABLE_USER_SITE and site.USER_SITE:
        python.append(site.USER_SITE)
    found: list[str] = []
    for name in [*_SYSTEM, *python, str(package), *confinement.read_only]:
        for path in (os.path.abspath(name), os.path.realpath(name)):
            if os.path.exists(path) and path != "/" and not _is_below(path, found):
                found.append(path)
    return found


def _is_below(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def _library_folders() -> list[str]:
    """Where the loader was told to look: a cluster keeps its compilers' libraries in such places."""
    named = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return [path for path in named if path.startswith("/") and os.path.isdir(path)]


def enter_new_root(
    confinement: Confinement, owner: Owner, more: Mapping[str, tuple[int, bool]] | None = None
) -> None:
    """Build the sandbox's root and make it this process's own; the old one is gone afterwards.

    more: trees of `syscalls.open_tree` to add as they are, by path, and whether each is a folder.
    Needs a mount and a process namespace of its own, and the right to mount in it. Raises OSError.
    """
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    # Copied before anything is mounted, so that no source can be covered by the new root.
    trees, links = _sources(confinement)
    devices = {name: syscalls.open_tree(f"/dev/{name}") for name in _DEVICES}
    root = "/tmp"
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("tmpfs", root, "tmpfs", flags, "mode=755,size=4m,nr_inodes=4k")
    os.chdir(root)
    # First, because what is visible may lie below one of them.
    _make_writable_places(confinement, owner)
    for path, (tree, is_folder) in trees.items():
        _attach(tree, "." + path, is_folder=is_folder)
    for path, target in links.items():
        os.makedirs(os.path.dirname("." + path), exist_ok=True)
        os.symlink(target, "." + path)
    _write_settings(owner)
    os.makedirs("dev", exist_ok=True)
    for name, tree in devices.items():
        _attach(tree, f"dev/{name}", is_folder=False)
    for name, end in _DEVICE_LINKS.items():
        os.symlink(f"/proc/self/fd{end}", f"dev/{name}")
    for path, (tree, is_folder) in (more or {}).items():
        _attach(tree, "." + path, is_folder=is_folder)
    os.makedirs("proc")
    syscalls.mount("proc", "proc", "proc", flags | syscalls.MS_NOEXEC)
    syscalls.pivot_root(".", ".")
    syscalls.detach(".")
    os.chdir("/")
    itself = os.open("/", os.O_PATH | os.O_DIRECTORY)
    syscalls.set_attributes(itself, syscalls.MOUNT_ATTR_RDONLY, recursive=False)
    os.close(itself)
    os.chdir(owner.home)


def _sources(confinement: Confinement) -> tuple[dict[str, tuple[int, bool]], dict[str, str]]:
    """Read-only copies of what is visible, by path, and whether each is a folder; the symbolic links among it."""
    trees: dict[str, tuple[int, bool]] = {}
    links: dict[str, str] = {}
    settings = [f"/etc/{name}" for name in SETTINGS if os.path.lexists(f"/etc/{name}")]
    processors = [PROCESSORS] if os.path.isdir(PROCESSORS) else []
    attributes = syscalls.MOUNT_ATTR_RDONLY | syscalls.MOUNT_ATTR_NOSUID | syscalls.MOUNT_ATTR_NODEV
    for path in [*visible(confinement), *settings, *processors]:
        if os.path.islink(path):
            links[path] = os.readlink(path)
            continue
        tree = syscalls.open_tree(path)
        syscalls.set_attributes(tree, attributes)
        trees[path] = tree, os.path.isdir(path)
    return trees, links


def _attach(tree: int, target: str, *, is_folder: bool) -> None:
    os.makedirs(target if is_folder else os.path.dirname(target), exist_ok=True)
    if not is_folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    syscalls.attach(tree, target)


def _write_settings(owner: Owner) -> None:
    os.makedirs("etc", exist_ok=True)
    for name, text in _WRITTEN.items():
        filled = text.format(uid=owner.uid, gid=owner.gid, home=owner.home, host=owner.host, name=owner.name)
        Path("etc", name).write_text(filled, encoding="ascii")


def _make_writable_places(confinement: Confinement, owner: Owner) -> None:
    """One tmpfs behind all of them, so that its limits hold for their sum."""
    os.makedirs("mnt")
    # The places themselves are files, too.
    options = f"mode=755,size={confinement.files_mb}m,nr_inodes={confinement.files + len(_WRITABLE) + 1}"
    syscalls.mount("tmpfs", "mnt", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, options)
    for number, (path, mode) in enumerate(_WRITABLE.items()):
        part = f"mnt/{number}"
        os.mkdir(part)
        os.chmod(part, mode)
        os.chown(part, owner.outer_uid, owner.outer_gid)
        os.makedirs("." + path, exist_ok=True)
        syscalls.attach(syscalls.open_tree(part), "." + path)
    syscalls.detach("mnt")
    os.rmdir("mnt")
