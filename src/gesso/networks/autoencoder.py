"""Pictures to short codes and back: a plain autoencoder and a variational one (Kingma and Welling 2014)."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gesso.core.errors import GessoError
from gesso.networks.features import initialise
from gesso.networks.residual import GroupNorm


class Encoder(nn.Module):
    """Convolutions at half and quarter resolution, then a linear map to the code."""

    def __init__(self, channels: int, size: tuple[int, int], widths: tuple[int, int], code: int):
        super().__init__()
        half, quarter = widths
        self.shape = (channels, *size)
        self.to_half = nn.Conv2d(channels, half, 3, stride=2, padding=1)
        self.to_quarter = nn.Conv2d(half, quarter, 3, stride=2, padding=1)
        self.at_quarter = nn.Conv2d(quarter, quarter, 3, padding=1)
        self.norms = nn.ModuleList(GroupNorm(width) for width in (half, quarter, quarter))
        self.to_code = nn.Linear(quarter * (size[0] // 4) * (size[1] // 4), code)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W) in [0, 1] -> (B, code)."""
        if x.shape[1:] != self.shape:
            raise GessoError(f"pictures of {_sizes(x.shape[1:])} given to an autoencoder of {_sizes(self.shape)}")
        x = x * 2 - 1
        for norm, convolution in zip(self.norms, (self.to_half, self.to_quarter, self.at_quarter), strict=True):
            x = F.silu(norm(convolution(x)))
        return self.to_code(x.flatten(1))  # from (B, quarter, H/4, W/4)


class Decoder(nn.Module):
    """A linear map from the code, then convolutions at quarter, half and full resolution.

    Pictures are enlarged by repeating pixels and convolved afterwards: a transposed convolution leaves a checkerboard
    (Odena et al. 2016).
    """

    def __init__(self, channels: int, size: tuple[int, int], widths: tuple[int, int], code: int):
        super().__init__()
        half, quarter = widths
        self.coarse = (quarter, size[0] // 4, size[1] // 4)
        self.from_code = nn.Linear(code, quarter * self.coarse[1] * self.coarse[2])
        self.at_quarter = nn.Conv2d(quarter, quarter, 3, padding=1)
        self.at_half = nn.Conv2d(quarter, half, 3, padding=1)
        self.norms = nn.ModuleList(GroupNorm(width) for width in (quarter, quarter, half))
        self.to_pixels = nn.Conv2d(half, channels, 3, padding=1)

    def forward(self, code: Tensor) -> Tensor:
        """Codes (B, code) -> logits (B, C, H, W); their sigmoid is the picture."""
        x = self.from_code(code).unflatten(1, self.coarse)  # (B, quarter, H/4, W/4)
        x = self.at_quarter(F.silu(self.norms[0](x)))
        x = self.at_half(doubled(F.silu(self.norms[1](x))))  # (B, half, H/2, W/2)
        return self.to_pixels(doubled(F.silu(self.norms[2](x))))  # (B, C, H, W)


class Autoencoder(nn.Module):
    """A picture to `code` numbers and back (Hinton and Salakhutdinov 2006).

    `size` is the pictures' height and width, `widths` the channels at half and at quarter resolution.

    Raises GessoError when a side is not a multiple of 4.
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        size: tuple[int, int] = (28, 28),
        widths: tuple[int, int] = (32, 64),
        code: int = 32,
    ):
        super().__init__()
        _check(size)
        self.encoder = Encoder(channels, size, widths, code)
        self.decoder = Decoder(channels, size, widths, code)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        _initialise(self, generator)

    def encode(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W) in [0, 1] -> codes (B, code)."""
        return self.encoder(x)

    def decode(self, code: Tensor) -> Tensor:
        """Codes (B, code) -> pictures (B, C, H, W) in [0, 1]."""
        return self.decoder(code).sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Pictures x (B, C, H, W) in [0, 1] -> logits (B, C, H, W) of the reconstruction; their sigmoid is it."""
        return self.decoder(self.encoder(x))


class VariationalAutoencoder(nn.Module):
    """A picture to a normal distribution over `code` numbers, and from a draw of it back (Kingma and Welling 2014).

    Trained with reconstruction + `kl`, its codes are spread as a standard normal, so that `decode` makes pictures of
    standard normal numbers. `size` and `widths` are as for `Autoencoder`.
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        size: tuple[int, int] = (28, 28),
        widths: tuple[int, int] = (32, 64),
        code: int = 16,
    ):
        super().__init__()
        _check(size)
        self.encoder = Encoder(channels, size, widths, 2 * code)
        self.decoder = Decoder(channels, size, widths, code)

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`; every picture begins near the standard normal."""
        _initialise(self, generator)
        with torch.no_grad():
            self.encoder.to_code.weight.mul_(0.1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures x (B, C, H, W) in [0, 1] -> mean and log-variance of their codes, (B, code) each."""
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        return mean, logvar

    def decode(self, code: Tensor) -> Tensor:
        """Codes (B, code) -> pictures (B, C, H, W) in [0, 1]."""
        return self.decoder(code).sigmoid()

    def forward(self, x: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures x (B, C, H, W) in [0, 1] -> logits (B, C, H, W) of the reconstruction, mean, log-variance.

        The code is drawn with `generator`; without one it is the mean.
        """
        mean, logvar = self.encode(x)
        code = mean if generator is None else drawn(mean, logvar, generator)
        return self.decoder(code), mean, logvar


def drawn(mean: Tensor, logvar: Tensor, generator: Generator) -> Tensor:
    """A draw of the normal distribution with this mean and log-variance, (B, code) each, that gradients pass through.

    The reparameterisation z = mean + deviation * noise (Kingma and Welling 2014, section 2.4).
    """
    noise = torch.randn(mean.shape, generator=generator, device=generator.device)
    return mean + (logvar / 2).exp() * noise.to(mean.device, mean.dtype)


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """Divergence of the normal (mean, logvar), (B, code) each, from the standard normal: (B,) in nats.

    The sum over the code of (mean^2 + variance - 1 - log variance) / 2 (Kingma and Welling 2014, appendix B).
    """
    return (mean.square() + logvar.exp() - 1 - logvar).sum(1) / 2


def doubled(x: Tensor) -> Tensor:
    """x (B, C, H, W) at twice the resolution, every pixel repeated."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def _initialise(model: nn.Module, generator: Generator) -> None:
    initialise(model, generator)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5, generator=generator)
            nn.init.zeros_(module.bias)
        elif isinstance(module, GroupNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)


def _check(size: tuple[int, int]) -> None:
    if any(side < 4 or side % 4 for side in size):
        raise GessoError(f"pictures of {_sizes(size)} cannot be halved twice: give sides that are multiples of 4")


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
