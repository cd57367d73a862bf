"""What projects keep of models that are gone, each for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import ParameterError
from core.models import memory
from core.models.library import VARIABLE
from tests.core.models.networks import spec_of


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two projects with results of different models of one name, which are both gone."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing"))
    monkeypatch.setattr(memory, "_recalled", {})
    folders = tmp_path / "first", tmp_path / "second"
    for number, folder in enumerate(folders):
        folder.mkdir()
        spec = spec_of("mine", slices=1 + 2 * number).model_dump(mode="json")
        kept = {"mine": {"fingerprint": f"print {number}", "spec": spec}}
        (folder / memory.FILE).write_text(json.dumps(kept))
        memory.recall(folder)
    return folders


def test_each_project_has_its_own_model_of_a_name(projects: tuple[Path, Path]) -> None:
    for number, folder in enumerate(projects):
        with memory.of_project(folder):
            assert memory.fingerprint("mine") == f"print {number}"
            assert memory.model_or_memory("mine").spec.slices == 1 + 2 * number


def test_where_no_project_is_looked_at_the_last_one_decides(projects: tuple[Path, Path]) -> None:
    assert memory.fingerprint("mine") == "print 1"
    memory.recall(projects[0])
    assert memory.fingerprint("mine") == "print 0"


def test_a_project_does_not_borrow_from_others(projects: tuple[Path, Path], tmp_path: Path) -> None:
    with memory.of_project(tmp_path / "third"), pytest.raises(ParameterError, match="no model 'mine'"):
        memory.fingerprint("mine")
    assert memory.fingerprint("mine") == "print 1", "outside of it all is as before"
