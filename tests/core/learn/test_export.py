"""An exported network gives what the trained one gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from core.errors import ParameterError, TruesliceError, WriteError
from core.learn import export
from core.learn.export import GREATEST_DIFFERENCE, export_onnx
from core.learn.networks import build
from tests.core.learn.networks.probing import images_for, settled, spec


def _network(kind: str, **values: Any) -> Any:
    torch.manual_seed(2)
    return settled(build(spec(kind, **values)))


def _run(path: Path, images: torch.Tensor) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: images.numpy()}), strict=True))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("residual-unet", {"channels": 2, "fusion": "late"}),
        ("unet", {"channels": 2, "fusion": "voting"}),
        ("residual-unet", {"depth": 2, "fold_px": 2}),
        ("unet", {"channels": 2, "fusion": "intermediate"}),
        ("residual-unet-3d", {}),
        ("vnet", {"depth": 2}),
        ("fcn-8s", {}),
    ],
)
def test_the_file_gives_what_the_network_gives(kind: str, values: dict[str, Any], tmp_path: Path) -> None:
    network = _network(kind, **values)
    path = tmp_path / "network.onnx"
    report = export_onnx(network, path, images_for(network.spec, side=64).shape)
    assert report.largest_difference <= GREATEST_DIFFERENCE
    assert report.bytes == path.stat().st_size
    images = images_for(network.spec, side=96, batch=2, depth=5)[..., :64]
    with torch.inference_mode():
        probability, branches = network.outputs(images)
    found = _run(path, images)
    assert list(found) == ["probability"] + ["branches"] * (branches is not None)
    assert np.allclose(found["probability"], probability.numpy(), atol=GREATEST_DIFFERENCE)
    assert float(probability.std()) > 1e-4
    if branches is not None:
        assert np.allclose(found["branches"], branches.numpy(), atol=GREATEST_DIFFERENCE)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.version for entry in model.opset_import] == [report.opset]
    assert not [node for node in model.graph.node if node.op_type == "BatchNormalization"]


def test_equal_networks_give_equal_bytes_and_stay_as_they_are(tmp_path: Path) -> None:
    network = _network("residual-unet").train().to(memory_format=torch.channels_last)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    shape = images_for(network.spec).shape
    first, again = tmp_path / "one.onnx", tmp_path / "deeper" / "two.onnx"
    again.parent.mkdir()
    export_onnx(network, first, shape)
    export_onnx(_network("residual-unet"), again, shape)
    assert first.read_bytes() == again.read_bytes()
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    for place in (str(tmp_path), str(Path(export.__file__).parent)):
        assert place.encode() not in first.read_bytes()


@pytest.mark.parametrize("fault", [float("nan"), 1.0])
def test_a_file_that_gives_something_else_is_not_kept(
    fault: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = _network("unet", depth=2)
    path = tmp_path / "network.onnx"
    path.write_text("what was there before")
    write = export._write

    def spoilt(model: Any, *rest: Any) -> None:
        write(model, *rest)
        with torch.no_grad():
            model.network.decoder.score.bias += fault

    monkeypatch.setattr(export, "_write", spoilt)
    with pytest.raises(TruesliceError, match="does not give what the trained one gives"):
        export_onnx(network, path, images_for(network.spec).shape)
    assert [file.name for file in tmp_path.iterdir()] == ["network.onnx"]
    assert path.read_text() == "what was there before"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    network = _network("unet", depth=2)
    with pytest.raises(WriteError):
        export_onnx(network, tmp_path / "nowhere" / "network.onnx", images_for(network.spec).shape)
    with pytest.raises(ParameterError, match="multiples of 2 px"):
        export_onnx(network, tmp_path / "network.onnx", (1, 3, 33, 32))
