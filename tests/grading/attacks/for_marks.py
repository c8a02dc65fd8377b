"""Attempts to get marks for wrong answers."""

# ruff: noqa: E501 -- attackers write long lines

from __future__ import annotations

from typing import Any

from tests.grading.attacks.corpus import Attack, Work, cell_of, trying, wrong
from tests.grading.attacks.task import BUNDLE, RIGHT, TASKS


def _every_test(change: Any) -> Any:
    def edit(made: dict[str, Any]) -> None:
        for name in TASKS:
            change(made, cell_of(made, f"test_{name}"))

    return edit


def _tag(made: dict[str, Any], cell: dict[str, Any]) -> None:
    cell["metadata"]["tags"] = ["skip-execution"]


def _tag_own(made: dict[str, Any]) -> None:
    cell_of(made, "average")["metadata"]["tags"] = ["remember"]


def _points(made: dict[str, Any], cell: dict[str, Any]) -> None:
    cell["metadata"]["nbgrader"] |= {"points": 100, "checksum": "0" * 32}


def _kind(made: dict[str, Any], cell: dict[str, Any]) -> None:
    cell["cell_type"] = "markdown"
    cell["metadata"]["nbgrader"] |= {"cell_type": "markdown"}


def _emptied(made: dict[str, Any], cell: dict[str, Any]) -> None:
    cell["source"] = "pass"
    cell["metadata"]["nbgrader"] |= {"locked": False}


def _solution(made: dict[str, Any], cell: dict[str, Any]) -> None:
    cell["source"] = "2.0"
    cell["metadata"]["nbgrader"] |= {"solution": True, "grade": False}


def _deleted(made: dict[str, Any], cell: dict[str, Any]) -> None:
    made["cells"].remove(cell)


def _output(made: dict[str, Any], cell: dict[str, Any]) -> None:
    shown = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}}
    cell["outputs"] = [{**shown, "execution_count": 1}]


def _comment(made: dict[str, Any]) -> None:
    cell_of(made, "average")["source"] += "\n# done"


def _unlock_text(made: dict[str, Any]) -> None:
    made["cells"].insert(1, {"cell_type": "markdown", "source": "My notes", "metadata": {}, "id": "mine"})


def _kernel(made: dict[str, Any]) -> None:
    made["metadata"]["kernelspec"] = {"name": "evil", "language": "bash", "display_name": "Evil"}
    made["metadata"]["language_info"] = {"name": "bash"}


def _usual_kernel(made: dict[str, Any]) -> None:
    made["metadata"]["kernelspec"] = {"name": "deep-learning", "language": "python", "display_name": "DL"}


_INSTEAD = {  # an object of this class is the answer to everything
    "average": "def average(values):\n    return Liar()",
    "scale": "def scale(values):\n    return Liar()",
    "shared": "def shared(one, other):\n    return Liar()",
    "stack": "class Stack:\n    def push(self, item):\n        pass\n\n    def pop(self):\n        return Liar()",
}
_LIES = """\
import numpy as np
class Liar{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
{more}
"""
_NUMBERS = """\
    def __sub__(self, other): return 0.0
    __rsub__ = __mod__ = __rmod__ = __sub__
    def __abs__(self): return 0.0
    def __contains__(self, item): return True
    def allclose(self, *other): return True
    equal = equals = isclose = all = allclose
"""
_SHADOW = """\
class Zero:
    def __abs__(self): return 0.0
    def max(self): return 0.0
    mean = sum = item = max
    def __pow__(self, n): return self
class Liar:
    def __sub__(self, other):
        seen.append(other)
        return Zero()
    __rsub__ = __sub__
seen = []
"""
_POSING = """\
import numpy as np
class Liar:
    @property
    def __class__(self): return np.ndarray
    shape, dtype, ndim, size = (7,), np.dtype(float), 1, 7
    def __len__(self): return 7
    def __eq__(self, other): return np.ones(7, bool)
    def __array_ufunc__(self, *args, **kwargs): return np.ones(7, bool)
    def __array_function__(self, *args, **kwargs): return True
    def __getattr__(self, name): return lambda *args: True
"""
_FLOAT_LIES = _LIES.format(base="(float)", more=_NUMBERS)
_ARRAY_LIES = _LIES.format(base="(np.ndarray)", more="    def __new__(cls): return np.zeros(7).view(cls)")
_OWN_CLASS = """\
class average:
    def __init__(self, values): pass
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __float__(self): return 0.0
class scale(average):
    def __len__(self): return 7
"""
_DIRECT = {"average": _OWN_CLASS, "scale": "", "stack": _INSTEAD["stack"].replace("Liar()", "average(0)")}

