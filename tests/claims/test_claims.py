import json

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_lib.claims import MIME, claim, collect

GOOD = ("needs-gpu", "Deep learning <needs> a GPU", "2.0 s on one core", "refuted")


def show(*arguments):
    """What a notebook front end receives from a claim."""
    InteractiveShell.instance()
    with capture_output() as captured:
        claim(*arguments)
    (output,) = captured.outputs
    return output


def notebook(path, *claims):
    cells = []
    for item in claims:
        shown = show(*item)
        output = nbformat.v4.new_output("display_data", data=shown.data, metadata=shown.metadata)
        cells.append(nbformat.v4.new_code_cell("claim(...)", outputs=[output]))
    cells.append(nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="1")]))
    cells.append(nbformat.v4.new_markdown_cell("text"))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_claim_shows_text_and_a_card_and_records_itself():
    shown = show(*GOOD)
    assert set(shown.data) == {"text/html", "text/plain"}
    assert "Deep learning &lt;needs&gt; a GPU" in shown.data["text/html"]
    assert 'data-verdict="refuted"' in shown.data["text/html"]
    assert "Verdict: refuted" in shown.data["text/plain"]
    assert shown.metadata[MIME] == dict(zip(("slug", "statement", "measured", "verdict"), GOOD, strict=True))


def test_collect_keeps_order_and_source(tmp_path):
    first = notebook(tmp_path / "a.ipynb", GOOD, ("b", "s", "m", "holds"))
    second = notebook(tmp_path / "b.ipynb", ("c", "s", "m", "depends"))
    found = collect([first, str(second)])
    assert [(item.slug, item.verdict, item.notebook) for item in found] == [
        ("needs-gpu", "refuted", first),
        ("b", "holds", first),
        ("c", "depends", second),
    ]
    assert found[0].statement == GOOD[1]
    assert found[0].measured == GOOD[2]


def test_collect_refuses_duplicates_and_names_both_places(tmp_path):
    first, second = notebook(tmp_path / "a.ipynb", GOOD), notebook(tmp_path / "b.ipynb", GOOD)
    with pytest.raises(ValueError, match=r"needs-gpu is recorded twice: in .*a\.ipynb and .*b\.ipynb"):
        collect([first, second])
    with pytest.raises(ValueError, match="recorded twice"):
        collect([notebook(tmp_path / "c.ipynb", GOOD, GOOD)])


def test_collect_refuses_what_is_not_a_notebook_or_not_a_claim(tmp_path):
    (tmp_path / "x.ipynb").write_text("{}")
    with pytest.raises(ValueError, match=r"x\.ipynb is not a notebook"):
        collect([tmp_path / "x.ipynb"])
    path = notebook(tmp_path / "y.ipynb", GOOD)
    content = json.loads(path.read_text())
    content["cells"][0]["outputs"][0]["metadata"][MIME]["verdict"] = "maybe"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"y\.ipynb: malformed claim: .*verdict must be one of"):
        collect([path])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("Bad Slug", "s", "m", "holds"), "lower-case words"),
        (("a", "s", "m", "true"), "holds, depends, refuted"),
        (("a", " ", "m", "holds"), "statement is empty"),
        (("a", "s", "", "holds"), "measured is empty"),
    ],
)
def test_bad_claims(arguments, word):
    with pytest.raises(ValueError, match=word):
        claim(*arguments)


def test_sphinx_renders_a_claim_without_warnings(tmp_path):
    from sphinx.application import Sphinx

    source = tmp_path / "source"
    source.mkdir()
    notebook(source / "index.ipynb", GOOD)
    book = nbformat.read(source / "index.ipynb", as_version=4)
    book.cells.insert(0, nbformat.v4.new_markdown_cell("# Title"))
    book.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    nbformat.write(book, source / "index.ipynb")
    (source / "conf.py").write_text('extensions = ["myst_nb"]\nnb_execution_mode = "off"\n')
    app = Sphinx(
        source, source, tmp_path / "out", tmp_path / "trees", "html", status=None, warningiserror=True
    )
    app.build()
    assert app.statuscode == 0
    assert 'id="claim-needs-gpu"' in (tmp_path / "out" / "index.html").read_text()
