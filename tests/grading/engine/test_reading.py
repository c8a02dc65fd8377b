"""A folder of submissions is read within bounds, whatever lies in it: never a link, a device or a path outside."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from course_lib.grading.engine.basket import Caps
from course_lib.grading.engine.model import Submission
from course_lib.grading.engine.reading import SubmissionsError, read_submissions
from course_lib.grading.engine.received import from_text

NOTEBOOK = b'{"cells": []}'
SECRET = b"what nobody may read"


def hand_in(folder: Path, student: str, files: dict[str, bytes] | None = None) -> Path:
    """Writes a submission in nbgrader's layout; returns its folder."""
    place = folder / student / "a1"
    for name, content in (files or {"a1.ipynb": NOTEBOOK}).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


def zipped(files: dict[str, bytes], **modes: int) -> bytes:
    """A zip archive. modes: the file type and permission bits of a member, by its name."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = modes.get(name, stat.S_IFREG | 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return memory.getvalue()


def only(folder: Path, **options: object) -> Submission:
    """The one submission in a folder."""
    (submission,) = read_submissions(folder, "a1", **options)  # type: ignore[arg-type]
    return submission


def test_nbgraders_layout(tmp_path: Path) -> None:
    hand_in(
        tmp_path, "bob", {"a1.ipynb": NOTEBOOK, "data/x.csv": b"1", ".ipynb_checkpoints/a1.ipynb": b"old"}
    )
    hand_in(tmp_path, "ann")
    (tmp_path / "carl/a2").mkdir(parents=True)
    (tmp_path / "README.txt").write_text("not a submission", encoding="utf-8")
    assert list(read_submissions(tmp_path, "a1")) == [
        Submission("ann", {"a1.ipynb": NOTEBOOK}),
        Submission("bob", {"a1.ipynb": NOTEBOOK, "data/x.csv": b"1"}),
    ]
    assert [s.student for s in read_submissions(tmp_path, "a1", students=["bob"])] == ["bob"]


def test_a_flat_folder_of_notebooks_folders_and_archives(tmp_path: Path) -> None:
    (tmp_path / "ann.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob/mine.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "carl.zip").write_bytes(zipped({"carl/a1/a1.ipynb": NOTEBOOK, "carl/a1/data/x.csv": b"1"}))
    (tmp_path / "dora.zip").write_bytes(zipped({"a1.ipynb": NOTEBOOK, "__MACOSX/._a1.ipynb": b"x"}))
    assert list(read_submissions(tmp_path, "a1")) == [
        Submission("ann", {"a1.ipynb": NOTEBOOK}),
        Submission("bob", {"mine.ipynb": NOTEBOOK}),
        Submission("carl", {"a1.ipynb": NOTEBOOK, "data/x.csv": b"1"}),
        Submission("dora", {"a1.ipynb": NOTEBOOK}),
    ]


def test_a_folder_or_assignment_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match="No such file"):
        list(read_submissions(tmp_path / "nowhere", "a1"))
    for name in ("../a1", "a/b", "", "/etc", "a\nb"):
        with pytest.raises(SubmissionsError, match="not the name of an assignment"):
            list(read_submissions(tmp_path, name))


def _symbolic(place: Path, secret: Path) -> None:
    (place / "grab.txt").symlink_to(secret)


def _to_a_folder(place: Path, secret: Path) -> None:
    (place / "grab").symlink_to(secret.parent)


def _hard(place: Path, secret: Path) -> None:
    (place / "grab.txt").hardlink_to(secret)


def _pipe(place: Path, secret: Path) -> None:
    os.mkfifo(place / "grab.txt")


def _folder_named_like_a_notebook(place: Path, secret: Path) -> None:
    (place / "grab.ipynb").mkdir()
    (place / "grab.ipynb/x").write_bytes(SECRET)


def _unreadable_name(place: Path, secret: Path) -> None:
    (place / "grab\n\x1b[31m.txt").write_bytes(SECRET)


def _undecodable_name(place: Path, secret: Path) -> None:
    (Path(os.fsdecode(os.fsencode(place) + b"/grab\xff.txt"))).write_bytes(SECRET)


@pytest.mark.parametrize(
    ("trap", "words"),
    [
        (_symbolic, "'grab.txt' was left out: it is a link"),
        (_to_a_folder, "'grab' was left out: it is a link"),
        (_hard, "it has another name on this disk (a hard link); put a copy in its place"),
        (_pipe, "it is not a regular file"),
        (_folder_named_like_a_notebook, "it is a folder"),
        (_unreadable_name, "'grab??[31m.txt' was left out: control characters in its name"),
        (_undecodable_name, "control characters in its name"),
    ],
)
def test_what_is_not_a_plain_file_is_left_out_and_the_rest_is_taken(
    tmp_path: Path, trap: object, words: str
) -> None:
    (tmp_path / "host").mkdir()
    secret = tmp_path / "host/gradebook.db"
    secret.write_bytes(SECRET)
    place = hand_in(tmp_path / "submitted", "ann")
    assert callable(trap)
    trap(place, secret)
    submission = only(tmp_path / "submitted")
    assert submission.files == {"a1.ipynb": NOTEBOOK}
    assert len(submission.problems) == 1
    assert words in submission.problems[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_not_opened(tmp_path: Path) -> None:
    place = hand_in(tmp_path, "ann")
    try:
        os.mknod(place / "a2.ipynb", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this machine does not let root make a device")
    assert only(tmp_path).problems == ("'a2.ipynb' was left out: it is not a regular file",)


@pytest.mark.parametrize("name", ["ann.ipynb", "ann.zip", "ann"])
def test_a_submission_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path, name: str) -> None:
    hand_in(tmp_path / "other", "bob")
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / name).symlink_to(tmp_path / "other/bob")
    assert only(tmp_path / "submitted") == Submission(
        "ann", {}, problems=(f"'{name}' was refused: it is a link",)
    )
    (tmp_path / "submitted" / name).unlink()
    if name != "ann":
        os.mkfifo(tmp_path / "submitted" / name)
        assert only(tmp_path / "submitted").problems == (f"'{name}' was refused: it is not a regular file",)


def test_the_assignments_folder_may_not_be_a_link_either(tmp_path: Path) -> None:
    place = hand_in(tmp_path / "other", "bob")
    (tmp_path / "submitted/ann").mkdir(parents=True)
    (tmp_path / "submitted/ann/a1").symlink_to(place)
    assert only(tmp_path / "submitted").problems == ("'ann' was refused: it is a link",)


@pytest.mark.parametrize(
    "student",
    [
        "=cmd|'calc'!A0",
        "+1",
        "@sum",
        "-x",
        "a\tb",
        "a\x1b[31m",
        "ann ",
        "x" * 101,
        "a\u202eb",
        "ﬁn",
        "*",
        "{0}",
    ],
)
def test_a_name_that_is_no_students_is_a_refused_row(tmp_path: Path, student: str) -> None:
    hand_in(tmp_path, student)
    hand_in(tmp_path, "honest")
    odd, honest = sorted(read_submissions(tmp_path, "a1"), key=lambda s: s.student != "honest", reverse=True)
    assert honest.files
    assert odd.files == {}
    assert odd.student.startswith("refused~")
    assert "was refused: a student's name" in odd.problems[0]
    assert odd.problems[0].isprintable()


@pytest.mark.parametrize(
    "student", ["ann", "3127", "José Ñandú", "o'brien", "a.b@uni-x.edu", "Doe, Jane", "李雷"]
)
def test_a_name_that_is_a_students_is_taken(tmp_path: Path, student: str) -> None:
    hand_in(tmp_path, student)
    assert only(tmp_path) == Submission(student, {"a1.ipynb": NOTEBOOK})


def test_who_handed_in_is_said_by_the_folder_only(tmp_path: Path) -> None:
    hand_in(tmp_path, "ann", {"bob.ipynb": NOTEBOOK, "bob/a1/a1.ipynb": NOTEBOOK})
    assert only(tmp_path).student == "ann"


def test_two_submissions_of_one_student_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ann.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "ann.zip").write_bytes(zipped({"a1.ipynb": NOTEBOOK}))
    assert only(tmp_path) == Submission(
        "ann", {}, problems=("more than one submission: 'ann.ipynb' and 'ann.zip'; keep one",)
    )


def test_size_number_and_depth_are_bounded(tmp_path: Path) -> None:
    caps = Caps(file_bytes=100, total_bytes=250, files=5)
    deep = "/".join("d" * 1 for _ in range(12)) + "/x"
    hand_in(tmp_path, "deep", {"a1.ipynb": NOTEBOOK, deep: b"1"})
    hand_in(tmp_path, "large", {"a1.ipynb": NOTEBOOK, "b": bytes(101), "c": b"1"})
    hand_in(tmp_path, "many", {"z.ipynb": NOTEBOOK, **{f"{n:05}": b"" for n in range(200)}})
    hand_in(tmp_path, "total", {f"{n}": bytes(90) for n in range(4)})
    found = {s.student: s for s in read_submissions(tmp_path, "a1", caps=caps)}
    assert found["deep"].files == {"a1.ipynb": NOTEBOOK}
    assert "more than 8 folders deep" in found["deep"].problems[0]
    assert found["large"].files == {"a1.ipynb": NOTEBOOK, "c": b"1"}
    assert found["large"].problems == (
        "'b' was left out: larger than 0 MB, or than what is left of the total",
    )
    assert len(found["many"].files) == 5
    assert "z.ipynb" in found["many"].files
    assert len(found["many"].problems) == 1
    assert "more than 5 files" in found["many"].problems[0]
    assert sum(map(len, found["total"].files.values())) <= 250
    assert found["total"].problems


def test_a_flood_of_problems_is_cut(tmp_path: Path) -> None:
    place = hand_in(tmp_path, "ann")
    for n in range(100):
        (place / f"{n}").symlink_to("/etc/passwd")
    assert len(only(tmp_path).problems) == 21


def test_descriptors_are_closed(tmp_path: Path) -> None:
    for n in range(20):
        hand_in(tmp_path, f"s{n}", {"a1.ipynb": NOTEBOOK, "x/y/z": b"1"})
        os.mkfifo(tmp_path / f"s{n}/a1/pipe")
    before = len(os.listdir("/proc/self/fd"))
    assert len(list(read_submissions(tmp_path, "a1"))) == 20
    next(iter(read_submissions(tmp_path, "a1")))
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../etc/cron.d/x", "a path that leaves its folder"),
        ("/etc/passwd", "an absolute path"),
        ("C:/x", "an absolute path"),
        ("a\\..\\x", "a backslash in its name"),
        ("a//b", "an empty part in its path"),
        ("./x", "an empty part in its path"),
        ("a\x1b[31m", "control characters in its name"),
        ("d/" * 9 + "x", "more than 8 folders deep"),
        ("x" * 201, "a name that is too long"),
        ("a1.ipynb/x", "another file has its name"),
    ],
)
def test_an_archives_bad_names_are_left_out(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "ann.zip").write_bytes(zipped({"a1.ipynb": NOTEBOOK, name: b"1", "fine.csv": b"2"}))
    submission = only(tmp_path)
    assert submission.files == {"a1.ipynb": NOTEBOOK, "fine.csv": b"2"}
    assert len(submission.problems) == 1
    assert words in submission.problems[0]
    assert submission.problems[0].isprintable()


def test_links_and_devices_in_an_archive_are_left_out(tmp_path: Path) -> None:
    content = zipped(
        {"a1.ipynb": NOTEBOOK, "link": b"/etc/passwd", "pipe": b"", "link/x": b"1"},
        link=stat.S_IFLNK | 0o777,
        pipe=stat.S_IFIFO | 0o644,
    )
    (tmp_path / "ann.zip").write_bytes(content)
    submission = only(tmp_path)
    assert submission.files == {"a1.ipynb": NOTEBOOK, "link/x": b"1"}
    assert submission.problems == (
        "'link' was left out: it is a link",
        "'pipe' was left out: it is not a regular file",
    )


def test_an_archive_bomb_costs_its_cap_at_most(tmp_path: Path) -> None:
    bomb = {f"{n}": bytes(1_000_000) for n in range(40)}
    (tmp_path / "ann.zip").write_bytes(zipped({"a1.ipynb": NOTEBOOK, **bomb}))
    caps = Caps(file_bytes=2_000_000, total_bytes=5_000_000)
    submission = only(tmp_path, caps=caps)
    assert submission.files["a1.ipynb"] == NOTEBOOK
    assert sum(map(len, submission.files.values())) <= caps.total_bytes
    assert submission.problems
    (tmp_path / "ann.zip").write_bytes(zipped({f"{n}": b"" for n in range(10_001)}))
    assert only(tmp_path).problems == ("'ann.zip' was refused: more than 10000 files in it",)


def test_an_archive_that_lies_about_its_sizes(tmp_path: Path) -> None:
    content = zipped({"a1.ipynb": NOTEBOOK, "x": bytes(1_000_000)})
    at = content.rindex(b"PK\x01\x02")
    declared = (10).to_bytes(4, "little")
    (tmp_path / "ann.zip").write_bytes(content[: at + 24] + declared + content[at + 28 :])
    submission = only(tmp_path, caps=Caps(file_bytes=100))
    assert submission.files == {"a1.ipynb": NOTEBOOK}
    assert submission.problems == ("'x' was left out: it is damaged",)


@pytest.mark.parametrize("name", ["ann.zip", "ann.tar.gz", "ann.7z"])
def test_what_is_no_archive_is_refused(tmp_path: Path, name: str) -> None:
    for content in (b"", b"PK", b"PK\x05\x06" + bytes(18), NOTEBOOK, zipped({"a": b"1"})[:-9]):
        (tmp_path / name).write_bytes(content)
        submission = only(tmp_path)
        assert submission.files == {}
        if content != b"PK\x05\x06" + bytes(18) or name != "ann.zip":  # that is an empty archive
            assert "was refused" in submission.problems[0]


def test_an_encrypted_member_is_left_out(tmp_path: Path) -> None:
    content = bytearray(zipped({"a1.ipynb": NOTEBOOK}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "ann.zip").write_bytes(content)
    assert only(tmp_path).problems == ("'a1.ipynb' was left out: it is encrypted",)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2015-02-02 15:58:23.948203 America/Los_Angeles", "2015-02-02T23:58:23.948203+00:00"),
        ("2015-02-02 15:58:23.948203 UTC\n", "2015-02-02T15:58:23.948203+00:00"),
        ("2015-02-02T15:58:23+0100", "2015-02-02T14:58:23+00:00"),
        ("2015-02-02 15:58:23 -0200", "2015-02-02T17:58:23+00:00"),
        ("2015-02-02 15:58", "2015-02-02T15:58:00+00:00"),
    ],
)
def test_a_timestamp_in_any_usual_form_is_read(text: str, time: str) -> None:
    read = from_text(text.encode())
    assert read is not None
    assert read.isoformat() == time


@pytest.mark.parametrize(
    "text",
    [
        b"yesterday",
        b"",
        b"\xff\xfe\x00",
        b"9" * 2**20,
        b"2015-13-45 99:99:99 UTC",
        b"0001-01-01 00:00:00 +2359",
        b"9999-12-31 23:59:59 -2359",
        b"2015-02-02 15:58:23 /dev/stdin",
        b"2015-02-02 15:58:23 ../../../../etc/passwd",
        b"=HYPERLINK(1)",
    ],
)
def test_a_timestamp_that_is_garbage_stops_nothing(tmp_path: Path, text: bytes) -> None:
    place = hand_in(tmp_path, "ann", {"a1.ipynb": NOTEBOOK, "timestamp.txt": text})
    hand_in(tmp_path, "bob", {"a1.ipynb": NOTEBOOK, "timestamp.txt": b"2015-02-02 15:58:23 UTC"})
    os.utime(place / "a1.ipynb", (1_500_000_000, 1_500_000_000))
    os.utime(place / "timestamp.txt", (1_500_000_000, 1_500_000_000))
    ann, bob = read_submissions(tmp_path, "a1")
    assert ann.timestamp == "2017-07-14T02:40:00+00:00"
    assert ann.problems == ("timestamp.txt is not a time: the files' own time was taken",)
    assert ann.files == {"a1.ipynb": NOTEBOOK}
    assert bob.timestamp == "2015-02-02T15:58:23+00:00"


def test_a_back_dated_or_future_timestamp_is_said_and_can_be_distrusted(tmp_path: Path) -> None:
    place = hand_in(tmp_path, "ann", {"a1.ipynb": NOTEBOOK, "timestamp.txt": b"2015-02-02 00:00:00 UTC"})
    for file in place.iterdir():
        os.utime(file, (1_500_000_000, 1_500_000_000))
    submission = only(tmp_path)
    assert submission.timestamp == "2015-02-02T00:00:00+00:00"
    assert submission.problems == ("timestamp.txt says a time 893 days before the files' own",)
    assert only(tmp_path, trust_timestamps=False) == Submission(
        "ann", {"a1.ipynb": NOTEBOOK}, "2017-07-14T02:40:00+00:00"
    )
    future = datetime.now(UTC) + timedelta(days=400)
    (place / "timestamp.txt").write_text(future.strftime("%Y-%m-%d %H:%M:%S UTC"), encoding="utf-8")
    submission = only(tmp_path)
    assert submission.timestamp == future.replace(microsecond=0).isoformat()
    assert submission.problems == ("timestamp.txt says a time in the future",)


def test_without_a_timestamp_there_is_none_as_in_nbgrader(tmp_path: Path) -> None:
    hand_in(tmp_path, "ann")
    assert only(tmp_path).timestamp == ""


def test_a_time_that_no_calendar_has_is_none(tmp_path: Path) -> None:
    place = hand_in(tmp_path, "ann", {"a1.ipynb": NOTEBOOK, "timestamp.txt": b"never"})
    os.utime(place / "a1.ipynb", (-5, -5))
    os.utime(place / "timestamp.txt", (-5, -5))
    assert only(tmp_path).timestamp == ""
