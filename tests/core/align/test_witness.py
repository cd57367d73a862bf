"""An independent program finds the same: SimpleITK, another optimiser of the same correlation."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from core.align.pair import register_pair
from tests.core.align.pictures import moved, texture


def method_for(transform: sitk.Transform) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(transform, inPlace=False)
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 0.001, 100)
    method.SetOptimizerScalesFromPhysicalShift()
    return method


def images_of(*pictures: np.ndarray) -> list[sitk.Image]:
    return [sitk.GetImageFromArray(picture.astype(np.float32)) for picture in pictures]


@pytest.mark.parametrize("shift", [(2.3, -1.7), (-0.45, 3.2)])
def test_translation(shift):
    picture, random = texture((150, 170), 3), np.random.default_rng(4)
    fixed, other = (moved(picture, at) + random.normal(0, 5, (110, 130)) for at in ((0, 0), shift))
    x, y = method_for(sitk.TranslationTransform(2)).Execute(*images_of(fixed, other)).GetParameters()
    found = register_pair(fixed, 0.7 * other + 30)
    assert found.locked
    np.testing.assert_allclose(found.shift_yx, (y, x), atol=0.03)
    np.testing.assert_allclose(found.shift_yx, shift, atol=0.03)


def test_rigid():
    picture = texture((170, 190), 5)
    turn = sitk.Euler2DTransform((94.5, 84.5), np.radians(1.2), (1.5, -2.0))
    image = images_of(picture)[0]
    other = sitk.GetArrayFromImage(sitk.Resample(image, image, turn, sitk.sitkBSpline))
    fixed, other = picture[20:-20, 20:-20], other[20:-20, 20:-20]
    theirs = method_for(sitk.Euler2DTransform((74.5, 64.5))).Execute(*images_of(fixed, other))
    found = register_pair(fixed, other, "rigid")
    assert found.locked
    back = np.linalg.inv(found.matrix)
    for x, y in ((0, 0), (149, 0), (0, 129), (149, 129)):
        there = theirs.TransformPoint((float(x), float(y)))
        np.testing.assert_allclose((back @ (x, y, 1))[:2], there, atol=0.06)
