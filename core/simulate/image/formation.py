"""How the expected signal becomes grey values: dose, detector, grey scale, and the recipe of article I."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from core.params import Params, param

ELEMENTARY_CHARGE_C = 1.602176634e-19


class ImageFormation(Params):
    """From expected signal to file. As it stands nothing is added: the simulated electrons are the dose."""

    noise: Literal["as-simulated", "dose", "article"] = param(
        "as-simulated",
        label="Noise",
        description="Nothing beyond the sampling noise of the simulated electrons; what is missing to the "
        "noise of the real dose; or Poisson and Gaussian noise added to the image as in article I",
        choices={
            "as-simulated": "of the simulated electrons",
            "dose": "of current and dwell time",
            "article": "recipe of the article",
        },
    )
    current_pa: float = param(
        50.0,
        label="Beam current",
        description="Current of the beam",
        unit="pA",
        ge=0.001,
        le=1e6,
        step=10,
        visible_when={"noise": ["dose"]},
    )
    dwell_us: float = param(
        30.0,
        label="Dwell time",
        description="Time the beam rests on a pixel, in one frame",
        unit="µs",
        ge=0.001,
        le=1e6,
        step=1,
        visible_when={"noise": ["dose"]},
    )
    frames: int = param(
        1,
        label="Frames averaged",
        description="Frames (or line scans) averaged: multiplies the dose, and lowers the variance of the "
        "detector noise",
        ge=1,
        le=1024,
    )
    detector_noise_percent: float = param(
        0.0,
        label="Detector noise",
        description="Standard deviation of the Gaussian noise of the detector in one frame, of the full "
        "grey range",
        unit="%",
        ge=0,
        le=100,
        step=0.5,
    )
    bits: Literal[8, 16] = param(
        8, label="Depth", description="Bits per pixel", choices={8: "8 bit", 16: "16 bit"}
    )
    scale: Literal["per-channel", "shared", "fixed"] = param(
        "per-channel",
        label="Grey scale",
        description="Signals that become black and white, always the same for all slices: chosen for each "
        "voltage, one for all voltages, or as given",
        choices={
            "per-channel": "chosen for each voltage",
            "shared": "chosen, the same for all voltages",
            "fixed": "as given",
        },
    )
    low_percentile: float = param(
        0.1,
        label="Dark percentile",
        description="Share of the signal that lies below the dark end of a chosen scale",
        unit="%",
        ge=0,
        le=49,
        advanced=True,
        visible_when={"scale": ["per-channel", "shared"]},
    )
    high_percentile: float = param(
        99.9,
        label="Bright percentile",
        description="Share of the signal that lies below the bright end of a chosen scale",
        unit="%",
        ge=51,
        le=100,
        advanced=True,
        visible_when={"scale": ["per-channel", "shared"]},
    )
    headroom_percent: float = param(
        10.0,
        label="Headroom",
        description="Part of the grey range kept free beyond either end of a chosen scale, for noise",
        unit="%",
        ge=0,
        le=40,
        advanced=True,
        visible_when={"scale": ["per-channel", "shared"]},
    )
    black_signal: float = param(
        0.0,
        label="Black",
        description="Signal per beam electron that becomes grey 0",
        ge=-10,
        le=100,
        decimals=4,
        step=0.01,
        visible_when={"scale": ["fixed"]},
    )
    white_signal: float = param(
        0.6,
        label="White",
        description="Signal per beam electron that becomes the highest grey",
        ge=-10,
        le=100,
        decimals=4,
        step=0.01,
        visible_when={"scale": ["fixed"]},
    )
    edge_blur_px: float = param(
        0.0,
        label="Edge blur",
        description="Standard deviation of a blur that acts at edges only (article I, four steps); 0 is off",
        unit="px",
        ge=0,
        le=50,
        step=0.5,
    )
    edge_reach_px: float = param(
        4.0,
        label="Reach of edge blur",
        description="Distance from an edge at which its blur has faded to nothing",
        unit="px",
        gt=0,
        le=200,
        step=0.5,
        advanced=True,
    )
    edges_from: Literal["labels", "image"] = param(
        "labels",
        label="Edges from",
        description="Where edges are sought: where the material at the face changes, or in the image (Canny)",
        choices={"labels": "the true materials", "image": "the image"},
        advanced=True,
    )
    edge_blur_when: Literal["before-noise", "after-noise"] = param(
        "before-noise",
        label="Edge blur acts",
        description="Before noise is added (a wider beam), or on the noisy image",
        choices={"before-noise": "before noise", "after-noise": "after noise"},
        advanced=True,
    )
    article_peak: float = param(
        255.0,
        label="Poisson counts at white",
        description="Counts that the highest grey stands for when the recipe of the article adds Poisson "
        "noise; the article does not state it",
        gt=0,
        le=1e9,
        advanced=True,
        visible_when={"noise": ["article"]},
    )
    article_variance: float = param(
        0.001,
        label="Gaussian variance",
        description="Variance of the Gaussian noise on a grey range of 0 to 1",
        ge=0,
        le=1,
        step=0.001,
        decimals=5,
        visible_when={"noise": ["article"]},
    )
    article_renormalise: bool = param(
        True,
        label="Renormalise",
        description="Stretch each noisy image to the whole grey range, as the article does; grey is then no "
        "longer comparable between slices",
        visible_when={"noise": ["article"]},
    )

    @model_validator(mode="after")
    def _white_is_brighter(self) -> ImageFormation:
        if self.white_signal <= self.black_signal:
            raise ValueError("white_signal: has to be above black_signal")
        return self

    @property
    def dose_electrons(self) -> float:
        """Mean number of beam electrons per pixel: current times dwell time times frames."""
        charge_c = self.current_pa * 1e-12 * self.dwell_us * 1e-6
        return charge_c / ELEMENTARY_CHARGE_C * self.frames
