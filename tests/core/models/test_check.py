"""What is found in a file before it is trusted."""

from __future__ import annotations

import pickle
import zipfile

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from core.errors import Cancelled, DamagedFileError, ReadError
from core.job import Job
from core.models.card import read_model, write_model
from core.models.check import check_folder, check_model
from core.models.graph import largest_bytes, read_graph
from core.models.probing import Probe, fits_stride, reach_px
from tests.core.models.networks import mean_network, pooled_network, save, spec_of


def sigmoid(name="logit"):
    return helper.make_node("Sigmoid", [name], ["probability"])


def test_a_good_file_is_measured(tmp_path):
    report = check_model(mean_network(tmp_path / "a.onnx", branches=2))
    assert report.ok
    assert not report.warnings
    assert report.facts["opset"] == 17
    assert report.facts["input"] == ["any", 3, "any", "any"]
    assert (report.facts["stride"], report.facts["halo_px"]) == (1, 1)


def test_stride_and_halo_of_pooling_are_found(tmp_path):
    report = check_model(pooled_network(tmp_path / "a.onnx"))
    assert report.ok, report.errors
    # A pixel of a group of 4 sees the groups beside its own: 4 + 3 pixels at most.
    assert (report.facts["stride"], report.facts["halo_px"]) == (4, 7)


def test_the_card_has_to_be_right(tmp_path):
    path = pooled_network(tmp_path / "a.onnx")

    def found(**changes):
        return check_model(path, spec_of(**{"slices": 1, "stride": 4, "halo_px": 7} | changes))

    assert found().ok
    assert found(halo_px=20, stride=8).ok
    assert "its card says 6 px" in found(halo_px=6).errors[0]
    assert "multiples of 2 px" in found(stride=2).errors[0]
    assert "expected 3" in found(slices=3).errors[0]
    assert "4 axes, its card says 5" in found(volume=True).errors[0]
    assert "1 outputs, its card says 2" in found(branches=True).errors[0]


def test_what_trained_weights_hide_is_warned_of(tmp_path):
    weight = np.zeros((1, 1, 5, 5), np.float32)
    weight[0, 0, 2, 2] = 1
    nodes = [helper.make_node("Conv", ["x", "w"], ["logit"], pads=[2] * 4), sigmoid()]
    report = check_model(save(tmp_path / "a.onnx", nodes, {"w": weight}), spec_of(slices=1, halo_px=1))
    assert report.ok
    assert "may depend on 2 px" in report.warnings[0]
    assert report.facts["halo_px"] == 2


def test_slices_of_a_network_along_z_are_measured(tmp_path):
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["logit"], pads=[2, 0, 0, 2, 0, 0]),
        sigmoid(),
    ]
    weights = {"w": np.full((1, 1, 5, 1, 1), 0.2, np.float32)}
    path = save(tmp_path / "a.onnx", nodes, weights, volume=True)
    card = {"slices": 8, "volume": True, "halo_px": 0}
    assert check_model(path, spec_of(**card, halo_slices=2)).ok
    assert "2 slices on each side" in check_model(path, spec_of(**card, halo_slices=1)).errors[0]
    assert check_model(path).facts["halo_slices"] == 2


def test_networks_that_see_the_whole_image_cannot_be_tiled(tmp_path):
    ones = {"s": np.ones(1, np.float32), "b": np.zeros(1, np.float32)}
    nodes = [helper.make_node("InstanceNormalization", ["x", "s", "b"], ["logit"]), sigmoid()]
    path = save(tmp_path / "a.onnx", nodes, ones)
    report = check_model(path)
    assert "whole image" in report.errors[0]
    assert "InstanceNormalization" in report.warnings[0]
    assert "the whole image" in check_model(path, spec_of(slices=1, halo_px=3)).errors[0]


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=1), "ReduceMean"),
        (helper.make_node("GlobalAveragePool", ["x"], ["y"]), "GlobalAveragePool"),
        (helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1), ""),
    ],
)
def test_operators_that_look_far_are_named(tmp_path, node, said):
    nodes = [node, helper.make_node("Sub", ["x", "y"], ["logit"]), sigmoid()]
    warnings = read_graph(save(tmp_path / "a.onnx", nodes)).warnings
    assert bool(warnings) == bool(said)
    assert said in "".join(warnings)


