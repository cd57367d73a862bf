"""Running models: results, threads, processes, stopping, falling back."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from onnx import helper

from core.errors import Cancelled, DamagedFileError, ReadError, TruesliceError
from core.job import Job
from core.models import providers, session
from core.models.session import open_session
from tests.core.models.networks import mean_network, save


def images(seed=0, shape=(1, 3, 8, 10)):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def expected(x):
    """Branch without neighbours: a known answer."""
    return 1 / (1 + np.exp(-2 * x.mean(axis=1, keepdims=True)))


def test_both_outputs_come_as_float32(tmp_path):
    opened = open_session(mean_network(tmp_path / "a.onnx", branches=2), "cpu", 1)
    first, second = opened.run(images().astype(np.float64))
    assert first.shape == (1, 1, 8, 10)
    assert first.dtype == np.float32
    assert second.shape == (1, 2, 8, 10)
    np.testing.assert_allclose(second[:, :1], expected(images()), atol=1e-6)
    assert (opened.provider, opened.inputs, opened.batch, opened.notes) == ("CPU", 3, None, ())


def test_one_output_has_no_branches(tmp_path):
    assert open_session(mean_network(tmp_path / "a.onnx"), "cpu").run(images())[1] is None


def test_half_precision_is_converted(tmp_path):
    import onnx

    nodes = [helper.make_node("Sigmoid", ["x"], ["probability"])]
    path = save(tmp_path / "a.onnx", nodes)
    model = onnx.load(str(path))
    for item in (*model.graph.input, *model.graph.output):
        item.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.save(model, str(path))
    x = images(shape=(1, 1, 4, 4))
    first, _ = open_session(path, "cpu").run(x)
    assert first.dtype == np.float32
    np.testing.assert_allclose(first, 1 / (1 + np.exp(-x)), atol=2e-3)


def test_sessions_are_shared_and_pickled_and_reopened_when_the_file_changes(tmp_path):
    path = mean_network(tmp_path / "a.onnx", branches=1)
    opened = open_session(path, "cpu", 1)
    assert open_session(path, "cpu", 1) is opened
    assert pickle.loads(pickle.dumps(opened)) is opened
    assert open_session(path, "cpu", 2) is not opened
    save(path, [helper.make_node("Sigmoid", ["x"], ["probability"])])
    assert open_session(path, "cpu", 1).inputs == 1


def test_few_sessions_stay_open(tmp_path):
    for number in range(8):
        open_session(mean_network(tmp_path / f"{number}.onnx"), "cpu", 1)
    assert len(session._opened) <= 4


def test_threads_do_not_mix_their_results(tmp_path):
    opened = open_session(mean_network(tmp_path / "a.onnx", branches=1), "cpu", 1)
    stacks = [images(seed, (1, 3, 16, 8 + seed)) for seed in range(20)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: opened.run(x)[1], stacks))
    for x, second in zip(stacks, found, strict=True):
        np.testing.assert_allclose(second, expected(x), atol=1e-6)


def test_a_run_is_stopped(tmp_path):
    nodes = [helper.make_node("MaxPool", ["x"], ["v0"], kernel_shape=[63, 63], pads=[31] * 4)]
    nodes += [
        helper.make_node("MaxPool", [f"v{n}"], [f"v{n + 1}"], kernel_shape=[63, 63], pads=[31] * 4)
        for n in range(200)
    ]
    nodes.append(helper.make_node("Sigmoid", ["v200"], ["probability"]))
    opened = open_session(save(tmp_path / "a.onnx", nodes), "cpu", 1)
    job = Job()
    timer = threading.Timer(0.2, job.stop.set)
    timer.start()
    with pytest.raises(Cancelled):
        opened.run(images(shape=(1, 1, 256, 256)), job)
    timer.join()
    stopped = Job()
    stopped.stop.set()
    with pytest.raises(Cancelled):
        opened.run(images(shape=(1, 1, 8, 8)), stopped)


def test_what_does_not_fit_is_said(tmp_path):
    opened = open_session(mean_network(tmp_path / "a.onnx"), "cpu")
    with pytest.raises(TruesliceError, match="1 x 2 x 8 x 8"):
        opened.run(images(shape=(1, 2, 8, 8)))
    with pytest.raises(ReadError):
        open_session(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(DamagedFileError, match=r"bad\.onnx"):
        open_session(tmp_path / "bad.onnx")


def test_nothing_is_printed_where_no_accelerator_is_usable(tmp_path, capfd):
    providers._usable.cache_clear()
    opened = open_session(mean_network(tmp_path / "a.onnx"), "auto", 1)
    opened.run(images())
    assert opened.provider in ("CPU", "CUDA", "CoreML")
    assert capfd.readouterr() == ("", "")


class Failing:
    """A session on an accelerator that opens, and later fails."""

    def __init__(self, inner, *, fails_from, wrong=0.0):
        self.inner, self.runs, self.fails_from, self.wrong = inner, 0, fails_from, wrong

    def get_providers(self):
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def get_inputs(self):
        return self.inner.get_inputs()

    def run(self, names, feed, options):
        self.runs += 1
        if self.runs >= self.fails_from:
            raise RuntimeError("CUDA failure 2: out of memory")
        return [values + self.wrong for values in self.inner.run(names, feed, options)]


@pytest.fixture
def pretend(monkeypatch):
    """An accelerator that behaves as told."""

    def start(**behaviour):
        real = session._open

        def opening(path, wanted, threads):
            inner = real(path, [], threads)
            return Failing(inner, **behaviour) if wanted else inner

        monkeypatch.setattr(session, "_open", opening)
        monkeypatch.setattr(session, "accelerators", lambda wanted: (("CUDAExecutionProvider", {}),))

    return start


def test_the_processor_takes_over_when_an_accelerator_fails(tmp_path, pretend):
    pretend(fails_from=3)
    opened = open_session(mean_network(tmp_path / "a.onnx", branches=1), "auto")
    assert opened.provider == "CUDA"
    for _ in range(3):
        np.testing.assert_allclose(opened.run(images())[1], expected(images()), atol=1e-6)
    assert opened.provider == "CPU"
    assert len(opened.notes) == 1
    assert "out of memory" in opened.notes[0]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [({"fails_from": 1}, "cannot be used"), ({"fails_from": 9, "wrong": 0.1}, "differ")],
)
def test_an_accelerator_that_fails_or_errs_is_not_taken(tmp_path, pretend, behaviour, said):
    pretend(**behaviour)
    opened = open_session(mean_network(tmp_path / "a.onnx"), "auto")
    assert opened.provider == "CPU"
    assert said in opened.notes[0]
