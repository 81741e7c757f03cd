"""Writing on with a causal language model of transformers: token by token, several texts side by side."""

import re
from collections.abc import Iterator, Sequence

import torch
from torch import Generator, Tensor

from gesso.arts.write.art import Write
from gesso.arts.write.pretrained import Pretrained
from gesso.arts.write.prose import RECENT, is_long_enough, taste
from gesso.networks import decoding

_HALF = "\ufffd"
"""What the bytes of a character that is not yet whole are read as."""


class Hearing:
    """What a model has heard of texts that are written side by side, and what it foresees.

    When its context is full it goes on from the last half, after the token that begins a text.

    Attributes:
        heard: the tokens (B, T).
    """

    def __init__(self, model: Pretrained, begun: Sequence[int], batch: int):
        self._model = model
        self._head = [token for token in begun[:1] if not model.writable[token]]
        self.heard = torch.tensor([begun], device=model.writable.device).expand(batch, -1)
        self._read, self._past = 0, None  # tokens that are in the past
        if len(begun) >= model.context:
            self._forget()

    def foresee(self) -> Tensor:
        """The logits (B, V) of the next token."""
        logits, self._past = self._model.forward(self.heard[:, self._read :], self._past)
        self._read = 0 if self._past is None else self.heard.shape[1]
        return logits

    def hear(self, chosen: Tensor) -> None:
        """Add the tokens (B,) that were written."""
        if self.heard.shape[1] >= self._model.context:
            self._forget()
        self.heard = torch.cat([self.heard, chosen[:, None]], 1)

    def _forget(self) -> None:
        head = self.heard[:, : len(self._head)]
        self.heard = torch.cat([head, self.heard[:, -(self._model.context // 2) :]], 1)
        self._read, self._past = 0, None


class Reading:
    """A text that grows by what its tokens say, where a character may be several tokens."""

    def __init__(self, model: Pretrained, begun: Sequence[int]):
        self._model = model
        self._tokens, self._waiting = list(begun), 0
        self._settle()

    def read(self, token: int) -> str:
        """What the text is longer by: nothing while a character is not whole."""
        self._tokens.append(token)
        self._waiting += 1
        text = self._model.decode(self._tokens)
        if text.endswith(_HALF) and self._waiting < 4:  # no character of UTF-8 has more bytes
            return ""
        new = text[len(self._known) :]
        self._settle()
        return new.replace(_HALF, "")

    def _settle(self) -> None:
        # A token is spelt with or without a space by what stands before it, so a few are kept.
        self._tokens, self._waiting = self._tokens[-8:], 0
        self._known = self._model.decode(self._tokens)


@torch.inference_mode()
def texts(model: Pretrained, settings: Write, sources: Sequence[Generator]) -> Iterator[list[str]]:
    """The texts that `settings` ask for, side by side, longer each time by what was written since.

    They begin as is asked for and end where the model ends them, or where a sentence ends soon after the length that
    is asked for.

    Args:
        sources: what each text is drawn from.

    Raises GessoError when nothing of the beginning is known to the model.
    """
    begin = settings.begin or ""
    # Most tokens bring the space before them: a space that is given is left to the first that is written.
    spaced = bool(re.search(r"\S $", begin)) and bool(model.spacing.any())
    begun = model.encode(begin[:-1] if spaced else begin)
    hearing = Hearing(model, begun, len(sources))
    readings = [Reading(model, begun) for _ in sources]
    found, ended = [begin[:-1] if spaced else begin] * len(sources), [False] * len(sources)
    rules = taste(settings)
    for step in range(4 * settings.length + 64):  # a token may say nothing, and a model nothing else
        logits = hearing.foresee()
        if settings.repetition:
            logits = decoding.repeated_less(hearing.heard[:, -RECENT:], settings.repetition)(logits)
        may_end = torch.tensor([bool(text[len(begin) :].strip()) for text in found], device=logits.device)
        allowed = (model.ends & may_end[:, None]) | (model.spacing if spaced and not step else model.writable)
        within = decoding.only(allowed)(logits)
        chosen = decoding.choose(decoding.ruled(within, rules), decoding.chances(sources))
        for row, token in enumerate(chosen.tolist()):
            if not ended[row]:
                ended[row] = bool(model.ends[token])
                found[row] += "" if ended[row] else readings[row].read(token)
                ended[row] = ended[row] or is_long_enough(found[row], settings.length)
        yield found
        if all(ended):
            return
        hearing.hear(chosen)