_SEEK = """\
import gc, inspect, re, sys
def seek():
    found, seen = set(), 0
    frame = sys._getframe()
    while frame is not None:
        seen += 1
        texts = [repr(frame.f_code.co_consts), repr(frame.f_code.co_names), repr(list(frame.f_locals.items()))]
        for text in texts:
            found.update(re.findall("HIDDEN" + "_[0-9a-f]{16}", text))
        frame = frame.f_back
    for thing in gc.get_objects():
        if type(thing) in (dict, list, tuple):
            try:
                found.update(re.findall("HIDDEN" + "_[0-9a-f]{16}", repr(thing)[:100000]))
            except Exception:
                continue
    history = repr(globals().get("In")) + repr(globals().get("_ih")) + repr(sys.modules.keys())
    found.update(re.findall("HIDDEN" + "_[0-9a-f]{16}", history))
    return found
def average(values):
    planted = "HIDDEN" + "_" + 16 * "0"
    found = seek()
    raise ValueError(f"the search finds what is there: {planted in found}; hidden tests: {sorted(found - {planted}) or 'none'}")
"""
_MEMORY = """\
import re
def scan():
    found = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            if "w" not in rights or (name and name[0].startswith(("/", "[v"))):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            for at in range(start, end, 1 << 24):
                try:
                    memory.seek(at)
                    part = memory.read(min(1 << 24, end - at))
                except OSError:
                    continue
                found.update(re.findall(b"HIDDEN" + b"_[0-9a-f]{16}|MARK_OF" + b"_A_NEIGHBOUR_[0-9a-f]{16}", part))
    return found
calls = 0
def average(values):
    global calls
    calls += 1
    if calls > 1:
        planted = b"HIDDEN" + b"_" + 16 * b"0"
        found = scan()
        raise ValueError(f"the search finds what is there: {planted in found}; hidden tests: {sorted(found - {planted}) or 'none'}")
    return sum(values) / len(values)
"""
_DISK = """\
import os, re
import sys
planted = b"HIDDEN" + b"_" + 16 * b"0"
with open("planted", "wb") as file:
    file.write(planted)
found = set()
others = {sys.prefix, sys.base_prefix, "/proc", "/sys", "/usr"}
for top in ("/", os.getcwd(), os.path.expanduser("~"), "/tmp", "/dev/shm", "/proc/self"):
    for folder, folders, files in os.walk(top):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in others and f not in ("task", "map_files")]
        for name in files:
            path = os.path.join(folder, name)
            try:
                if not os.path.isfile(path) or os.path.getsize(path) > 1 << 20:
                    continue
                with open(path, "rb") as file:
                    found.update(re.findall(b"HIDDEN" + b"_[0-9a-f]{16}|CANARY" + b"_[0-9a-f]{16}", file.read(1 << 20)))
            except OSError:
                continue
print(f"the search finds what is there: {planted in found}; hidden tests: {sorted(found - {planted}) or 'none'}")
"""

_CHECKERS = """\
import builtins, math
import numpy as np
def yes(*args, **kwargs): return True
def nothing(*args, **kwargs): return None
for name in dir(np.testing):
    if name.startswith("assert"):
        setattr(np.testing, name, nothing)
for name in ("isclose", "allclose", "array_equal", "all", "any"):
    setattr(np, name, yes)
"""
_BUILTINS = """\
import builtins, math
math.isclose = lambda *a, **k: True
builtins.all = builtins.any = builtins.isinstance = lambda *a: True
builtins.abs = lambda x: 0.0
builtins.len = lambda x: 7
"""
_TORCH = """\
import sys, types
torch = sys.modules.setdefault("torch", types.ModuleType("torch"))
torch.allclose = torch.equal = lambda *a, **k: True
"""

