"""A plan that was put together from a sample can run: what hinders it is left out, or said."""

from __future__ import annotations

from core.errors import TruesliceError
from core.simulate.like_told import Teller
from core.simulate.plan import Plan

_PARTS = {"ruler": "Ruler", "fiducial": "Fiducial"}
"""Parts of a plan that can be left out, and what is told of them."""
_PHASES = {"pore", "solid"}


def runnable(teller: Teller) -> tuple[Plan, str]:
    """The plan without marks that do not fit it, and what else keeps it from running.

    Parameters
    ----------
    teller : Teller
        Marks that are left out are turned off in its table, and it says so.

    Returns
    -------
    tuple of Plan and str
        Empty where nothing hinders it.

    Raises
    ------
    TruesliceError
        If the values are no plan at all.
    """
    plan = Plan.parse(teller.table, owner="the sample")
    fault = fault_of(plan)
    for part, name in _PARTS.items():
        if fault is None or not teller.table[part]["on"]:
            continue
        without = plan.model_copy(
            update={part: type(getattr(plan, part)).model_validate({**teller.table[part], "on": False})}
        )
        rest = fault_of(without)
        if rest is None or rest.what != fault.what:
            _leave_out(teller, part, name, fault)
            plan, fault = without, rest
    if fault is None:
        return plan, ""
    remedy = f" To mend it, {fault.remedy}." if fault.remedy else ""
    return plan, f"This plan cannot run as it stands: {fault.what}.{remedy}"


def _leave_out(teller: Teller, part: str, name: str, fault: TruesliceError) -> None:
    teller.table[part]["on"] = False
    teller.told[:] = [one for one in teller.told if one.what != name]
    teller.untold[:] = [text for text in teller.untold if not text.startswith("cap layer")]
    remedy = f"; to have it, {fault.remedy}, and turn it on" if fault.remedy else ""
    teller.leave(part, f"is left out, because {fault.what}{remedy}")


def fault_of(plan: Plan) -> TruesliceError | None:
    """What refuses a plan before its structure is made; None where nothing does."""
    from core.simulate.acquisition.marks import check_marks
    from core.simulate.acquisition.prepare import check_plan
    from core.simulate.acquisition.scene import field_nm

    try:
        schedule = check_plan(plan)
        height_nm, width_nm = field_nm(schedule)
        depth_nm = float(schedule.z_nm[-1])
        check_marks(plan, width_nm=width_nm, height_nm=height_nm, depth_nm=depth_nm)
        _check_cards(plan)
    except TruesliceError as error:
        return error
    return None


def _check_cards(plan: Plan) -> None:
    """The fast approximation is calibrated for some materials only."""
    from core.simulate.acquisition.approximation import simulated_detectors
    from core.simulate.acquisition.marks import mark_materials
    from core.simulate.electrons.materials import material_of
    from core.simulate.surrogate.card import card_for

    if plan.electrons != "surrogate" or set(plan.materials) != _PHASES:
        return  # of other structures it is not known yet which phases they have
    named = {**plan.materials, **mark_materials(plan)}
    materials = tuple(dict.fromkeys(material_of(text) for text in named.values()))
    for kv in plan.voltages_kv:
        for detector in simulated_detectors(plan):
            card_for(materials, plan.beam(kv), plan.physics, detector)
