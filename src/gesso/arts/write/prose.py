"""Writing on: a text token by token, from what a writer makes of those before."""

from collections.abc import Iterator, Sequence

import torch
from torch import Generator, Tensor

from gesso.arts.write.art import Write
from gesso.arts.write.build import Writer
from gesso.core.errors import GessoError
from gesso.networks import decoding
from gesso.networks.decoding import Rule

RECENT = 64
"""Tokens whose repetition may be held against a token."""


def taste(settings: Write, usual: float = 0.9) -> tuple[Rule, ...]:
    """How daring the choice is: temperature first, the `usual` one if none is asked for, then what is left out."""
    rules = [decoding.temperature(usual if settings.temperature is None else settings.temperature)]
    if settings.min_p:
        rules.append(decoding.min_p(settings.min_p))
    if settings.top_p < 1:
        rules.append(decoding.top_p(settings.top_p))
    return tuple(rules)


@torch.inference_mode()
def written_on(
    writer: Writer, begun: Tensor, rules: Sequence[Rule], sources: Sequence[Generator], repetition: float = 0.0
) -> Iterator[Tensor]:
    """The tokens (B,) that follow those of texts that are `begun` (B, T), one after the other, without end.

    A writer hears no more than its context: when that is full, it goes on from the last half.

    Args:
        rules: change the logits (B, V) of each choice.
        sources: what each text is drawn from.
        repetition: nats taken from a token for each time it stands among the last `RECENT`.
    """
    context = writer.configuration.context
    heard = begun[:, -(context // 2) :]
    new, memory = heard, writer.memory(len(begun), context)
    while True:
        logits = writer(new, memory=memory)[:, -1].float()
        if repetition:
            logits = decoding.repeated_less(heard[:, -RECENT:], repetition)(logits)
        logits[:, 0] = -torch.inf  # what was never learned is never written
        chosen = decoding.choose(decoding.ruled(logits, rules), decoding.chances(sources))
        yield chosen
        heard = torch.cat([heard, chosen[:, None]], 1)
        new = chosen[:, None]
        if memory.read.shape[1] == context:
            heard = heard[:, -(context // 2) :]
            new, memory = heard, writer.memory(len(begun), context)


def texts(writer: Writer, settings: Write, sources: Sequence[Generator]) -> Iterator[list[str]]:
    """The texts that `settings` ask for, side by side, longer each time by what was written since.

    They begin as is asked for and end with a whole line or sentence where one ends soon.

    Raises GessoError when nothing of the beginning is known to the writer.
    """
    tokens = writer.configuration.tokens
    known = [token for token in tokens.encode(settings.begin or "\n") if token]
    if not known and settings.begin:
        raise GessoError(f"--begin: no character of {settings.begin!r} is known to this writer; begin otherwise")
    known = known or [tokens.numbers.get(" ", 1)]  # a text of a single line
    device = writer.embedding.weight.device
    begun = torch.tensor([known] * len(sources), device=device)
    found = [settings.begin or ""] * len(sources)
    ended = [False] * len(sources)
    for chosen in written_on(writer, begun, taste(settings), sources, settings.repetition):
        for row, token in enumerate(chosen.tolist()):
            if not ended[row]:
                found[row] += tokens.symbols[token]
                ended[row] = is_long_enough(found[row], settings.length)
        yield found
        if all(ended):
            return


def is_long_enough(text: str, length: int) -> bool:
    """Whether a sentence or line ends after `length` characters, or a fifth more are there."""
    return len(text) >= length and (text.rstrip("\"'”’」)）")[-1:] in tuple(".!?\n。！？") or len(text) >= 1.2 * length)
