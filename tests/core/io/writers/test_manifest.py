"""A folder that lists its files is told from one that others have used."""

from __future__ import annotations

import hashlib
import json

import pytest

from core.io.writers.manifest import MANIFEST, holds_what_it_lists, write_manifest
from core.job import Job


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "sub" / "b.txt").write_text("b")
    write_manifest(tmp_path, "us", Job())
    return tmp_path


def test_every_file_is_listed_with_its_checksum(folder):
    listed = json.loads((folder / MANIFEST).read_text())["sha256"]
    assert listed == {
        name: hashlib.sha256(name[-5:-4].encode()).hexdigest() for name in ("a.txt", "sub/b.txt")
    }
    assert holds_what_it_lists(folder, "us")


def test_a_file_of_somebody_else_is_seen_wherever_it_lies(folder):
    (folder / "sub" / "mine").write_text("")
    assert not holds_what_it_lists(folder, "us")


def test_a_file_that_was_removed_does_no_harm(folder):
    (folder / "a.txt").unlink()
    assert holds_what_it_lists(folder, "us")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"written_by": "us"}', '{"written_by": "them", "sha256": {}}']
)
def test_another_list_is_not_ours(folder, text):
    (folder / MANIFEST).write_text(text)
    assert not holds_what_it_lists(folder, "us")
