"""Turns a picture round."""

import numpy as np
import torch

from gesso.core.pictures import Raster
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.core.work import Output
from gesso_negative.art import Looks, Negative


def generate(
    settings: Negative, *, seed: int, device: torch.device, model: str | None, progress: Progress
) -> list[Output]:
    """The negative, as many times as asked for."""
    raster = settings.picture.decode()
    x = torch.from_numpy(raster.rgb).to(device).permute(2, 0, 1) / 255
    for index, other in enumerate(settings.over):
        share = settings.share[index] if settings.share else 0.5
        colour = torch.from_numpy(other.decode().rgb).to(device).float().mean((0, 1)) / 255
        x = torch.lerp(x, colour[:, None, None], share)
    channels = 1 if settings.channel == "red" else 3
    turned = torch.cat([1 - x[:channels], x[channels:]])
    y = torch.lerp(x, turned, settings.amount)
    if settings.shift:
        y = y.roll(settings.shift, dims=2)
    if settings.mirror:
        y = y.flip(2)
    outputs: list[Output] = []
    progress.stage("turning", settings.copies)
    for copy in range(settings.copies):
        noise = torch.randn(y.shape, generator=generator(seed, "grain", copy)).to(device)
        pixels = ((y + settings.grain * noise).clamp(0, 1) * 255).round().byte().permute(1, 2, 0)
        turned_round = Raster(np.ascontiguousarray(pixels.cpu().numpy()), raster.alpha, raster.format)
        outputs.append(Output(turned_round))
        if len(outputs) < settings.copies:
            progress.preview(turned_round)
        progress.advance()
    return outputs


def looks(settings: Looks) -> list[dict[str, str | int]]:
    """Names to choose from."""
    return [{"look": "film", "year": 1888}, {"look": f"plate-{settings.channel}", "year": 1851}]
