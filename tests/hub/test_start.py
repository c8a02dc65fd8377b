"""`course hub` with what it cannot use: one line that says what to do, exit status 2, and nothing is changed."""

from __future__ import annotations

import socket

import pytest

from course_lib import cli
from course_lib.hub import proxy
from course_lib.hub.place import Place
from course_lib.hub.ports import free_port
from course_lib.hub.start import _alone
from course_lib.notebooks.errors import CourseError
from tests.hub.running import small_course


def refused(capsys, *arguments):
    try:
        status = cli.main([str(argument) for argument in arguments])
    except SystemExit as ended:
        status = ended.code
    said = capsys.readouterr().err
    assert status == 2
    assert said.count("\n") == 1
    return said


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path / "course")


def test_a_port_that_is_taken(course, tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(capsys, "--root", course, "hub", "--folder", tmp_path / "hub", "--port", port)
    assert f"port {port} of 127.0.0.1" in said
    assert "--port" in said
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("port", ["0", "70000", "-1", "http", ""])
def test_what_is_no_port(course, capsys, port):
    assert "is not a port" in refused(capsys, "--root", course, "hub", f"--port={port}")


def test_a_folder_that_is_a_file(course, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    said = refused(capsys, "--root", course, "hub", "--folder", tmp_path / "file", "--port", free_port())
    assert "choose another --folder" in said
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_with_something_else_in_it(course, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir(mode=0o755)
    (folder / "cat.png").write_text("mine")
    said = refused(capsys, "--root", course, "hub", "--folder", folder, "--port", free_port())
    assert "cat.png is in it" in said
    assert folder.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in folder.iterdir()] == ["cat.png"]


def test_a_folder_that_another_hub_uses(course, tmp_path, capsys):
    place = Place(tmp_path / "hub")
    place.make()
    with _alone(place):
        said = refused(capsys, "--root", course, "hub", "--folder", place.root, "--port", free_port())
    assert "a hub runs in" in said
    assert not place.accounts.exists()


def test_no_course_here(tmp_path, capsys):
    said = refused(capsys, "--root", tmp_path, "hub", "--folder", tmp_path / "hub", "--port", free_port())
    assert "no chapters/ folder" in said


@pytest.mark.parametrize("missing", ["Node.js", proxy.NAME])
def test_without_its_proxy_the_hub_says_how_to_get_it(monkeypatch, tmp_path, missing):
    monkeypatch.setenv("PATH", str(tmp_path))
    if missing == "Node.js":
        monkeypatch.setattr(proxy, "_node_folder", lambda: tmp_path)
    else:
        monkeypatch.setattr(proxy, "FOLDER", tmp_path)
    with pytest.raises(CourseError, match=f"{missing} is not installed: run `make hub`") as caught:
        proxy.command()
    assert "\n" not in str(caught.value)


def test_a_proxy_that_does_not_run_is_one_line(monkeypatch, tmp_path):
    program = tmp_path / proxy.NAME
    program.write_text("throw new Error('half a program')")
    node = proxy.command()[0]
    monkeypatch.setattr(proxy, "command", lambda: [node, str(program)])
    with pytest.raises(CourseError, match=r"the hub's proxy does not run .*half a program") as caught:
        proxy.check()
    assert "\n" not in str(caught.value)


def test_the_installed_proxy_runs():
    proxy.check()
