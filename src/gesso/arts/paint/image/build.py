"""The painter: a U-Net that is told the time, the length of the step, the guidance, the words and the augmentation."""

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict
from torch import Generator, Tensor, nn

from gesso.arts.paint.image.novelty import SIDE
from gesso.core import weights
from gesso.core.declaration import nearest
from gesso.core.errors import GessoError
from gesso.core.suffixes import PICTURES
from gesso.networks.unet import Fourier, UNet

CONDITION = 256
MOST_WORDS = 16
IDLE = {"a", "an", "and", "of", "or", "the", "with", "in", "on", "for", "to"}  # words that say nothing of a picture
SHOWN = 20  # words that are named where one is not known
AUGMENTED = 6
"""Numbers that say how a training picture was changed: see `augment`."""
STRONGEST = 8.0
"""The guidance that counts as 1 for the network."""


class Configuration(BaseModel):
    """All that has to be known to build a painter before its weights are loaded.

    Attributes:
        channels: 1 for ink, 3 for RGB, 4 for RGB laid on white and alpha.
        words: what it can be told, a row of its embedding each.
        titles: what the pictures are called that it has learned from, in its words.
        colors: of its words those that any of its pictures may be told besides.
        layout: whether what it is told reaches it as a small sketch of the picture too.
        shortened: whether it has learned to leap.
        guidance: how closely it follows words in leaps if it is not told.
        flow_guidance: the same in steps of the flow itself.
        learned: how many pictures it keeps, small, to paint others; 0 if it learned from many.
        apart: how far pictures that were held out lie from the nearest of these, a root mean square.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: int
    size: int
    widths: tuple[int, ...]
    blocks: int
    patch: int
    words: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    layout: bool = False
    shortened: bool = False
    guidance: float = 2.0
    flow_guidance: float = 2.0
    learned: int = 0
    apart: float = 0.0


class Painter(nn.Module):
    """Noisy pictures, and what is known of them, to velocities.

    Pictures are in [-1, 1]. At time t, from 0 to 1, x_t = (1 - t) noise + t picture (Liu et al. 2023).
    """

    def __init__(self, configuration: Configuration):
        super().__init__()
        self.configuration = c = configuration
        self.network = UNet(
            channels=c.channels,
            widths=c.widths,
            blocks=c.blocks,
            patch=c.patch,
            condition=CONDITION,
            size=c.size if c.layout else None,
        )
        self.learned: Tensor | None
        self.register_buffer("learned", torch.zeros(c.learned, c.channels * SIDE**2) if c.learned else None)
        self.fourier = Fourier(32)
        self.words = nn.Embedding(len(c.words) + 1, CONDITION, padding_idx=0)  # row 0 stands for no word
        self.embed = nn.Sequential(
            nn.Linear(3 * 32 + CONDITION + AUGMENTED + 1, CONDITION),
            nn.SiLU(),
            nn.Linear(CONDITION, CONDITION),
            nn.SiLU(),
        )

    def initialise(self, generator: Generator) -> None:
        """Draw fresh weights from `generator`."""
        self.network.initialise(generator)
        nn.init.normal_(self.words.weight, std=1.0, generator=generator)
        with torch.no_grad():
            self.words.weight[0].zero_()
        for layer in self.embed:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=layer.in_features**-0.5, generator=generator)
                nn.init.zeros_(layer.bias)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        words: Tensor,
        *,
        leap: Tensor | None = None,
        guidance: Tensor | None = None,
        augmented: Tensor | None = None,
    ) -> Tensor:
        """The mean velocity of x from time t to t + leap: what, times leap, leads from x_t to x_{t + leap}.

        The network says where the picture is (Li and He 2025), which lies on what pictures there are as noise does not.

        Args:
            x: (B, C, S, S), at the times t (B,).
            words: (B, L), numbers of words, 0 for none.
            leap: (B,); 0, the velocity at this moment, if not given.
            guidance: (B,), that which is in the velocity already; 1, none, if not given.
            augmented: (B, AUGMENTED), how the pictures were changed; not at all if not given.
        """
        leap = torch.zeros_like(t) if leap is None else leap
        guidance = torch.ones_like(t) if guidance is None else guidance
        augmented = t.new_zeros(len(t), AUGMENTED) if augmented is None else augmented
        known = (words > 0).float()  # (B, L)
        said = self.words(words).sum(1) / known.sum(1, keepdim=True).clamp(min=1).sqrt()  # (B, E)
        numbers = [self.fourier(number) for number in (t, leap, (guidance - 1) / (STRONGEST - 1))]
        e = self.embed(torch.cat([*numbers, said, known[:, :1], augmented], 1))
        picture = self.network(self._padded(x), e)[..., : x.shape[2], : x.shape[3]].float()
        return (picture - x) / (1 - t).clamp(min=1e-3)[:, None, None, None]

    def _padded(self, x: Tensor) -> Tensor:
        """x (B, C, S, S) with each side brought to a multiple of what the network halves, by mirroring if it can."""
        right = -x.shape[3] % self.network.multiple
        return F.pad(x, (0, right, 0, right), mode="reflect" if right < x.shape[3] else "replicate") if right else x


def numbered(texts: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> Tensor:
    """Lists of words as numbers (N, L), 0 for what is missing or not in the vocabulary."""
    number = {word: place for place, word in enumerate(vocabulary, 1)}
    rows = [[number[word] for word in text if word in number][:MOST_WORDS] for text in texts]
    longest = max((len(row) for row in rows), default=0)
    return torch.tensor([row + [0] * (max(1, longest) - len(row)) for row in rows])


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text that say something of a picture, in small letters, each once: letters, digits and dashes.

    Idle ones count where there are no others, so that classes may be called a and b.
    """
    found = dict.fromkeys(re.findall(r"\w+(?:['-]\w+)*", text.lower()))
    return tuple(word for word in found if word not in IDLE) or tuple(found)


