"""Reports are written in the background, with checksums of what was opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.jobs import JobQueue
from app.reporting import Reporter, Subject, checksums
from app.session import Session
from app.standing import Exported
from core.errors import InputChangedError, WriteError
from core.job import Job
from core.measure.params import MeasureParams
from core.project import Project
from core.recipe import Recipe
from tests.app.measures import found, pore

Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def reporter(session: Session, wait: Wait) -> Iterator[Reporter]:
    queue = JobQueue(1)
    yield Reporter(session, queue)
    wait(lambda: not queue.active)
    queue.close()


def subject() -> Subject:
    where = "z 0–3, y 0–7, x 0–7 px"
    return Subject("gold, region z 0–3", found(pore()), MeasureParams(range_px=40), Recipe(), where)


def test_a_report_says_where_and_of_what(reporter: Reporter, tmp_path: Path, stack: Path, wait: Wait) -> None:
    saved: list[Exported] = []
    busy: list[bool] = []
    reporter.saved.connect(saved.append)
    reporter.busy.connect(busy.append)
    reporter.save(subject(), tmp_path / "report")
    assert reporter.running
    reporter.save(subject(), tmp_path / "second")  # one at a time
    wait(lambda: not reporter.running)
    assert busy == [True, False]
    assert saved[0].files[0] == tmp_path / "report" / "report.html"
    assert not (tmp_path / "second").exists()
    table = json.loads((tmp_path / "report" / "measures.json").read_text("utf-8"))
    assert table["title"] == "gold, region z 0–3"
    assert table["params"]["region"] == "z 0–3, y 0–7, x 0–7 px"
    assert table["params"]["range_px"] == 40
    assert table["recipe"] is None
    first = hashlib.sha256((stack / "slice_0000.tif").read_bytes()).hexdigest()
    assert table["input"][0] == {"path": "slice_0000.tif", "sha256": first}
    assert len(table["input"]) == 12
    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert "Parameter region" in page
    assert first in page


def test_what_is_in_the_way_is_told(reporter: Reporter, tmp_path: Path, wait: Wait) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "mine.txt").write_text("keep")
    told: list[Exception] = []
    reporter.failed.connect(told.append)
    reporter.save(subject(), tmp_path / "report")
    wait(lambda: not reporter.running)
    assert isinstance(told[0], WriteError)
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["mine.txt"]


def test_checksums_are_those_of_the_project(session: Session, stack: Path, tmp_path: Path) -> None:
    spec = session.inputs[""].spec
    project = Project.create(tmp_path / "gold.trueslice", {"": spec})
    by_hand = list(checksums(spec, "", None, Job()))
    assert list(checksums(spec, "", project, Job())) == by_hand
    (stack / "slice_0003.tif").write_bytes((stack / "slice_0004.tif").read_bytes() + b"\0")
    with pytest.raises(InputChangedError):
        list(checksums(spec, "", project, Job()))