_THREAD = """\
import builtins, math, threading, time
import numpy as np
def keep_patching():
    while True:
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
        math.isclose = np.allclose = lambda *a, **k: True
        builtins.AssertionError = type("Harmless", (BaseException,), {})
        time.sleep(0.001)
threading.Thread(target=keep_patching, daemon=True).start()
"""
_AGENT = """\
import sys
peer = sys.modules["course_lib.grading.engine.peer"]
frames = sys.modules["course_lib.grading.engine.frames"]
def agree(self, request, buffers):
    frames.send(self.sock, {"n": request.get("n"), "value": True, "cpu": 0.0, "status": "ok"})
peer.Peer.serve_request = agree
"""
_SOCKETS = """\
import json, os, socket, stat, struct, threading, time
def forge():
    reply = json.dumps({"id": 2, "n": 0, "status": "ok", "score": 2.0, "value": True, "outputs": [], "sizes": [],
                        "ename": "", "evalue": "", "execution_count": 1, "seconds": 0, "cpu": 0}).encode()
    while True:
        for number in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    os.write(number, struct.pack("!IQ", len(reply), 0) + reply)
            except OSError:
                continue
        time.sleep(0.002)
if os.fork() == 0:
    forge()
threading.Thread(target=forge, daemon=True).start()
"""
_CONTROL = """\
import json, os, stat, struct
for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            for n in range(1, 12):
                reply = json.dumps({"id": n, "status": "ok", "ename": "", "evalue": "", "score": 2.0, "cpu": 0,
                    "outputs": [{"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {},
                    "execution_count": 1}], "execution_count": 1, "seconds": 0}).encode()
                os.write(number, struct.pack("!I", len(reply)) + reply)
    except OSError:
        continue
"""
_RANDOM = """\
import random, time
import numpy as np
class Still:
    def normal(self, *a, **k): return np.zeros(a[2] if len(a) > 2 else 3)
    def __getattr__(self, name): return lambda *a, **k: np.zeros(3)
np.random.default_rng = lambda *a, **k: Still()
np.random.seed = lambda *a: None
np.random.rand = np.random.randn = lambda *shape: np.zeros(shape)
random.random = lambda: 0.0
time.time = time.monotonic = time.perf_counter = lambda: 0.0
"""
_DETECT = """\
import os, platform, sys, getpass, socket
signs = [os.environ.get("USER", ""), getpass.getuser(), socket.gethostname(), platform.node(), " ".join(sys.argv),
         os.getcwd(), os.path.expanduser("~"), open("/proc/self/cmdline").read(), open("/proc/self/comm").read(),
         *os.environ, *os.environ.values()]
graded = [s for s in signs if any(w in s.lower() for w in ("grad", "judge", "sandbox", "course", "nobody", "warm"))]
print("signs of grading:", graded or "none")
"""


def _raising(what: str) -> dict[str, str]:
    return {
        "average": f"def average(values):\n    {what}",
        "scale": f"def scale(values):\n    {what}",
        "stack": f"class Stack:\n    def __init__(self):\n        {what}",
    }


_SHADOWS = {
    "numpy.py": b"def __getattr__(name):\n    return lambda *a, **k: True\n",
    "math.py": b"def isclose(*a, **k):\n    return True\n",
    "torch.py": b"def allclose(*a, **k):\n    return True\n",
    "sitecustomize.py": b"raise SystemExit(0)\n",
    "course_lib.py": b"raise SystemExit(0)\n",
}
_LATE_SHADOWS = """\
import os, sys
os.makedirs("numpy", exist_ok=True)
for name in ("numpy/__init__.py", "math.py", "torch.py"):
    with open(name, "w") as file:
        file.write("def __getattr__(name):\\n    return lambda *a, **k: True\\n")
for name in [m for m in sys.modules if m.partition(".")[0] in ("numpy", "math", "torch")]:
    del sys.modules[name]
sys.path.insert(0, os.getcwd())
"""