def understood(text: str | None, configuration: Configuration, name: str) -> Tensor:
    """What `text` says to the model called `name`, (1, L).

    Raises GessoError for a word that the model does not know, and for a text that has no words.
    """
    said = words_in(text or "")
    if text is not None and not said:
        raise GessoError(f"{text!r} has no words that name a picture: say it in words, such as 'grinning face'")
    known = set(configuration.words)
    parts = ([word] if word in known or not known.issuperset(word.split("'")) else word.split("'") for word in said)
    said = tuple(chain.from_iterable(parts))  # what was learned as "women s" is asked for as women's
    for word in said:
        if word not in configuration.words:
            known = configuration.words
            if not known:
                raise GessoError(f"{name} knows no words: leave {text!r} out")
            if Path(text or "").suffix.lower() in PICTURES:
                raise GessoError(f"{text} is a picture, and words are wanted: --like {text} varies it")
            raise GessoError(f"{name} does not know the word {word!r}{nearest(word, known)}; it knows {_some(known)}")
    return numbered([said], configuration.words)


def _some(words: Sequence[str]) -> str:
    """The words, or of many a few from the whole alphabet, and how many more there are."""
    shown = words[:: -(-len(words) // SHOWN)]
    return ", ".join(shown) + (f" and {len(words) - len(shown)} more" if len(shown) < len(words) else "")


def build(configuration: Configuration) -> Painter:
    """A painter with the weights PyTorch gives it; `Painter.initialise` or a checkpoint sets them."""
    model = Painter(configuration)
    return model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch


@weights.until_changed(4)
def load_painter(path: Path, device: torch.device) -> Painter:
    """The painter whose weights are in `path`, ready to use.

    Raises GessoError when they are no painter's, or do not fit their configuration.
    """
    return weights.load_network(path, "paint/image", lambda said: build(Configuration(**said)), device)
