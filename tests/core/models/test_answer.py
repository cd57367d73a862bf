"""What an answer looks like, on patterns whose chords and entropy are known, and when it is warned of."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled
from core.job import Job
from core.models import answer as module
from core.models.answer import Answer, answer_of, codes_of, compared, looked_at, tallied, told, unlike
from core.models.card import read_model, write_model
from core.models.rdf import read_yaml
from core.models.spec import Known
from core.models.uncertainty import entropy_bits
from core.volume import Array, volume_of
from tests.core.models.tiny import mean_network, spec_of
from tests.core.models.zoo import zoo  # noqa: F401 - a fixture

KNOWN: dict[str, Any] = {
    "pixel_nm": (2.5, 2.5),
    "solid_chord_nm": (10.0, 20.0),
    "pore_chord_nm": (40.0, 80.0),
    "entropy_bits": 0.04,
    "undecided_px": 1.4,
}


def stripes(width_px: int, gap_px: int, shape: tuple[int, int] = (1, 60), first: int = 0) -> Array:
    """Solid stripes along y, probability 0 or 255."""
    place = (np.arange(shape[1]) + first) % (width_px + gap_px)
    return np.broadcast_to(np.where(place < width_px, 255, 0).astype(np.uint8), shape)


def seen(**changes: Any) -> Answer:
    plain: dict[str, Any] = {
        "solid_chord_nm": (15, 15),
        "pore_chord_nm": (60, 60),
        "entropy_bits": 0.04,
        "undecided_px": 1.4,
        "crossings": 1000,
        "slices": 10,
    }
    return Answer(**plain | changes)


def test_chords_of_stripes() -> None:
    # from the middle of a stripe, over whole periods
    found = tallied(stripes(3, 7, (5, 61), first=1))
    assert found.crossings.tolist() == [0, 5 * 12]
    assert found.solid_px[1] == pytest.approx(3)
    assert found.pore_px[1] == pytest.approx(7)
    turned = tallied(stripes(3, 7, (5, 61), first=1).T)
    assert turned.solid_px[0] == found.solid_px[1]


@pytest.mark.parametrize("side_px", [9, 64])
def test_chords_do_not_depend_on_the_size_of_the_image(side_px: int) -> None:
    # All positions of a window: most chords of the small one are cut off.
    small = [tallied(stripes(4, 8, (1, side_px), first)) for first in range(12)]
    total = sum(small[1:], small[0])
    assert total.solid_px[1] == pytest.approx(4)
    assert total.pore_px[1] == pytest.approx(8)


def test_chords_along_both_axes_of_a_checkerboard() -> None:
    board = np.kron(np.indices((8, 10)).sum(axis=0) % 2, np.ones((6, 3))).astype(np.uint8) * 255
    found = answer_of(tallied(board), (2.0, 5.0), 1)
    assert found.solid_chord_nm == pytest.approx((12 * 47 / 42, 15 * 29 / 27), rel=1e-12)
    assert found.pore_chord_nm == pytest.approx(found.solid_chord_nm)


def test_indecision_is_the_width_of_a_band_along_borders() -> None:
    # one border in a line of 21 px; four pixels beside it, the outer two nearly certain
    line = np.array([[0] * 8 + [25, 64, 191, 230] + [255] * 9], np.uint8)
    found = answer_of(tallied(line), (1.0, 1.0), 1)
    assert found.entropy_bits == pytest.approx(float(entropy_bits(line / 255).mean()))
    assert found.undecided_px == pytest.approx(2 / 21 * 20)
    assert found.crossings == 1
    # twice as many borders: more entropy, the same indecision
    island = np.array([[0] * 4 + [64, 191] + [255] * 8 + [191, 64] + [0] * 5], np.uint8)
    twice = answer_of(tallied(island), (1.0, 1.0), 1)
    assert twice.entropy_bits > found.entropy_bits
    assert twice.undecided_px == pytest.approx(found.undecided_px)


def test_a_network_that_is_never_certain_is_not_undecided_everywhere() -> None:
    soft = np.array([[6] * 10 + [249] * 10], np.uint8)
    found = answer_of(tallied(soft), (1.0, 1.0), 1)
    assert found.entropy_bits > 0.1
    assert found.undecided_px == 0


def test_certain_and_clueless_answers() -> None:
    assert tallied(stripes(3, 7)).entropy_bits == 0
    assert tallied(np.full((4, 4), 128, np.uint8)).entropy_bits == pytest.approx(1, abs=1e-4)


def test_sixteen_bits_are_looked_at_as_eight() -> None:
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(codes_of(codes.astype(np.uint16) * 257), codes)
    assert codes_of(np.array([60, 200], np.uint16)).tolist() == [0, 1]


# ---------------------------------------------------------------------------------- warnings
def test_what_is_like_the_training_is_not_warned_of() -> None:
    spec = spec_of(known=Known(**KNOWN))
    assert unlike(seen(), spec) == ()
    assert unlike(seen(solid_chord_nm=(7.5, 26.5), pore_chord_nm=(30, 107), undecided_px=2.7), spec) == ()
    assert unlike(seen(entropy_bits=0.2), spec) == ()  # many borders are no indecision


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"solid_chord_nm": (7.3, 15)},
            "chord of solid is 7.3 nm along y and 15 nm along x, in the training",
        ),
        ({"solid_chord_nm": (15, 27.1)}, "10 to 20 nm"),
        ({"pore_chord_nm": (60, 29)}, "chord of pore is 60 nm along y and 29 nm along x"),
        (
            {"undecided_px": 2.9, "entropy_bits": 0.09},
            "about 2.9 px at each border, in its validation about 1.4",
        ),
        ({"crossings": 0, "undecided_px": 900}, "10 slices show no border"),
    ],
)
def test_what_is_unlike_the_training_is_warned_of_with_numbers(changes: dict[str, Any], words: str) -> None:
    (note,) = unlike(seen(**changes), spec_of(known=Known(**KNOWN)))
    assert words in note
    assert "Compare slices of it with the images" in note


def test_models_are_compared_as_far_as_they_say() -> None:
    result = volume_of(np.zeros((2, 4, 4), np.uint8), content="probability")
    assert compared(result, spec_of(), Job()) is None
    assert told(Known(pixel_nm=(1, 1))) == ""
    alone = spec_of(known=Known(pixel_nm=(1, 1), undecided_px=1.0))
    assert unlike(seen(solid_chord_nm=(1, 999), undecided_px=1.9), alone) == ()
    assert len(unlike(seen(undecided_px=2.1), alone)) == 1
    assert "10 to 20 nm" in told(Known(**KNOWN))


@pytest.mark.filterwarnings("ignore")
def test_the_card_states_it_and_the_zoo_accepts_it(tmp_path: Path, zoo: Any) -> None:  # noqa: F811
    spec = spec_of(known=Known(**KNOWN))
    model = write_model(tmp_path / "said", mean_network(tmp_path / "a.onnx", [1]), spec)
    assert read_model(model.folder).spec == spec
    silent = write_model(tmp_path / "silent", tmp_path / "a.onnx", spec_of())
    assert "answers" not in read_yaml(silent.folder / "rdf.yaml")["config"]["trueslice"]
    described = zoo.load_model_description(model.folder / "rdf.yaml", format_version="latest")
    assert "10 to 20 nm" in described.config.bioimageio.bias_risks_limitations.recommendations


# ---------------------------------------------------------------------------------- of a volume
def test_a_volume_is_read_slice_by_slice_and_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(known=Known(**KNOWN))
    stack = np.broadcast_to(stripes(3, 7, (12, 61), first=1), (200, 12, 61))
    volume = volume_of(stack, content="probability", voxel_nm=(10.0, 2.0, 4.0))
    whole = looked_at(volume, spec, Job())
    assert whole.slices == module.SLICES
    assert whole.solid_chord_nm[1] == pytest.approx(12)
    monkeypatch.setattr(module, "_BAND_PX", 100)
    assert looked_at(volume, spec, Job()).solid_chord_nm[1] == pytest.approx(12)
    unknown = looked_at(volume_of(stack[:3], content="probability"), spec, Job())
    assert unknown.solid_chord_nm[1] == pytest.approx(7.5)  # pixels of the model
    assert unknown.slices == 3


def test_looking_at_a_volume_can_be_stopped() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        looked_at(volume_of(np.zeros((3, 4, 4), np.uint8)), spec_of(), Job(stop=stop))
