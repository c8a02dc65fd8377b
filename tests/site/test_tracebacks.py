"""Tracebacks keep the lines of the course and lose those of libraries."""

from pathlib import Path

from course_lib.site.tracebacks import shortened

ROOT = Path("/course")
OWN = "File /course/course_lib/data/toys.py:9, in spirals(n)\n----> 9 return sample(n)\n"
TORCH = "File /env/lib/python3.11/site-packages/torch/nn/linear.py:1, in forward(self)\n----> 1 ...\n"
KERAS = "File /env/lib/python3.11/site-packages/keras/src/ops.py:7, in add(x)\n      6\n----> 7 ...\n"
SYSTEM = "File /usr/lib/python3.11/json/decoder.py:337, in decode(self, s)\n----> 337 ...\n"
HEAD = "-----\nValueError      Traceback (most recent call last)\nCell In[1], line 1\n----> 1 f()\n"


def text(*frames: str) -> str:
    return "\n".join([HEAD, *frames, "ValueError: no\n\nfor two reasons"])


def test_a_run_of_frames_becomes_a_line() -> None:
    assert shortened(text(TORCH, TORCH, KERAS, SYSTEM), ROOT) == text(
        "[... 4 frames in torch, keras and Python ...]\n"
    )
    assert shortened(text(TORCH), ROOT) == text("[... 1 frame in torch ...]\n")


def test_frames_of_the_course_stay_and_lose_the_path() -> None:
    own = OWN.replace("/course/", "")
    assert shortened(text(KERAS, OWN, KERAS), ROOT) == text(
        "[... 1 frame in keras ...]\n", own, "[... 1 frame in keras ...]\n"
    )


def test_an_environment_inside_the_course_is_a_library() -> None:
    inside = TORCH.replace("/env/", "/course/.venv/")
    assert shortened(text(inside), ROOT) == text("[... 1 frame in torch ...]\n")


def test_other_text_stays() -> None:
    assert shortened(text(), ROOT) == text()
