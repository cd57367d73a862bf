"""What an ONNX file is, found without running it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ReadError

MOST_BYTES = 512 << 20
OPSETS = range(7, 22)

_SIGNS = {
    b"PK\x03\x04": "a ZIP archive (a PyTorch file or a package?)",
    b"\x80\x02": "a Python pickle; those can run any program and are never loaded",
    b"\x80\x04": "a Python pickle; those can run any program and are never loaded",
    b"\x80\x05": "a Python pickle; those can run any program and are never loaded",
    b"\x89HDF": "an HDF5 file (Keras?)",
    b"\x1f\x8b": "a gzip archive",
    b"<": "a web page or XML file",
    b"{": "a JSON file",
    b"version https://git-lfs": "a pointer of Git LFS; the file itself was not fetched",
}
_ENDLESS = frozenset({"Loop", "Scan", "SequenceMap"})
_CHANCE = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)
_WHOLE_IMAGE = frozenset(
    {
        "InstanceNormalization",
        "GroupNormalization",
        "LayerNormalization",
        "MeanVarianceNormalization",
        "LpNormalization",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "GlobalLpPool",
    }
)
_FLOATS = {1: "float32", 10: "float16"}


@dataclass
class Graph:
    """An ONNX file and what was found in it.

    Attributes
    ----------
    proto : ModelProto or None
        None if it is no ONNX file.
    errors, warnings : list of str
    facts : dict
    inputs, rank : int
        Channels and rank of the input; 0 if they are not known.
    """

    proto: Any = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    inputs: int = 0
    rank: int = 0


def read_graph(path: Path) -> Graph:
    """Read an ONNX file and say what is wrong with it.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    graph = Graph()
    data = _bytes(path, graph)
    if not graph.errors:
        _parse(data, graph)
    if graph.proto is not None:
        _opset(graph)
        _operators(graph)
        _tensors(graph)
    return graph


def _bytes(path: Path, graph: Graph) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReadError(f"cannot read {path}: {error.strerror or error}") from error
    graph.facts["bytes"] = len(data)
    if len(data) > MOST_BYTES:
        graph.errors.append(f"it is larger than {MOST_BYTES >> 20} MiB")
    kind = next((text for sign, text in _SIGNS.items() if data.startswith(sign)), "")
    if kind:
        graph.errors.append(f"this is no ONNX file but {kind}")
    return data


def _parse(data: bytes, graph: Graph) -> None:
    import onnx

    try:
        proto = onnx.load_model_from_string(data)
    except Exception as error:  # noqa: BLE001 - protobuf's own exceptions have no public home
        graph.errors.append(f"this is no ONNX file ({' '.join(str(error).split())[:100]})")
        return
    if not proto.ir_version or not proto.graph.node:
        graph.errors.append("this is no ONNX file: it holds no network")
        return
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _constants(proto.graph)):
        graph.errors.append("its weights lie in another file; export it with the weights inside")
        return
    try:
        onnx.checker.check_model(proto)
    except (onnx.checker.ValidationError, ValueError) as error:
        graph.errors.append(f"it breaks the rules of ONNX: {' '.join(str(error).split())[:300]}")
        return
    graph.proto = proto


def _opset(graph: Graph) -> None:
    opset = next((e.version for e in graph.proto.opset_import if e.domain in ("", "ai.onnx")), 0)
    graph.facts["opset"] = int(opset)
    if opset not in OPSETS:
        graph.errors.append(
            f"its operator set is {opset}, expected {OPSETS.start} to {OPSETS.stop - 1}: export it with "
            "opset_version=17"
        )


