"""Thickness tables: written and read back exactly; those of others by their heads; doubt is refused."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    AmbiguousInputError,
    DamagedFileError,
    ParameterError,
    ReadError,
    TruesliceError,
    WriteError,
)
from core.thickness.assemble import estimate_of
from core.thickness.table import HEADS, estimate_from_text, read_thickness, table_text, write_table
from core.thickness.table_columns import TableOptions
from core.volume import VolumeInfo

THICKNESS = st.floats(1e-3, 1e4, allow_subnormal=False)


def info(slices: int, **rest: object) -> VolumeInfo:
    return VolumeInfo((slices, 4, 4), np.dtype(np.uint8), **rest)


def read(text: str, slices: int = 4, options: TableOptions | None = None, **rest: object):
    return estimate_from_text(text, info(slices, **rest), options or TableOptions())


# ---- this program's own
@given(st.lists(st.tuples(THICKNESS, st.floats(0, 100)), min_size=1, max_size=30), st.data())
def test_what_is_written_is_read_back_exactly(rows, data) -> None:
    count = len(rows) + 1
    flagged = data.draw(st.sets(st.integers(0, count - 1)))
    z_nm = np.concatenate([[0.0], np.cumsum([t for t, _ in rows])])
    written = estimate_of(z_nm, method="ruler", sigma_nm=[s for _, s in rows], unmeasured=flagged)
    found = read(table_text(written), count)
    for name in ("z_nm", "thickness_nm", "sigma_nm", "flagged", "implausible"):
        assert getattr(found, name) == getattr(written, name), name
    assert found.method == "file"
    assert table_text(found) == table_text(written)


def test_form_of_the_table(tmp_path) -> None:
    found = estimate_of([0.0, 10.0, 18.5], method="ruler", sigma_nm=[0.5, 0.25], unmeasured=[1])
    write_table(tmp_path / "t.csv", found, info(3, slice_numbers=(4, 5, 7)))
    assert (tmp_path / "t.csv").read_bytes() == (
        b"slice,z_nm,thickness_nm,sigma_nm,flagged\n4,0.0,10.0,0.5,0\n5,10.0,8.5,0.25,1\n7,18.5,,,0\n"
    )
    assert ",".join(HEADS) == "slice,z_nm,thickness_nm,sigma_nm,flagged"


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path) -> None:
    found = estimate_of([0.0, 10.0], method="ruler")
    with pytest.raises(WriteError):
        write_table(tmp_path / "missing" / "t.csv", found)
    assert list(tmp_path.iterdir()) == []


OWN = "slice,z_nm,thickness_nm,sigma_nm,flagged\n0,0,10,0.5,0\n1,10,9,0.5,0\n2,19,12,0.5,1\n3,31,,,0\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "# made by hand\n" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", " ; "),
        lambda text: "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]),
    ],
)
def test_ways_in_which_editors_save_it(change) -> None:
    assert read(change(OWN)) == read(OWN)
    assert read(OWN).flagged == (2,)
    assert read(OWN).sigma_nm == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding) -> None:
    (tmp_path / "t.csv").write_bytes(
        "Slice;Thickness [µm]\r\n1;0,010\r\n2;0,012\r\n3;0,008\r\n".encode(encoding)
    )
    found = read_thickness(tmp_path / "t.csv", info(4))
    assert found.thickness_nm == pytest.approx((10, 12, 8))


def test_positions_and_thicknesses_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DamagedFileError, match="contradict") as caught:
        read(OWN.replace("1,10,9,", "1,10,9.5,"))
    assert "--column" in str(caught.value)
    found = read(OWN.replace("1,10,9,", "1,10,9.5,"), options=TableOptions(column="thickness_nm"))
    assert found.thickness_nm == (10, 9.5, 12)


# ---- tables of others
@pytest.mark.parametrize(
    ("text", "thickness"),
    [
        ("z_nm\n0\n10\n21\n30\n", (10, 11, 9)),
        ("Slice\tZ position (µm)\n7\t1.00\n8\t1.01\n9\t1.021\n10\t1.030\n", (10, 11, 9)),
        ("image;dz [nm]\n1;10,5\n2;11\n3;9,25\n", (10.5, 11, 9.25)),
        ("frame,depth (m)\n1,1e-8\n2,2e-8\n3,3.1E-8\n4,4e-8\n", (10, 11, 9)),
        ("Index, Slice Thickness nm , operator\n0,10,a\n1,11,b\n2,9,c\n3,8,d\n", (10, 11, 9)),
        ("Target thickness (nm),Measured thickness (nm)\n10,9.5\n10,12\n10,8\n", (9.5, 12, 8)),
        ("position nm\n30\n20\n9\n0\n", (10, 11, 9)),
        ("slice   z_nm\n0  0\n1  10\n2  21\n3  30\n", (10, 11, 9)),
        ('"n","thickness_nm"\n"0","10"\n"1","11"\n"2","9"\n', (10, 11, 9)),
    ],
)
def test_columns_are_known_by_their_heads(text, thickness) -> None:
    found = read(text)
    assert found.thickness_nm == pytest.approx(thickness)
    assert any("column" in note for note in found.notes)


def test_of_as_many_thicknesses_as_slices_one_is_not_used() -> None:
    text = "thickness_nm\n10\n11\n12\n13\n"
    assert read(text).thickness_nm == (10, 11, 12)
    above = read(text, options=TableOptions(lies="before"))
    assert above.thickness_nm == (11, 12, 13)
    assert any("above its slice" in note for note in above.notes)
    assert read("thickness_nm,q\n,a\n11,a\n12,a\n13,a\n").thickness_nm == (11, 12, 13)


def test_what_is_missing_is_filled_and_flagged() -> None:
    found = read("thickness_nm\n10\nNaN\n14\n")
    assert found.thickness_nm == (10, 12, 14)
    assert found.flagged == (2,)
    assert found.mean_nm is None or found.mean_nm == 10
    places = read("slice,z_nm\n0,0\n1,10\n2,\n3,30\n")
    assert places.z_nm == (0, 10, 20, 30)
    assert places.flagged == (2,)
    ends = read("slice,z_nm\n0,\n1,10\n2,20\n3,\n")
    assert ends.z_nm == (0, 10, 20, 30)
    assert ends.flagged == (0, 3)


def test_thicknesses_of_zero_or_less_are_flagged_never_silent() -> None:
    found = read("thickness_nm\n10\n-2\n10\n10\n", slices=5)
    assert min(found.thickness_nm) > 0
    assert {1, 2} <= set(found.flagged)
    assert any("0 or less" in note for note in found.notes)
    assert found.z_nm[-1] == pytest.approx(28, abs=0.1)
    with pytest.raises(DamagedFileError, match="most slices"):
        read("thickness_nm\n10\n-2\n-3\n")


def test_implausible_thicknesses_are_flagged() -> None:
    found = read("thickness_nm\n10\n0.8\n12\n")
    assert (found.implausible, found.flagged) == ((1,), (1,))
    assert found.mean_nm == 11
    assert any("implausible" in note for note in found.notes)


def test_units_and_columns_the_user_names() -> None:
    text = "a,b\n0.010,5\n0.011,5\n0.009,5\n"
    found = read(text, options=TableOptions(column="A", quantity="thickness", unit="um"))
    assert found.thickness_nm == pytest.approx((10, 11, 9))
    with pytest.raises(ParameterError, match="no column 'q'"):
        read(text, options=TableOptions(column="q"))
    with pytest.raises(ParameterError, match="unit"):
        read(text, options=TableOptions(column="a", quantity="z", unit="furlong"))


@pytest.mark.parametrize(
    ("text", "option", "names"),
    [
        ("z_nm,depth_nm\n0,0\n1,1\n2,2\n3,3\n", "column", ("z_nm", "depth_nm")),
        ("spacing nm,step nm\n1,1\n2,2\n3,3\n", "column", ("spacing nm", "step nm")),
        ("a,b\n1,1\n2,2\n3,3\n", "column", ("a", "b")),
        ("slice,thickness\n0,10\n1,10\n2,10\n", "unit", ("nm", "um", "m")),
        ("10\n11\n12\n", "column", ()),
    ],
)
def test_what_is_ambiguous_is_refused_with_the_choices(text, option, names) -> None:
    with pytest.raises(AmbiguousInputError) as caught:
        read(text)
    assert caught.value.option == option
    assert set(names) <= set(caught.value.choices)


def test_a_named_column_of_unknown_meaning_is_asked_about() -> None:
    with pytest.raises(AmbiguousInputError) as caught:
        read("a nm\n1\n2\n3\n", options=TableOptions(column="a nm"))
    assert caught.value.option == "quantity"


# ---- which slices
def test_slices_are_matched_by_their_numbers() -> None:
    text = "slice,z_nm\n3,0\n4,10\n5,21\n6,30\n7,40\n"
    assert read(text, slices=5).z_nm == (0, 10, 21, 30, 40)
    found = read(text, slices=3, slice_numbers=(3, 5, 6))
    assert found.z_nm == (0, 21, 30)
    assert any("5 slices are listed" in note for note in found.notes)
    shifted = read(text, slices=5, slice_numbers=(13, 14, 15, 16, 17))  # only differences mean something
    assert shifted.z_nm == (0, 10, 21, 30, 40)


def test_errors_of_merged_thicknesses_add_up() -> None:
    text = "slice,thickness_nm,sigma_nm\n0,10,3\n1,10,4\n2,10,1\n3,10,1\n4,10,1\n"
    found = read(text, slices=3, slice_numbers=(0, 2, 3))
    assert found.thickness_nm == (20, 10)
    assert found.sigma_nm == pytest.approx((5, 1))


@pytest.mark.parametrize(
    ("text", "slices", "rest", "word"),
    [
        ("z_nm\n0\n10\n20\n", 4, {}, "does not fit the stack"),
        ("thickness_nm\n10\n20\n", 4, {}, "does not fit the stack"),
        ("thickness_nm\n10\n20\n10\n10\n10\n10\n", 4, {}, "does not fit the stack"),
        ("slice,z_nm\n0,0\n1,1\n2,2\n3,3\n", 4, {"slice_numbers": (0, 1, 2, 4)}, "other slices"),
        ("slice,z_nm\n0,0\n1,1\n2,2\n3,3\n4,4\n", 3, {"slice_numbers": (0, 1, 9)}, "does not fit"),
        ("z_nm\n0\n", 1, {}, "only one"),
    ],
)
def test_what_does_not_fit_the_stack_is_refused(text, slices, rest, word) -> None:
    with pytest.raises(ParameterError, match=word):
        read(text, slices=slices, **rest)


def test_skipped_numbers_that_the_volume_does_not_know_are_said() -> None:
    found = read("slice,z_nm\n0,0\n1,10\n3,30\n4,40\n")
    assert any("leaves out slice numbers" in note for note in found.notes)


# ---- damage
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("slice,z_nm\n0,0\n1,10\n1,20\n3,30\n", "stands twice"),
        ("slice,z_nm\n0,0\n1.5,10\n2,20\n3,30\n", "no slice number"),
        ("slice,z_nm\n0,0\n,10\n2,20\n3,30\n", "no slice number"),
        ("slice,z_nm\n0,0\n1,10\n2\n3,30\n", "another number of cells"),
        ("slice,z_nm\n0,0\n1,10,5\n2,20\n3,30\n", "another number of cells"),
        ("slice,z_nm\n0,0\n1,ten\n2,20\n3,30\n", "no number"),
        ("slice,z_nm\n0,0\n1,inf\n2,20\n3,30\n", "no number"),
        ("slice;z_nm\n0;0\n1;1.234,5\n2;20\n3;30\n", "no number|mixes"),
        ("slice;z_nm\n0;0,5\n1;1.5\n2;20\n3;30\n", "mixes"),
        ("slice;z_nm\n0;0\n1;" + "9" * 400 + "\n2;20\n3;30\n", "no number"),
        ("slice,z_nm\n", "no table"),
        ("z_nm,q\n,a\n,a\n,a\n,a\n", "fewer than two"),
        ("thickness_nm,q\n,a\n,a\n,a\n", "no thickness"),
        ("thickness_nm,sigma_nm\n1,-1\n1,1\n1,1\n", "negative"),
        ("z_nm\n" + "1" * 60_000 + "\n", "no text table"),
        ("z_nm\n5\n5\n5\n5\n", "most slices"),
    ],
)
def test_damage_is_named(text, word) -> None:
    with pytest.raises(DamagedFileError, match=word):
        read(text)


def test_files_that_are_no_tables(tmp_path) -> None:
    cases = {
        "junk.csv": os.urandom(4000),
        "zeros.csv": bytes(4000),
        "empty.csv": b"",
        "picture.csv": b"\x89PNG\r\n\x1a\n" + os.urandom(500),
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ReadError, match=name):
            read_thickness(tmp_path / name, info(4))
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ReadError):
            read_thickness(missing, info(4))


def test_a_huge_file_is_refused_unread(tmp_path) -> None:
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DamagedFileError, match="too long"):
        read_thickness(tmp_path / "huge.csv", info(4))


def test_a_million_rows_too_many_are_refused() -> None:
    with pytest.raises(DamagedFileError, match="too long"):
        read("z_nm\n" + "1\n" * 1_000_001)


@given(st.text(max_size=200))
def test_no_text_does_anything_unforeseen(text) -> None:
    try:
        read(text)
    except TruesliceError:
        return


CELLS = st.sampled_from(["1", "2,5", "3.5", "", "nan", "-1", "x", "1e3"])


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=3, max_size=5))
def test_no_table_does_anything_unforeseen(rows) -> None:
    try:
        found = read("slice;z_nm;sigma_nm\n" + "\n".join(";".join(row) for row in rows))
    except TruesliceError:
        return
    assert all(b > a for a, b in zip(found.z_nm, found.z_nm[1:], strict=False))
