"""Parameters of structures: what recipes may say, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from core.errors import ParameterError
from core.params import Params
from core.simulate.structures import KINDS, Structure
from core.simulate.structures.kinds import LeveledWave, Polycrystal


class Holder(Params):
    structure: Structure


def parsed(**values: object) -> Structure:
    return Holder.parse({"structure": values}, owner="test").structure


def test_every_kind_is_in_the_table_and_the_union() -> None:
    union = TypeAdapter(Structure).json_schema()["discriminator"]["mapping"]
    assert set(union) == set(KINDS)
    for kind, params in KINDS.items():
        given = {"path": "stack.tif"} if "path" in params.model_fields else {}
        made = parsed(kind=kind, **given)
        assert type(made) is params
        assert parsed(**made.model_dump(mode="json")) == made


def test_one_number_stands_for_one_level() -> None:
    assert parsed(kind="leveled-wave", ligament_nm=20, solid_fraction="0.4") == LeveledWave(
        ligament_nm=(20.0,), solid_fraction=(0.4,)
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "leveled-wave", "solid_fraction": 0}, "empty or full"),
        ({"kind": "leveled-wave", "solid_fraction": 1}, "empty or full"),
        ({"kind": "leveled-wave", "solid_fraction": "nan"}, "finite"),
        ({"kind": "leveled-wave", "ligament_nm": -3}, "above 0"),
        ({"kind": "leveled-wave", "ligament_nm": []}, "at least 1"),
        ({"kind": "leveled-wave", "ligament_nm": [110, 15]}, "2 sizes and 1 fractions"),
        ({"kind": "leveled-wave", "depth": 3}, "no such parameter"),
        ({"kind": "random-pores", "solid_fraction": 1}, "less than or equal to 0.999"),
        ({"kind": "spheres", "radius_nm": 0}, "greater than 0"),
        ({"kind": "polycrystal", "porosity": 0}, "nothing can be seen"),
        ({"kind": "polycrystal", "porosity": 0.5, "second_fraction": 0.5}, "no matrix"),
        ({"kind": "polycrystal", "stretch_zyx": [1, 1, 100]}, "stretch_zyx"),
        ({"kind": "cuboids", "depths_nm": [-1]}, "imaging plane"),
        ({"kind": "stretched-spheres", "spacing_nm": 40}, "twice radius_nm"),
        ({"kind": "stretched-spheres", "stretch": 3}, "first voids meet"),
        ({"kind": "stretched-spheres", "stretch_growth": 1}, "voids meet"),
        ({"kind": "file", "path": " "}, "a file is needed"),
        ({"kind": "self-similar"}, "Field required"),
        ({"kind": "gyroid"}, "leveled-wave"),
    ],
)
def test_refuses(values: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parsed(**values)


def test_defaults_of_a_ceramic_are_possible() -> None:
    assert Polycrystal().porosity > 0
