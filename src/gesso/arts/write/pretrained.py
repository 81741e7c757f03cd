"""A causal language model of transformers, which is installed with gesso[hub]."""

import functools
import inspect
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from gesso.arts.write.hub import Hosted
from gesso.core.errors import GessoError

MOST_HEARD = 2048
"""Tokens that a model hears at most, so that there is room for what it remembers of many texts side by side."""

_SPACES = (" ", "Ġ", "▁")
"""How tokenizers spell a space: as it is, among bytes, and as SentencePiece does."""

_NAMES_OF_THE_PAST = ("cache", "past_key_values", "cache_params")
"""As releases of transformers and its networks differ."""

_BETWEEN_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) | (?=[\u3000-\u9fff\uff00-\uffef])")


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A causal language model that is ready to write.

    Attributes:
        network, tokenizer: those of transformers.
        context: tokens that it hears at most.
        ends: which tokens end a text (V,).
        writable: which tokens may stand in a text (V,).
        spacing: which tokens begin with a space (V,).
    """

    network: Any
    tokenizer: Any
    context: int
    ends: Tensor
    writable: Tensor
    spacing: Tensor

    @cached_property
    def _parameters(self) -> frozenset[str]:
        return frozenset(inspect.signature(self.network.forward).parameters)

    @cached_property
    def _past(self) -> str | None:
        """What the network calls its memory of tokens that it was given; None for one that has no memory."""
        return next((name for name in _NAMES_OF_THE_PAST if name in self._parameters), None)

    @cached_property
    def _spaced(self) -> bool:
        """Whether the tokenizer puts a space between Chinese characters that had none."""
        return " " in self._said(self.tokenizer("春江", add_special_tokens=False).input_ids)

    def _said(self, tokens: Sequence[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """What each token says by itself, with the spaces before it; "" for one that may not stand in a text."""
        raw = self.tokenizer.convert_ids_to_tokens(range(min(len(self.tokenizer), len(self.writable))))
        found = [""] * len(self.writable)
        for token, piece in enumerate(raw):
            if piece and self.writable[token]:
                spaces = len(piece) - len(piece.lstrip("".join(_SPACES)))  # which decoding may leave out
                found[token] = " " * spaces + self._said([token]).lstrip(" ")
        return tuple(found)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, without those that stand for no text."""
        text = self._said(tokens)
        return _BETWEEN_CHINESE.sub("", text) if self._spaced else text

    def encode(self, text: str, option: str = "--begin") -> list[int]:
        """The tokens of a text to be written on, after the one by which this model knows a beginning, if it has one.

        Args:
            option: what gave the text.

        Raises GessoError when nothing of it is known.
        """
        t = self.tokenizer
        special = set(t.all_special_ids)
        found: list[int] = t(text, verbose=False).input_ids
        while found and found[-1] in special:  # such as the end of a text, which this is not
            found.pop()
        if text and not set(found) - special:
            raise GessoError(f"{option}: no character of {text.strip()!r} is known to this model; say it otherwise")
        starts = (t.bos_token_id, t.cls_token_id, t.eos_token_id)
        return found or [next((start for start in starts if start is not None), 0)]

    def forward(self, tokens: Tensor, past: Any = None) -> tuple[Tensor, Any]:
        """Tokens (B, T) after those that are in `past` -> logits (B, V) of the next, and the past with them."""
        few: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in self._parameters else {}
        if self._past is None:
            return self.network(input_ids=tokens, **few).logits[:, -1].float(), None
        out = self.network(input_ids=tokens, use_cache=True, **{self._past: past}, **few)
        return out.logits[:, -1].float(), getattr(out, self._past, None)


@functools.lru_cache(maxsize=1)
def load(hosted: Hosted, device: torch.device) -> Pretrained:
    """The model, on `device`; on a CPU in single precision, else in that of its weights.

    Raises GessoError when it is no causal language model, needs code of its own, or its weights do not fit.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer  # pyright: ignore[reportMissingImports]

    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    precision = torch.float32 if device.type == "cpu" else "auto"
    _ = hosted.files  # so that what is missing is told in our words
    try:
        with _silence():
            tokenizer = AutoTokenizer.from_pretrained(hosted.folder, **here)
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                hosted.folder, use_safetensors=True, dtype=precision, output_loading_info=True, **here
            )
            network, told = loaded
    except Exception as error:  # whatever that library raises for what it does not know or cannot read
        said = " ".join(str(error).split())
        if "trust_remote_code" in said:
            said = "it needs code of its own, which is never run"
        raise GessoError(f"{hosted.name} cannot be opened: {said[:300]}") from error
    if told["missing_keys"]:
        raise GessoError(f"{hosted.name} has no weights for {min(told['missing_keys'])}: it is no model that writes on")
    shape = network.config.get_text_config()
    context = min(getattr(shape, "max_position_embeddings", None) or MOST_HEARD, MOST_HEARD)
    ends, writable, spacing = torch.zeros(3, shape.vocab_size, dtype=torch.bool)
    writable[: len(tokenizer)] = True  # there may be rows that stand for nothing
    pieces = tokenizer.convert_ids_to_tokens(range(min(len(tokenizer), shape.vocab_size)))
    spacing[: len(pieces)] = torch.tensor([(piece or "").startswith(_SPACES) for piece in pieces])
    for kind, tokens, value in ((writable, tokenizer.all_special_ids, False), (ends, _ends(network, tokenizer), True)):
        kind[[token for token in tokens if token < shape.vocab_size]] = value
    network = network.eval().requires_grad_(False).to(device)
    writable &= ~ends
    return Pretrained(
        network, tokenizer, context, ends.to(device), writable.to(device), (writable & spacing).to(device)
    )


def _ends(network: Any, tokenizer: Any) -> list[int]:
    """The tokens that end a text: those that the model names, and those of its tokenizer."""
    said = getattr(network.generation_config, "eos_token_id", None)
    named = [*(said if isinstance(said, list) else [said]), tokenizer.eos_token_id, tokenizer.sep_token_id]
    return sorted({token for token in named if token is not None})


@contextmanager
def _silence() -> Iterator[None]:
    """Within it transformers shows no bars and says nothing but errors."""
    from transformers.utils import logging  # pyright: ignore[reportMissingImports]

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
