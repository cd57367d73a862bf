"""Regions are measured in the background, the newest one counts, and what cannot be measured says why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.jobs import JobQueue
from app.measuring import AT_ONCE_VOXELS, Measuring, as_stated, numbers_of, same_volume
from app.region import Region, whole
from app.session import Session
from app.tint import Phase, Tint
from core.errors import VoxelError
from core.job import Job
from core.measure.params import MeasureParams
from core.recipe import Recipe, default_step
from core.steps.measure import MeasureEstimate
from core.volume import Volume, volume_of
from tests.app.leftovers import flush_deletions, nothing_left

Wait = Callable[[Callable[[], bool]], None]


class Measurer:
    """Stands in for the measuring itself: counts, and can be held up."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, int]] = []
        self.params: list[MeasureParams] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, volume: Volume, params: MeasureParams, job: Job) -> MeasureEstimate:
        self.seen.append(volume.info.shape)
        self.params.append(params)
        self.threads.add(threading.get_ident())
        job.progress(1, 2, "counting")
        while not self.gate.wait(0.01):
            job.check()
        return MeasureEstimate(voxels=int(np.prod(volume.info.shape)))


@pytest.fixture
def measurer(monkeypatch: pytest.MonkeyPatch) -> Measurer:
    made = Measurer()
    monkeypatch.setattr("core.steps.measure.measured", made)
    return made


@pytest.fixture
def measuring(qapp: QApplication, wait: Wait) -> Iterator[Measuring]:
    with nothing_left():
        session, queue = Session(), JobQueue(2)
        made = Measuring(session, queue, pause_ms=30)
        yield made
        made.stop()
        wait(lambda: not queue.active)
        queue.close()
        for part in (made, queue, session):
            part.deleteLater()
        flush_deletions()


