"""The report as a whole: the same values in page, PDF, JSON and CSV, the same bytes each time, or nothing."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
import subprocess
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest

from core.errors import (
    Cancelled,
    DamagedFileError,
    ParameterError,
    ProjectError,
    ReadError,
    UnsupportedFormatError,
    WriteError,
)
from core.job import Job
from core.reports import InputFile, ReportInput, load_measures, write_measures_report
from core.reports.contents import report_blocks
from core.reports.document import Table, text_of
from core.reports.page import block_html, page
from core.reports.tables import rows_of
from tests.core.reports.examples import bare, example

FEW = dict.fromkeys(
    ("tpcf_plane", "lineal_path", "chords", "thickness", "transport", "representative", "components")
)
"""Groups left out, so that fewer figures are drawn."""


def short(**options):
    measured = example(**options)
    phases = tuple(phase.model_copy(update=FEW) for phase in measured.phases)
    return measured.model_copy(update={"phases": phases})


def gold(**options):
    return ReportInput(
        "Gold <1 kV> & co",
        short(notes=("Look at <this>.",)),
        {"range_px": 128, "periodic": False, "exclude_slices": "3, 7-9"},
        'format = 1\nname = "<b>"\n',
        tuple(InputFile(f"slice_{index}.tif", f"{index:064x}") for index in range(3)),
        **options,
    )


class Page(HTMLParser):
    """Checks that every element is closed in its turn, and collects links and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.values: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.links += [named[key] for key in ("src", "href", "xlink:href") if named.get(key)]
        self.values += [named["value"]] if tag == "data" else []
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "gold"
    files = write_measures_report([gold()], folder, Job())
    return folder, files


def test_everything_lies_in_one_folder(written):
    folder, files = written
    assert files[0] == folder / "report.html"
    names = {file.relative_to(folder).as_posix() for file in files}
    assert names == {
        "report.html", "report.pdf", "measures.json", "contents.json", "summary.csv", "per_slice.csv",
        "curves.csv", "distributions.csv", "components.csv", "representative.csv", "figures/figures.pdf",
        "figures/tpcf.svg", "figures/fraction-per-slice.svg",
    }  # fmt: skip
    assert [path.name for path in folder.parent.iterdir()] == ["gold"]


def test_the_page_is_well_formed_and_needs_nothing_from_outside(written):
    folder, _files = written
    text = (folder / "report.html").read_text(encoding="utf-8")
    found = Page(text)
    assert all(link.startswith("#") for link in found.links)
    assert "<script" not in text
    assert text.count("<svg") == 2
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert "@media print" in text


def test_notes_and_verdict_come_first_and_signs_are_escaped(written):
    folder, _files = written
    text = (folder / "report.html").read_text(encoding="utf-8")
    verdict = text.index("x, y and z agree within")
    assert text.index("<h1>Gold &lt;1 kV&gt; &amp; co</h1>") < verdict < text.index("<table>")
    assert verdict < text.index("Look at &lt;this&gt;.") < text.index("<table>")
    assert "<this>" not in text
    assert "&lt;b&gt;" in text


def test_page_json_and_csv_hold_the_same_numbers(written):
    folder, _files = written
    found = Page((folder / "report.html").read_text(encoding="utf-8"))
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    saved = json.loads((folder / "measures.json").read_text(encoding="utf-8"))
    assert saved["format"] == 1
    assert saved["measured"] == gold().measured.model_dump(mode="json")
    rows = rows_of(gold().measured)
    numbers = [repr(row.value) for row in rows if isinstance(row.value, (int, float))]
    assert set(numbers) <= set(found.values)
    told = {"True": "yes", "False": "no"}
    assert sorted(told.get(text, text) for text in numbers) == sorted(
        line["value"] for line, row in zip(lines, rows, strict=True) if isinstance(row.value, (int, float))
    )


def test_every_input_version_and_parameter_is_named(written):
    folder, _files = written
    text = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    for expected in (
        f"{2:064x}",
        "slice_2.tif",
        "numpy",
        "numba",
        "Parameter range px",
        "3, 7-9",
        "5 × 2.5 × 2.5 nm",
    ):
        assert expected in text


def test_values_come_back_from_json_as_they_were(written):
    folder, _files = written
    assert load_measures(folder / "measures.json") == (gold(),)
    assert load_measures(folder) == (gold(),)


