"""With whose eyes paintings are compared: those of the recogniser that knows the data, or the perceptual network's."""

import torch
import torch.nn.functional as F
from torch import Tensor

from gesso.core import weights
from gesso.networks import feature_models
from gesso.networks.features import moments
from gesso.networks.residual import Residual

RECOGNISERS = {"mnist": "digits", "fashion-mnist": "garments", "openmoji": "emoji"}
LAYERS = ("conv31", "conv41", "conv51")
SIDE = 96  # pixels at which the perceptual network looks
CHUNK = 250


class Judge:
    """Features of pictures, and their classes where a recogniser knows them.

    Attributes:
        name: whose eyes they are; the perceptual network's for data, or None, that no recogniser knows.
    """

    def __init__(self, data: str | None, device: torch.device):
        self.device = device
        self.recogniser: Residual | None = None
        if data not in RECOGNISERS:
            self.name, self.perceptual = "features", feature_models.load("gesso", device)
            return
        model = weights.find("gesso.arts.recognize", RECOGNISERS[data])
        self.name, c, tensors = model.name, model.configuration["network"], model.tensors()
        self.size, self.mean, self.deviation = c["size"], tensors["mean"].to(device), tensors["deviation"].to(device)
        network = Residual(channels=c["channels"], widths=c["widths"], blocks=c["blocks"], classes=len(c["classes"]))
        network.load_state_dict(
            {name.removeprefix("network."): x for name, x in tensors.items() if name.startswith("network.")}
        )
        self.recogniser = network.eval().requires_grad_(False).to(device)

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Pictures x (N, C, S, S) in [-1, 1], of four channels without the last -> (N, D)."""
        return torch.cat([self._seen(part.to(self.device)).cpu() for part in x[:, :3].split(CHUNK)])

    @torch.no_grad()
    def classes(self, features: Tensor) -> Tensor:
        """What the recogniser takes the pictures for that have these features (N, D): (N,)."""
        assert self.recogniser is not None
        return self.recogniser.head(features.to(self.device)).argmax(1).cpu()

    def _seen(self, x: Tensor) -> Tensor:
        x = (x.clamp(-1, 1) + 1) / 2
        if self.recogniser is not None:
            if x.shape[3] != self.size:
                x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
            return self.recogniser.features((x - self.mean) / self.deviation)
        x = F.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)
        maps = self.perceptual(x.expand(-1, 3, -1, -1), LAYERS).values()
        return torch.cat([moment for each in maps for moment in moments(each)], 1).sqrt()