def bad_files(folder):
    """Files that are no models, with what is said of them."""
    with zipfile.ZipFile(folder / "zip.onnx", "w") as archive:
        archive.writestr("data.pkl", b"")
    (folder / "pickle.onnx").write_bytes(pickle.dumps({"weights": 1}))
    (folder / "html.onnx").write_text("<!DOCTYPE html><title>404</title>")
    (folder / "lfs.onnx").write_text("version https://git-lfs.github.com/spec/v1\n")
    (folder / "empty.onnx").write_bytes(b"")
    (folder / "noise.onnx").write_bytes(np.random.default_rng(0).bytes(500))
    good = mean_network(folder / "good.onnx").read_bytes()
    (folder / "short.onnx").write_bytes(good[: len(good) // 2])
    return {
        "zip": "ZIP", "pickle": "pickle", "html": "web page", "lfs": "Git LFS", "empty": "no network",
        "noise": "no ONNX", "short": "",
    }  # fmt: skip


def test_what_is_no_onnx_is_named(tmp_path):
    for name, said in bad_files(tmp_path).items():
        report = check_model(tmp_path / f"{name}.onnx")
        assert not report.ok, name
        assert said in report.errors[0], name
        with pytest.raises(DamagedFileError, match=name):
            report.require(name)
    with pytest.raises(ReadError):
        check_model(tmp_path / "none.onnx")


def changed(tmp_path, change):
    """The errors of a good network after a change of its file."""
    path = mean_network(tmp_path / "a.onnx")
    model = onnx.load(str(path))
    change(model)
    path.write_bytes(model.SerializeToString())
    return check_model(path).errors


def test_old_and_new_operator_sets_are_refused(tmp_path):
    def change(model):
        model.opset_import[0].version = 6

    assert any("operator set is 6" in text for text in changed(tmp_path, change))


def test_weights_in_other_files_are_refused(tmp_path):
    def change(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../secret")

    assert "another file" in changed(tmp_path, change)[0]


def test_foreign_operators_are_refused(tmp_path):
    def change(model):
        model.opset_import.append(helper.make_opsetid("evil", 1))
        model.graph.node[0].domain = "evil"

    assert any("evil.Conv" in text for text in changed(tmp_path, change))


def test_chance_is_refused(tmp_path):
    nodes = [
        helper.make_node("RandomNormalLike", ["x"], ["n"]),
        helper.make_node("Add", ["x", "n"], ["logit"]),
        sigmoid(),
    ]
    assert "random" in check_model(save(tmp_path / "a.onnx", nodes)).errors[0]


def test_fixed_sizes_are_refused(tmp_path):
    report = check_model(save(tmp_path / "a.onnx", [sigmoid("x")], size=64))
    assert "64 x 64 pixels only" in report.errors[0]


def test_what_is_no_probability_is_refused(tmp_path):
    path = save(tmp_path / "a.onnx", [helper.make_node("Neg", ["x"], ["probability"])])
    card = {"slices": 1, "halo_px": 0}
    assert "sigmoid" in check_model(path, spec_of(**card)).errors[0]
    assert "sigmoid" in check_model(path).warnings[0]
    assert check_model(path, spec_of(**card, task="fill")).ok


def test_values_that_are_not_finite_are_refused(tmp_path):
    path = save(tmp_path / "a.onnx", [helper.make_node("Div", ["x", "x"], ["probability"])])
    assert "not finite" in check_model(path).errors[0]


def test_giants_are_not_run(tmp_path):
    nodes = [
        helper.make_node("Resize", ["x", "", "s"], ["big"], mode="nearest"),
        helper.make_node("MaxPool", ["big"], ["logit"], kernel_shape=[512, 512], strides=[512, 512]),
        sigmoid(),
    ]
    path = save(tmp_path / "a.onnx", nodes, {"s": np.array([1, 1, 512, 512], np.float32)})
    assert largest_bytes(onnx.load(str(path)), (1, 1, 64, 64)) >= 4 * 64**2 * 512**2
    assert "MiB" in check_model(path).errors[0]


def test_time_is_limited_and_the_user_can_stop(tmp_path):
    path = mean_network(tmp_path / "a.onnx")
    assert "more than 0 s" in check_model(path, seconds=0).errors[0]
    job = Job()
    job.stop.set()
    with pytest.raises(Cancelled):
        check_model(path, None, job)


def test_a_folder_has_to_be_what_its_card_says(tmp_path):
    model = write_model(tmp_path / "m", mean_network(tmp_path / "a.onnx"), spec_of())
    report = check_folder(model)
    assert report.ok
    assert report.facts["test_difference"] == 0
    wrong = np.load(model.folder / "test_output.npy") + np.float32(0.1)
    np.save(model.folder / "test_output.npy", wrong)
    assert "missed by 0.1" in check_folder(model).errors[0]
    weights = onnx.load(str(model.weights))
    weights.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((1, 3, 3, 3), np.float32), "w"))
    onnx.save(weights, str(model.weights))
    assert "checksum" in check_folder(read_model(model.folder)).errors[0]


def shifted(by):
    """A network that shows what lies `by` px further right."""
    return Probe(lambda x: np.pad(x[:, :1], [(0, 0)] * 3 + [(0, by)])[..., by:], 1)


@pytest.mark.parametrize("by", [0, 1, 9, 60])
def test_reach_is_found_exactly(by):
    assert reach_px(shifted(by), 1, 0) == by
    assert reach_px(shifted(by), 8, by) == by


def test_shifts_tell_the_stride():
    blocky = Probe(
        lambda x: x[:, :1, ::4, ::4].repeat(4, -1).repeat(4, -2)[..., : x.shape[-2], : x.shape[-1]], 1
    )
    assert not fits_stride(blocky, 4, 3)
    assert "shift by 2 px" in fits_stride(blocky, 2, 3)