def test_the_pdf_has_pages_with_text(written):
    folder, _files = written
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not there to read the PDF")
    text = subprocess.run(
        ["pdftotext", "-layout", folder / "report.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) > 2
    for number, content in enumerate(pages, start=1):
        assert re.search(rf"{number} ?/ ?{len(pages)}\n", content)
    for expected in (
        "Gold <1 kV> & co",
        "Look at <this>.",
        "two-point correlation",
        "Definitions",
        "0.06789",
    ):
        assert expected in text
    for row in rows_of(gold().measured):
        assert row.label in re.sub(r"\s+", " ", text)


def test_the_same_values_give_the_same_bytes_elsewhere(written, tmp_path):
    folder, files = written
    again = write_measures_report([gold()], tmp_path / "a" / "other", Job())
    assert [file.name for file in again] == [file.name for file in files]
    for one, other in zip(files, again, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    assert str(folder.parent).encode() not in b"".join(file.read_bytes() for file in again)


def tables_of(*results):
    return [block for block in report_blocks("t", results, ()) if isinstance(block, Table)]


def test_two_results_stand_beside_each_other():
    one, two = gold(), ReportInput("Gold <1 kV> & co", example(stretch=1.5))
    short_table, whole, *_ = tables_of(one, two)
    names = ("Gold <1 kV> & co", "Gold <1 kV> & co (2)")
    assert whole.head == ("Quantity", "Direction", *names, "Difference", "in %", "Unit", "Slices")
    texts = [tuple(map(text_of, row)) for row in whole.rows]
    assert ("Ligament size D", "z", "15.7", "23.55", "7.85", "50", "nm", "all") in texts
    assert ("Mean chord", "y", "not measured", "19.7", "–", "–", "nm", "all") in texts
    assert short_table.head[:4] == ("Quantity", "Direction", *names)
    other = ReportInput("labels", short(names=("pore", "crack", "solid")))
    texts = [tuple(map(text_of, row)) for row in tables_of(one, other)[1].rows]
    assert ("Euler number", "", "no such phase", "-131", "–", "–", "", "all") in texts
    three = tables_of(one, two, one)[1]
    assert "Difference" not in three.head
    assert three.head[4] == "Gold <1 kV> & co (3)"


def test_what_is_missing_is_said_and_never_blank():
    [_short, whole, *_] = tables_of(ReportInput("bare", bare(), libraries={}))
    for row in whole.rows:
        assert all(text_of(cell) for cell in row[2:4])
    text = page("t", [block_html(block) for block in report_blocks("t", [ReportInput("bare", bare())], ())])
    for expected in (
        "not measured",
        "nothing to measure",
        "not known × not known",
        "Not known.",
        "No verdict",
    ):
        assert expected in text


def test_many_files_are_summed_up_in_the_page_and_listed_in_json():
    files = tuple(InputFile(f"{index}.tif", f"{index:064x}") for index in range(2000))
    result = ReportInput("long", bare(), inputs=files)
    table = next(table for table in tables_of(result) if table.head == ("File", "SHA-256"))
    assert len(table.rows) == 4
    assert "1998 more" in str(table.rows[1])
    assert len(result.table()["input"]) == 2000


# ---- failures
@pytest.mark.usefixtures("undrawn")
def test_what_is_there_is_kept_unless_it_is_ours_and_may_go(written, tmp_path):
    results = [ReportInput("bare", bare())]
    folder = tmp_path / "report"
    shutil.copytree(written[0], folder)
    with pytest.raises(WriteError, match="exists already"):
        write_measures_report(results, folder, Job())
    write_measures_report(results, folder, Job(), overwrite=True, title="New")
    assert "<h1>New</h1>" in (folder / "report.html").read_text(encoding="utf-8")
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(WriteError, match="somebody else"):
        write_measures_report(results, folder, Job(), overwrite=True)
    assert (folder / "mine.txt").read_text() == "mine"
    other = tmp_path / "other"
    other.mkdir()
    (other / "report.html").write_text("mine")
    with pytest.raises(WriteError, match="somebody else"):
        write_measures_report(results, other, Job(), overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "report"]


@pytest.mark.parametrize("stage", ["Figures", "Page", "Pages"])
def test_cancelled_at_any_stage_it_leaves_nothing(stage, tmp_path):
    stop = threading.Event()

    def report(progress):
        if progress.message == stage:
            stop.set()

    with pytest.raises(Cancelled):
        write_measures_report([ReportInput("bare", bare())], tmp_path / "a" / "b", Job(report, stop))
    assert list(tmp_path.iterdir()) == []


def test_no_result_no_report(tmp_path):
    with pytest.raises(ParameterError, match="needs a result"):
        write_measures_report([], tmp_path / "x", Job())
    assert list(tmp_path.iterdir()) == []


def saved(tmp_path: Path, **changes) -> Path:
    table = ReportInput("bare", bare()).table()
    table.update(changes)
    path = tmp_path / "measures.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def test_values_added_by_a_newer_program_are_no_fault(tmp_path):
    assert load_measures(saved(tmp_path, remark="x"))[0].title == "bare"


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"format": 2}, UnsupportedFormatError, "another format"),
        ({"format": True}, UnsupportedFormatError, "another format"),
        ({"measured": {"shape_zyx": [1, 2]}}, DamagedFileError, "measured.shape_zyx"),
        ({"input": "a.tif"}, DamagedFileError, "input"),
        ({"title": 3}, DamagedFileError, "title"),
    ],
)
def test_wrong_values_are_named(changes, kind, message, tmp_path):
    with pytest.raises(kind, match=message):
        load_measures(saved(tmp_path, **changes))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", DamagedFileError), (b"{", DamagedFileError), (b"\xff\xfe", DamagedFileError),
        (b"[" * 100_000, DamagedFileError), (b"[]", UnsupportedFormatError), (b"{}", UnsupportedFormatError),
    ],
)  # fmt: skip
def test_files_that_are_none_of_ours_are_refused(content, kind, tmp_path):
    path = tmp_path / "measures.json"
    path.write_bytes(content)
    with pytest.raises(kind, match=r"measures\.json") as caught:
        load_measures(path)
    assert caught.value.remedy


def test_folders_and_files_that_hold_nothing(tmp_path):
    with pytest.raises(UnsupportedFormatError, match="nothing measured"):
        load_measures(tmp_path)
    with pytest.raises(ReadError, match="cannot read"):
        load_measures(tmp_path / "none.json")
    (tmp_path / "trueslice.json").write_text("{}")
    with pytest.raises(ProjectError, match="another version"):
        load_measures(tmp_path)
