"""The model zoo's own library, made to work with the pydantic that is installed."""

from __future__ import annotations

from typing import Any

import pytest


def _file(value: Any, handler: Any, info: Any) -> Any:
    ret = handler(value)
    ret["source"] = _package(value.source, info, sha256=value.sha256)  # noqa: F821 - a name of that module
    return ret


def _weights(value: Any, handler: Any, info: Any) -> Any:
    return handler(value)


@pytest.fixture
def zoo(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module `bioimageio.core`.

    bioimageio.spec 0.5.12, the only one that bioimageio.core 0.11 allows, hands pydantic's serializers a
    second argument that pydantic 2.14 refuses. Two functions are given a body without it; nothing else is
    touched.
    """
    core = pytest.importorskip("bioimageio.core")
    import pydantic
    from bioimageio.spec._internal import io_packaging
    from bioimageio.spec.model import v0_4

    if tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 14):
        monkeypatch.setattr(io_packaging.package_file_descr_serializer, "__code__", _file.__code__)
        monkeypatch.setattr(v0_4.package_weights, "__code__", _weights.__code__)
    return core