def binary(shape: tuple[int, int, int] = (6, 20, 24)) -> Volume:
    z, y, x = np.indices(shape)
    return volume_of(((x // 4 + y // 4 + z // 2) % 2 * 255).astype(np.uint8), voxel_nm=(10.0, 10.0, 10.0))


def settled(measuring: Measuring, wait: Wait) -> None:
    wait(lambda: not measuring.waiting)


def test_a_marked_region_is_measured_elsewhere(measuring: Measuring, measurer: Measurer, wait: Wait) -> None:
    told: list[object] = []
    measuring.progressed.connect(told.append)
    measuring.set_subject(binary())
    measuring.mark(True)
    region = measuring.region
    assert region is not None
    assert region.shape == (6, 10, 12)
    settled(measuring, wait)
    assert measurer.seen == [(6, 10, 12)]
    assert threading.get_ident() not in measurer.threads
    assert measuring.numbers is not None
    assert (measuring.numbers.region, measuring.numbers.estimate.voxels) == (region, 720)
    assert told


def test_while_it_is_dragged_only_the_last_region_is_measured(
    measuring: Measuring, measurer: Measurer, wait: Wait
) -> None:
    measuring.set_subject(binary())
    for last in range(5, 21):
        measuring.set_region(Region((0, 0, 0), (6, last, 24)))
        assert measuring.numbers is None
    settled(measuring, wait)
    assert measurer.seen == [(6, 20, 24)]


def test_a_new_region_ends_the_measuring_of_the_one_before(
    measuring: Measuring, measurer: Measurer, wait: Wait
) -> None:
    measurer.gate.clear()
    measuring.set_subject(binary())
    measuring.set_region(Region((0, 0, 0), (2, 20, 24)))
    wait(lambda: bool(measurer.seen))
    measuring.set_region(Region((0, 0, 0), (3, 20, 24)))
    wait(lambda: len(measurer.seen) == 2)
    measurer.gate.set()
    settled(measuring, wait)
    assert measuring.numbers is not None
    assert measuring.numbers.region.shape == (3, 20, 24)


def test_large_regions_wait_to_be_asked_for(measuring: Measuring, measurer: Measurer, wait: Wait) -> None:
    shape = (2, 1000, AT_ONCE_VOXELS // 1000)
    measuring.set_subject(volume_of(np.zeros(shape, np.uint8)))
    measuring.set_region(whole(measuring.subject.info))
    assert not measuring.quick
    assert not measuring.waiting
    measuring.measure()
    settled(measuring, wait)
    assert measurer.seen == [shape]


def test_grey_values_say_to_segment_first(measuring: Measuring, measurer: Measurer, wait: Wait) -> None:
    grey = volume_of(np.arange(6 * 20 * 24, dtype=np.uint16).reshape(6, 20, 24))
    said: list[str] = []
    measuring.tint_said.connect(said.append)
    measuring.set_subject(grey)
    measuring.mark(True)
    measuring.colour_by("component")
    settled(measuring, wait)
    assert "segment first" in measuring.trouble
    assert "segment first" in said[-1]
    assert measurer.seen == []


def test_the_region_is_kept_for_stacks_of_the_same_shape(measuring: Measuring, measurer: Measurer) -> None:
    measuring.set_subject(binary())
    measuring.set_region(Region((0, 0, 0), (2, 2, 2)))
    measuring.mark(False)
    assert measuring.region is None
    measuring.mark(True)
    assert measuring.region == Region((0, 0, 0), (2, 2, 2)), "where it was"
    other = binary()
    measuring.set_subject(volume_of(255 - other.read()))
    assert measuring.region == Region((0, 0, 0), (2, 2, 2))
    measuring.set_subject(binary((3, 20, 24)))
    assert measuring.region is None
    measuring.set_subject(binary())
    assert measuring.region == Region((0, 0, 0), (2, 2, 2)), "back at the first shape"
    told: list[object] = []
    measuring.region_changed.connect(told.append)
    measuring.set_subject(None)
    measuring.mark(True)
    assert measuring.region is None
    assert told == [None, None]
    measuring.set_subject(binary())
    assert measuring.region is None, "what was closed is forgotten"


def test_components_are_coloured_in_the_region_only(measuring: Measuring, wait: Wait) -> None:
    data = np.zeros((4, 12, 16), np.uint8)
    data[:, 1:5, 1:9] = 255
    data[1:3, 7:9, 2:4] = 255
    told: list[Tint | None] = []
    measuring.tint_changed.connect(told.append)
    measuring.set_subject(volume_of(data, voxel_nm=(10.0, 10.0, 10.0)))
    measuring.colour_by("component")
    settled(measuring, wait)
    tint = told[-1]
    assert tint is not None
    np.testing.assert_array_equal(tint.volume.read() > 0, data > 0)
    assert tint.volume.read()[2, 8, 3] == 2
    assert tint.volume.read()[2, 2, 2] == 1
    measuring.set_phase(Phase(0, 26))
    settled(measuring, wait)
    np.testing.assert_array_equal(told[-1].volume.read() > 0, data == 0)
    measuring.colour_by("none")
    assert told[-1] is None


def test_slices_to_leave_out_are_counted_from_the_region(measurer: Measurer) -> None:
    params = MeasureParams(exclude_slices="1, 3-9")
    numbers_of(binary((12, 8, 8)), Region((2, 0, 0), (6, 8, 8)), params, Job())
    assert measurer.params[0].exclude_slices == "1, 2, 3"
    with pytest.raises(VoxelError):
        numbers_of(volume_of(np.arange(64).reshape(4, 4, 4)), Region((0, 0, 0), (2, 2, 2)), None, Job())


def test_results_looked_up_again_are_the_same() -> None:
    volume = binary()
    assert same_volume(volume, volume)
    assert not same_volume(volume, None)
    assert not same_volume(volume, binary()), "arrays are not compared"


def test_other_settings_measure_again(measuring: Measuring, measurer: Measurer, wait: Wait) -> None:
    session = measuring._session
    measuring.set_subject(binary())
    measuring.mark(True)
    settled(measuring, wait)
    session.load(Recipe((default_step("measure"),)))
    session.set_params(0, MeasureParams(thickness=True))
    assert measuring.numbers is None, "they are of other settings"
    settled(measuring, wait)
    assert [params.thickness for params in measurer.params] == [False, True]
    assert measuring.numbers is not None
    assert measuring.numbers.params == MeasureParams(thickness=True)
    session.add("segment")
    assert measuring.numbers is not None, "no other settings"


def test_values_are_labels_where_the_settings_say_so(
    measuring: Measuring, measurer: Measurer, wait: Wait
) -> None:
    data = np.zeros((4, 12, 16), np.uint8)
    data[:, :, 6:8], data[:, :, 8:] = 1, 2
    measuring.set_subject(volume_of(data))
    measuring.mark(True)
    measuring.colour_by("component")
    settled(measuring, wait)
    assert "the values are labels" in measuring.trouble
    assert measuring.tint is None
    measuring._session.load(Recipe((default_step("measure"),)))
    measuring._session.set_params(0, MeasureParams(values="labels"))
    settled(measuring, wait)
    assert measuring.trouble == ""
    assert measuring.numbers is not None
    assert measuring.tint is not None
    assert as_stated(volume_of(data), MeasureParams()).info.content == "grey"
    floats = volume_of(data.astype(np.float32))
    assert as_stated(floats, MeasureParams(values="labels")) is floats, "labels are whole numbers"