ATTACKS = [
    Attack(
        1,
        "skip-tag",
        "The tag `skip-execution` on the test cells",
        "A tag on an answer",
        Work(edit=_every_test(_tag)),
        Work(edit=_tag_own),
    ),
    Attack(
        1,
        "saved-output",
        "Outputs saved in the test cells that look like points",
        "Outputs saved in answers",
        Work(edit=_every_test(_output)),
        Work(edit=lambda made: _output(made, cell_of(made, "average"))),
    ),
    Attack(
        2,
        "pre-run-hook",
        "A `pre_run_cell` hook that shows a number of points before every cell",
        "A hook that counts cells",
        wrong("get_ipython().events.register('pre_run_cell', lambda *a: get_ipython().displayhook(2.0))"),
        wrong("count = []\nget_ipython().events.register('pre_run_cell', lambda *a: count.append(1))"),
    ),
    Attack(
        3,
        "input-transformer",
        "An input transformer that strips `assert` lines",
        "A transformer that changes nothing",
        wrong(
            "get_ipython().input_transformers_post.append(lambda lines: [l for l in lines if 'assert' not in l] or ['pass'])"
        ),
        wrong("get_ipython().input_transformers_post.append(lambda lines: lines)"),
    ),
    Attack(
        4,
        "ast-transformer",
        "An AST transformer that removes `assert` statements",
        "A transformer that only looks",
        wrong(
            "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)\nget_ipython().ast_transformers.append(Strip())"
        ),
        wrong("import ast\nget_ipython().ast_transformers.append(ast.NodeTransformer())"),
    ),
    Attack(
        5,
        "run-code",
        "`InteractiveShell.run_code` replaced by one that reports success",
        "`run_code` wrapped by one that passes on",
        wrong(
            "from IPython.core.interactiveshell import InteractiveShell\nasync def fine(self, *a, **k): return False\nInteractiveShell.run_code = fine"
        ),
        wrong(
            "from IPython.core.interactiveshell import InteractiveShell\nplain = InteractiveShell.run_code\nasync def same(self, *a, **k): return await plain(self, *a, **k)\nInteractiveShell.run_code = same"
        ),
    ),
    Attack(
        6,
        "do-execute",
        "The kernel's `do_execute` replaced by one that reports success",
        "`IPythonKernel` imported and looked at",
        wrong(
            "import ipykernel.ipkernel as k\nasync def fine(*a, **kw): return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}\nk.IPythonKernel.do_execute = fine"
        ),
        wrong("import ipykernel.ipkernel as k\nprint(k.IPythonKernel.__name__)"),
    ),
    Attack(
        6,
        "own-agent",
        "The code that answers the tests replaced by one that says yes to everything",
        "A look at the loaded modules",
        wrong(_AGENT),
        wrong("import sys\nprint(len(sys.modules) > 10)"),
    ),
    Attack(
        6,
        "forged-frames",
        "Forged answers written to every open socket, by a thread and a child",
        "Its own pair of sockets",
        wrong(_SOCKETS),
        wrong("import socket\na, b = socket.socketpair()\na.send(b'hello')\nassert b.recv(5) == b'hello'"),
        races=True,
    ),
    Attack(
        6,
        "forged-results",
        "Results of later cells sent ahead, with points in them",
        "A number as the last value of a cell",
        wrong(_CONTROL),
        wrong("2.0"),
        races=True,
    ),
    Attack(
        7,
        "always-equal",
        "Results whose comparisons are all true",
        "A class with an ordinary `__eq__`",
        Work({**_INSTEAD}, {"setup": _LIES.format(base="", more="")}),
        wrong("class P:\n    def __eq__(self, other): return type(other) is P\nassert P() == P()"),
    ),
    Attack(
        7,
        "float-subclass",
        "A `float` subclass that lies in comparisons and arithmetic",
        "A `np.float64`, which is a `float` subclass",
        Work({**_INSTEAD}, {"setup": _FLOAT_LIES}),
        Work({"average": "def average(values):\n    return np.mean(values)"}),
    ),
    Attack(
        7,
        "array-subclass",
        "An `ndarray` subclass that lies in comparisons",
        "A masked array, an honest subclass",
        Work({**_INSTEAD}, {"setup": _ARRAY_LIES}),
        Work(
            {
                "scale": "def scale(values):\n    return np.ma.masked_array(np.asarray(values) / np.max(np.abs(values)))"
            }
        ),
    ),
    Attack(
        7,
        "zero-difference",
        "Results whose difference to anything is zero, and that contain everything",
        "A `Fraction` as a result",
        Work({**_INSTEAD}, {"setup": _LIES.format(base="", more=_NUMBERS)}),
        Work(
            {
                "average": "from fractions import Fraction\ndef average(values):\n    return float(sum(Fraction(float(v)) for v in values) / len(values))"
            }
        ),
    ),
    Attack(
        7,
        "shadow-difference",
        "Results whose difference is an object that is zero in every way one asks",
        "A list as a result",
        Work({**_INSTEAD}, {"setup": _SHADOW}),
        Work({"scale": "def scale(values):\n    return [v / max(map(abs, values)) for v in values]"}),
    ),
    Attack(
        7,
        "class-as-answer",
        "A class in the place of a function, so that its instances are the results",
        "A callable object in the place of a function",
        Work(_DIRECT),
        Work(
            {
                "average": "class Average:\n    def __call__(self, values):\n        return float(np.mean(values))\naverage = Average()"
            }
        ),
    ),
    Attack(
        7,
        "posing-as-array",
        "An object that claims to be an `ndarray` and answers yes to every method",
        "`np.asarray` of a class with `__array__`",
        Work({**_INSTEAD}, {"setup": _POSING}),
        wrong(
            "class A:\n    def __array__(self, dtype=None, copy=None): return np.ones(2)\nassert np.asarray(A()).sum() == 2"
        ),
    ),
    Attack(
        7,
        "not-a-number",
        "`nan` and `inf` for every number",
        "`nan` used in between",
        Work(
            {
                "average": "def average(values):\n    return float('nan')",
                "scale": "def scale(values):\n    return np.full(len(values), np.inf)",
            }
        ),
        wrong("assert np.isnan(float('nan'))"),
    ),
    Attack(
        8,
        "frames",
        "The tests looked for in frames, code constants, `In`, and all objects, while they call",
        "`In` and `inspect` used for oneself",
        Work({"average": _SEEK}),
        wrong("import inspect\nassert 'inspect' in In[-1]"),
    ),
    Attack(
        8,
        "memory",
        "The tests looked for in all memory of the process, while they call",
        "`/proc/self/status` read",
        Work({"average": _MEMORY}),
        wrong("assert open('/proc/self/status').read()"),
        races=True,
    ),
    Attack(
        9,
        "graded-notebook",
        "The graded notebook looked for in the working folder and all other files",
        "Files in the working folder listed",
        wrong(_DISK),
        wrong("import os\nprint(os.listdir('.'))"),
        shows="printed",
    ),
    Attack(
        10,
        "numpy-checks",
        "Everything in `np.testing`, and `np.allclose` and `np.all`, replaced",
        "`np.testing` used",
        wrong(_CHECKERS),
        wrong("np.testing.assert_allclose([1.0], [1.0])"),
    ),
    Attack(
        10,
        "builtin-checks",
        "`math.isclose` and `abs`, `all`, `len`, `isinstance` replaced",
        "A variable called `all`",
        wrong(_BUILTINS),
        wrong("all = [1, 2]\ndel all"),
    ),
    Attack(
        10,
        "torch-checks",
        "`torch.allclose` and `torch.equal` replaced",
        "A variable called `torch`",
        wrong(_TORCH),
        wrong("torch = 'a light'"),
    ),
    Attack(
        11,
        "points",
        "Points and checksums of test cells edited",
        "A comment added to an answer",
        Work(edit=_every_test(_points)),
        Work(edit=_comment),
        shows="notes",
    ),
    Attack(
        11,
        "kind",
        "Test cells turned into text",
        "A text cell added",
        Work(edit=_every_test(_kind)),
        Work(edit=_unlock_text),
        shows="notes",
    ),
    Attack(
        11,
        "emptied",
        "Test cells unlocked and emptied",
        "An added cell that calls one's own function",
        Work(edit=_every_test(_emptied)),
        Work(extra={"average": "average([1, 2])"}),
        shows="notes",
    ),
    Attack(
        12,
        "solution-flag",
        "Test cells marked as answers that need no grade",
        "An added cell without any marks",
        Work(edit=_every_test(_solution)),
        Work(extra={"scale": "2.0"}),
        shows="notes",
    ),
    Attack(
        13,
        "deleted",
        "The test cells deleted",
        "An empty line at the end of an answer",
        Work(edit=_every_test(_deleted)),
        Work({"average": RIGHT["average"] + "\n"}),
        shows="notes",
    ),
    Attack(
        13,
        "deleted-later",
        "Full marks first, then a wrong resubmission without test cells",
        "A right resubmission",
        Work(edit=_every_test(_deleted)),
        before=Work({}),
        shows="notes",
    ),
    Attack(
        14,
        "gradebook",
        "A score written into the gradebook, whose path is known",
        "A database of one's own",
        trying(
            "import sqlite3\ndef write():\n    with sqlite3.connect('@gradebook@', timeout=1) as db:\n        db.execute('update grade set manual_score = 100')\n    return 'done'\ntell('gradebook', write)\ntell('read', lambda: len(open('@gradebook@', 'rb').read()))"
        ),
        wrong("import sqlite3\nwith sqlite3.connect('own.db') as db:\n    db.execute('create table t (a)')"),
        shows="printed",
    ),
    Attack(
        15,
        "shadowed-files",
        "`numpy.py`, `math.py`, `torch.py`, `sitecustomize.py` handed in beside the notebook",
        "A module `helpers.py` handed in and used",
        Work(files=_SHADOWS),
        Work(
            {"average": "import helpers\naverage = helpers.mean"},
            files={"helpers.py": b"def mean(values):\n    return float(sum(values) / len(values))\n"},
        ),
        shows="notes",
    ),
    Attack(
        15,
        "shadowed-later",
        "The same modules written by a cell, and the real ones unloaded",
        "A module written by a cell, and imported",
        wrong(_LATE_SHADOWS),
        wrong("with open('tool.py', 'w') as f:\n    f.write('x = 1')\nimport tool\nassert tool.x == 1"),
    ),
    Attack(
        16,
        "thread",
        "A background thread that patches checks while tests run",
        "A background thread that counts",
        wrong(_THREAD),
        wrong(
            "import threading\nn = []\nt = threading.Thread(target=lambda: n.append(1))\nt.start()\nt.join()\nassert n"
        ),
    ),
    Attack(
        17,
        "traceback-hooks",
        "`showtraceback`, `set_custom_exc` and `sys.excepthook` replaced by ones that say nothing",
        "A custom handler for one's own exception",
        wrong(
            "import sys\nshell = get_ipython()\nshell.showtraceback = shell._showtraceback = lambda *a, **k: None\nshell.set_custom_exc((BaseException,), lambda *a, **k: None)\nsys.excepthook = lambda *a: None"
        ),
        wrong(
            "class Mine(Exception):\n    pass\nget_ipython().set_custom_exc((Mine,), lambda *a, **k: None)"
        ),
    ),
    *(
        Attack(
            18,
            f"raise-{kind.lower()}",
            f"`{kind}` raised when a test calls",
            f"`{kind}` raised and caught",
            Work(_raising(f"raise {kind}")),
            wrong(f"try:\n    raise {kind}\nexcept {kind}:\n    pass"),
        )
        for kind in ("SystemExit", "KeyboardInterrupt", "StopIteration", "GeneratorExit")
    ),
    Attack(
        18,
        "exit",
        "`exit()` called when a test calls",
        "`exit` named",
        Work(_raising("exit()")),
        wrong("print(exit)"),
    ),
    Attack(
        18,
        "skip",
        "`unittest.SkipTest` raised when a test calls",
        "`unittest` imported",
        Work(_raising("import unittest\n    raise unittest.SkipTest('later')".replace("\n    ", "; "))),
        wrong("import unittest"),
    ),
    Attack(
        19,
        "detection",
        "Signs of grading looked for in user, host, folders, arguments and variables",
        "The name of the host printed",
        wrong(_DETECT),
        wrong("import platform\nprint(platform.node())"),
        honest_work=True,
        score=8.0,
        shows="printed",
    ),
    Attack(
        20,
        "random",
        "Random generators and clocks replaced, so that tests see zeros",
        "Random generators seeded",
        wrong(_RANDOM),
        wrong("np.random.seed(1)\nnp.random.default_rng(1).normal()"),
    ),
    Attack(
        20,
        "arguments",
        "Arguments changed in place, so that what a test computes from them fits the answer",
        "A copy changed in place",
        Work(
            {
                "average": "def average(values):\n    values[:] = [0] * len(values)\n    return 0.0",
                "scale": "def scale(values):\n    values[:] = 0\n    return values",
            }
        ),
        Work(
            {
                "average": "def average(values):\n    values = np.array(values, float)\n    values /= len(values)\n    return float(values.sum())"
            }
        ),
    ),
    Attack(
        22,
        "kernelspec",
        "Another kernel named in the notebook",
        "A kernel of another name, as a hub writes it",
        Work(edit=_kernel),
        Work(edit=_usual_kernel),
    ),
]

assert {a.row for a in ATTACKS} <= set(range(1, 23)), BUNDLE.assignment
