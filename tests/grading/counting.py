"""A small assignment without frameworks, and a course folder to put it in."""

from pathlib import Path

HEADER = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3}
---
# Counting

Count things.

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: setup, grade: false, solution: false, locked: true}
import math
from course_lib.grading.quiet import quiet
from course_lib.grading.restrict import without
```
"""

TASK = """
## {name}

```{{code-cell}}
:nbgrader: {{schema_version: 3, grade_id: {name}, grade: false, solution: true, locked: false}}
def {name}(numbers):
    \"\"\"Works on numbers, shape (n,). Returns a number.

    >>> {name}([3, 1, 2])
    {example}
    \"\"\"
    ### BEGIN SOLUTION
    {solution}
    ### END SOLUTION
```

```{{code-cell}}
:nbgrader: {{schema_version: 3, grade_id: test_{name}, grade: true, solution: false, locked: true, points: 3}}
assert {name}([3, 1, 2]) == {example}, "{name} of three numbers"
### BEGIN HIDDEN TESTS
{hidden}
### END HIDDEN TESTS
```
"""

PRODUCT = '''
## product

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: product, grade: false, solution: true, locked: false}
def product(numbers):
    """Multiplies numbers, shape (n,). Returns a number.

    >>> product([3, 1, 2])
    6
    """
    ### BEGIN SOLUTION
    so_far = 1
    for factor in reversed(numbers):
        so_far = factor * so_far
    return so_far
    ### END SOLUTION
```

```{code-cell}
---
nbgrader: {schema_version: 3, grade_id: test_product, grade: true, solution: false, locked: true, points: 3}
course: {forbidden: [math.prod]}
---
with quiet(), without("math.prod"):
    assert product([3, 1, 2]) == 6, "product of three numbers"
    ### BEGIN HIDDEN TESTS
    assert product([5, 0, 2]) == 0, "a factor of 0 gives 0"
    ### END HIDDEN TESTS
```
'''

_WHY = '"schema_version": 3, "grade_id": "why", "grade": true, "solution": true, "locked": false, "points": 3'

MANUAL = f"""
+++ {{"nbgrader": {{{_WHY}}}}}

Because every number is counted once, the order does not matter.

Rubric:

* 1 point: says that each number counts once.
* 2 points: says that the order does not matter.
"""

SOURCE = (
    HEADER
    + TASK.format(
        name="total",
        example=6,
        solution="return round(math.fsum(float(number) for number in numbers))",
        hidden='assert total([-1, 4]) == 3, "did you lose the sign"\nassert total([]) == 0, "an empty sum is 0"',
    )
    + TASK.format(
        name="largest",
        example=3,
        solution="return sorted(list(numbers), reverse=True)[0]",
        hidden='assert largest([-7, -2]) == -2, "did you start from 0"',
    )
    + PRODUCT
    + MANUAL
)

WRONG = {
    "loses_the_sign": ("test_total", "did you lose the sign", "total", "return sum(abs(n) for n in numbers)"),
    "counts": ("test_total", "total of three numbers", "total", "return len(numbers)"),
    "from_zero": ("test_largest", "did you start from 0", "largest", "return max([0, *numbers])"),
    "last": ("test_largest", "largest of three numbers", "largest", "return numbers[-1]"),
    "skips_zeros": (
        "test_product",
        "a factor of 0",
        "product",
        "return numbers[0] * product(numbers[1:]) if numbers and numbers[0] else 1",
    ),
    "borrows": ("test_product", "math.prod is not available", "product", "return math.prod(numbers)"),
}

ALTERNATIVES = {
    "builtin": ("total", "return sum(numbers)"),
    "in_float": ("largest", "return float(max(numbers))"),
    "noisy": ("product", "import warnings; warnings.warn('slow'); return eval('*'.join(map(str, numbers)))"),
}


def wrong(test: str, message: str, cell: str, body: str) -> str:
    """The text of a wrong answer."""
    head = f'"""A mistake.\n\ntest: {test}\nmessage: {message}\n"""\n\n'
    return head + f"# cell: {cell}\ndef {cell}(numbers):\n    {body}\n"


def alternative(cell: str, body: str) -> str:
    """The text of an alternative."""
    return f'"""Another style."""\n\n# cell: {cell}\ndef {cell}(numbers):\n    {body}\n'


def course(root: Path, slug: str = "counting", text: str = SOURCE) -> Path:
    """Writes the assignment into a course folder; returns its source."""
    folder = root / "solutions" / slug
    for name in ("wrong", "alternatives"):
        (folder / name).mkdir(parents=True)
    (root / "chapters").mkdir(exist_ok=True)
    source = folder / f"{slug}.md"
    source.write_text(text, encoding="utf-8")
    for name, parts in WRONG.items():
        (folder / "wrong" / f"{name}.py").write_text(wrong(*parts), encoding="utf-8")
    for name, answer in ALTERNATIVES.items():
        (folder / "alternatives" / f"{name}.py").write_text(alternative(*answer), encoding="utf-8")
    return source
