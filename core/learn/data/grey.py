"""Changes of grey values: blur, brightness, noise, stripes; patches are (b, channel, slice, y, x)."""

from __future__ import annotations

from math import ceil

import numpy as np
import torch
from torch.nn import functional

from core.learn.data.dose import normal
from core.learn.params.data import AugmentParams
from core.models.intensity import LIMIT
from core.volume import Array

_CONTRAST = 2.0  # of normalised values: pore -1, solid 1
_STRIPE_PX = 2.0  # deviation of the Gaussian that stripes are as wide as


def blurred(patches: torch.Tensor, sigma_px: Array) -> torch.Tensor:
    """Gaussian blur in the plane, each patch by its own deviation (px, > 0); mirrored at the edges."""
    count, channels, slices, height, width = patches.shape
    reach = min(max(1, ceil(2 * float(sigma_px.max()))), height - 1, width - 1)
    offsets = np.arange(-reach, reach + 1)
    kernels = np.exp(-0.5 * (offsets / sigma_px[:, None]) ** 2)
    kernels = (kernels / kernels.sum(axis=1, keepdims=True)).astype(np.float32)
    weights = torch.from_numpy(kernels.repeat(channels * slices, axis=0))[:, None, None]
    planes = patches.reshape(1, count * channels * slices, height, width)
    padded = functional.pad(planes, (reach, reach, reach, reach), mode="reflect")
    along_x = functional.conv2d(padded, weights, groups=planes.shape[1])
    along_both = functional.conv2d(along_x, weights.transpose(2, 3), groups=planes.shape[1])
    return along_both.reshape(patches.shape)


def edge_blurred(patches: torch.Tensor, sigma_px: Array) -> torch.Tensor:
    """Blur of edges alone: the noise within the phases stays.

    The four steps of Sardhara et al. 2022, section 2.2.2 (doi:10.3389/fmats.2022.837006): find edges, make a
    mask with its maximum there, blur the whole, blend by the mask. How edges are found is not stated there;
    here by the gradient of the blurred image, so that noise makes none.
    """
    smooth = blurred(patches, sigma_px)
    padded = functional.pad(smooth, (1, 1, 1, 1, 0, 0), mode="replicate")
    along_y = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    along_x = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    mask = along_y.square_().add_(along_x.square_()).sqrt_()
    greatest = mask.amax(dim=(2, 3, 4), keepdim=True).clamp_(min=1e-9)
    mask = mask.mul_(2 / greatest).clamp_(max=1.0)  # all of the blur from half the steepest edge on
    return torch.lerp(patches, smooth, mask)


def recoloured(patches: torch.Tensor, params: AugmentParams, rng: np.random.Generator) -> torch.Tensor:
    """Change contrast, brightness and bend of the grey scale per patch and channel, and flicker; in place."""
    count, channels, slices = patches.shape[:3]
    drawn = rng.uniform(-1, 1, (3, count, channels, 1, 1, 1))
    gain = 1 + params.contrast * drawn[0]
    shift = _CONTRAST * params.brightness * drawn[1]
    flicker = _CONTRAST * params.slice_gain * rng.uniform(-1, 1, (count, channels, slices, 1, 1))
    bend = params.gamma * drawn[2]
    if params.gamma:
        # t = (v + 1) / 2 becomes t + g t (1 - t): v becomes v + g (1 - v²) / 2; kept rising within the limit
        inside = patches.clamp(-LIMIT / 2, LIMIT / 2)
        patches = patches.add_((1 - inside.square_()).mul_(_tensor(bend / 2)))
    return patches.mul_(_tensor(gain)).add_(_tensor(shift + flicker))


def striped(patches: torch.Tensor, amount: Array, rng: np.random.Generator) -> torch.Tensor:
    """Change the signal by upright stripes, each slice by its own and by common ones; in place.

    The signal of pore is taken as half the contrast: stripes change solid three times as much.

    Parameters
    ----------
    patches : tensor of float32
        Normalised.
    amount : ndarray, shape (b,)
        Standard deviation of the relative change.
    rng : numpy.random.Generator
    """
    count, channels, slices, _, width = patches.shape
    reach = ceil(3 * _STRIPE_PX)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _STRIPE_PX) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    own = normal((count, channels, slices, width + 2 * reach), rng)
    common = normal((count, channels, 1, width + 2 * reach), rng)
    raw = ((own + common) / 2**0.5).reshape(-1, 1, width + 2 * reach)
    smooth = functional.conv1d(raw, torch.from_numpy(kernel.astype(np.float32))[None, None])
    profile = smooth.reshape(count, channels, slices, 1, width) * _tensor(amount[:, None, None, None, None])
    return patches.add_((patches + _CONTRAST).mul_(profile))


def noisy(patches: torch.Tensor, deviation: Array, rng: np.random.Generator) -> torch.Tensor:
    """Add Gaussian noise of a deviation (shares of the contrast) for each patch; in place."""
    added = normal(tuple(patches.shape), rng)
    return patches.add_(added.mul_(_tensor(_CONTRAST * deviation[:, None, None, None, None])))


def _tensor(values: Array) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.float32))
