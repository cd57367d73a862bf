"""Logs and projects of acquisition programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import AmbiguousInputError, DamagedFileError, MissingMetadataError, ParameterError
from core.thickness.table import read_thickness
from core.thickness.table_columns import TableOptions
from core.volume import VolumeInfo


def info(slices: int, **rest: object) -> VolumeInfo:
    return VolumeInfo((slices, 4, 4), np.dtype(np.uint8), **rest)


def project_data(values: list[str], target: str = "1E-08") -> str:
    cuts = "".join(
        f'<Slice TargetThickness="{target}" MeasuredThickness="{v}"><Image/></Slice>' for v in values
    )
    return (
        f'<?xml version="1.0" encoding="utf-16"?>\n<Project><Name>x</Name><Results>{cuts}</Results></Project>'
    )


def read(tmp_path: Path, text: str, slices: int, name: str = "ProjectData.dat", **rest):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_thickness(tmp_path / name, info(slices), **rest)


def test_auto_slice_and_view_measures_before_each_image(tmp_path) -> None:
    found = read(tmp_path, project_data(["9E-09", "1.05E-08", "NaN", "1.15E-08"]), 4)
    assert found.thickness_nm == pytest.approx((10.5, 11.0, 11.5))
    assert found.flagged == (2,)
    assert found.method == "file"
    text = " ".join(found.notes)
    assert "above its slice" in text
    assert "10 nm" in text
    assert "states no error" in text


def test_many_thin_slices_are_called_implausible(tmp_path) -> None:
    values = ["1E-08", "5E-10", "1E-08", "-1E-09", "1.2E-08", "1E-08", "1.1E-08"]
    found = read(tmp_path, project_data(values), 7)
    assert 0 in found.implausible
    assert min(found.thickness_nm) > 0
    assert any("0 or less" in note for note in found.notes)


def test_nothing_measured_is_said_with_what_was_asked_for(tmp_path) -> None:
    with pytest.raises(MissingMetadataError, match="all are NaN") as caught:
        read(tmp_path, project_data(["NaN"] * 3), 3)
    assert "10 nm" in str(caught.value)


def test_another_number_of_slices_is_refused(tmp_path) -> None:
    with pytest.raises(ParameterError, match="does not fit"):
        read(tmp_path, project_data(["1E-08"] * 9), 4)


def test_a_project_states_what_was_asked_for(tmp_path) -> None:
    text = '<EMProject xmlns="http://fei.com"><ZCutSpacing>1.2E-08</ZCutSpacing></EMProject>'
    found = read(tmp_path, text, 3, "run.emxml")
    assert found.thickness_nm == pytest.approx((12.0, 12.0))
    assert any("not measured" in note for note in found.notes)
    with pytest.raises(MissingMetadataError, match="no distance of cuts"):
        read(tmp_path, "<EMProject/>", 3, "bare.emxml")


def test_other_logs_are_read_as_tables(tmp_path) -> None:
    rows = "".join(f"<Cut Number='{i}'><ZPosition>{i * 1.1e-8}</ZPosition></Cut>" for i in range(4))
    text = f"<Log><Header/><Cuts>{rows}</Cuts></Log>"
    with pytest.raises(AmbiguousInputError, match="no unit"):
        read(tmp_path, text, 4, "log.xml")
    found = read(tmp_path, text, 4, "log.xml", options=TableOptions(unit="m"))
    assert found.thickness_nm == pytest.approx((11.0,) * 3)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("<Project><Results>", "cannot be read"),
        ("<Project/>", "no list of slices"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "document type"),
        (project_data(["ten"] * 3), "no number"),
        ("<" * 5000, "cannot be read"),
        ("<a>" * 20_000 + "</a>" * 20_000, "cannot be read|no list"),
    ],
)
def test_damage_is_named(tmp_path, text, word) -> None:
    with pytest.raises(DamagedFileError, match=word):
        read(tmp_path, text, 3)