def _operators(graph: Graph) -> None:
    nodes = list(_nodes(graph.proto.graph))
    kinds = sorted({node.op_type for node in nodes})
    graph.facts["operators"] = kinds
    if graph.proto.functions:
        graph.errors.append("it defines operators of its own; export it without (torch: dynamo=False)")
    foreign = {(node.domain, node.op_type) for node in nodes if node.domain not in ("", "ai.onnx")}
    for domain, kind in sorted(foreign):
        if domain == "com.microsoft":
            graph.warnings.append(f"{kind} is known to onnxruntime only, not to other programs")
        else:
            graph.errors.append(f"the operator {domain}.{kind} is no part of ONNX")
    for kind in sorted(_ENDLESS.intersection(kinds)):
        graph.errors.append(f"it has a {kind}: nobody can say how long it takes")
    for kind in sorted(_CHANCE.intersection(kinds)):
        graph.errors.append(f"it draws random numbers ({kind}): results could not be repeated")
    found = {node.op_type for node in nodes if _looks_at_all(node, graph.proto.graph)}
    graph.warnings += [
        f"{kind} looks at the whole image: results may depend on the tiles" for kind in sorted(found)
    ]


def _looks_at_all(node: Any, graph: Any) -> bool:
    """Whether an operator can carry something from one end of the image to the other."""
    import onnx

    kind = node.op_type
    values = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    if kind == "Resize":
        return bool(values.get("coordinate_transformation_mode") == b"align_corners")
    if not kind.startswith("Reduce"):
        return kind in _WHOLE_IMAGE
    axes = values.get("axes")
    if axes is None and len(node.input) > 1 and node.input[1]:
        found = [tensor for tensor in graph.initializer if tensor.name == node.input[1]]
        axes = onnx.numpy_helper.to_array(found[0]).ravel().tolist() if found else None
    return axes is None or any(axis not in (0, 1) for axis in axes)


def _tensors(graph: Graph) -> None:
    constant = {tensor.name for tensor in graph.proto.graph.initializer}
    inputs = [item for item in graph.proto.graph.input if item.name not in constant]
    outputs = list(graph.proto.graph.output)
    if len(inputs) != 1:
        graph.errors.append(f"it has {len(inputs)} inputs, expected one tensor (batch, channel, [z,] y, x)")
        return
    shape = _shape(inputs[0])
    graph.facts["input"] = [size or "any" for size in shape]
    graph.facts["outputs"] = [[size or "any" for size in _shape(item)] for item in outputs]
    kinds = {item.type.tensor_type.elem_type for item in (*inputs, *outputs)}
    graph.facts["type"] = _FLOATS.get(inputs[0].type.tensor_type.elem_type, "other")
    if not kinds <= set(_FLOATS):
        graph.errors.append("its tensors have to be float32 or float16")
    if len(shape) not in (4, 5):
        graph.errors.append(f"its input has {len(shape)} axes, expected (batch, channel, [z,] y, x)")
        return
    graph.rank = len(shape)
    graph.inputs = shape[1] or 0
    if not shape[1]:
        graph.errors.append("it does not say how many input channels it has")
    if any(shape[-2:]):
        graph.errors.append(
            f"it takes images of {shape[-2]} x {shape[-1]} pixels only; export it with free sizes "
            "(dynamic_axes for batch, y and x)"
        )
    if len(outputs) > 2:
        graph.errors.append(f"it has {len(outputs)} outputs, expected one or two")


def _shape(item: Any) -> tuple[int, ...]:
    """Sizes; 0 where any is allowed."""
    dims = item.type.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") else 0 for dim in dims)


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _constants(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for tensor in graph.sparse_initializer:
        yield from (tensor.values, tensor.indices)
    for node in _nodes(graph):
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                yield from inner.initializer


def largest_bytes(proto: Any, shape: tuple[int, ...]) -> int:
    """Bytes of the largest tensor for an input of this shape; 0 if that cannot be foreseen."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    constant = {tensor.name for tensor in copy.graph.initializer}
    given = next(item for item in copy.graph.input if item.name not in constant)
    for dim, size in zip(given.type.tensor_type.shape.dim, shape, strict=True):
        dim.dim_value = size
    try:
        known = onnx.shape_inference.infer_shapes(copy, data_prop=True).graph
    except (onnx.shape_inference.InferenceError, ValueError):
        return 0
    return max((4 * math.prod(_shape(item)) for item in (*known.value_info, *known.output)), default=0)
