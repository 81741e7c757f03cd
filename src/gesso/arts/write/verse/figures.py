"""How well a writer foresees poems, and how well its own keep their form beside those of people."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gesso.arts.write.art import VERSE, Write
from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import CHUNK, Told, sequence, stacked
from gesso.arts.write.tokens import Tokens
from gesso.arts.write.verse.check import judged, shares
from gesso.arts.write.verse.forms import FORMS, Form, Scheme
from gesso.arts.write.verse.generate import pen_of, written
from gesso.arts.write.verse.lexicon import Book, Lexicon
from gesso.arts.write.verse.poems import Poem
from gesso.arts.write.verse.rules import Rules, Wish
from gesso.core.declaration import check


def form_kept(poems: Sequence[tuple[tuple[str, ...], str]], book: Book, prefix: str = "") -> dict[str, float]:
    """The shares of poems (lines, form) that rhyme and that are regular, and of lines whose tones alternate."""
    shaped = [(lines, FORMS[form]) for lines, form in poems]
    rhymed, alternating = shares(shaped, book)
    found = {f"{prefix}rhymed": rhymed, f"{prefix}alternating": alternating}
    for name in VERSE:
        same = [lines for lines, form in poems if form == name]
        if same:
            found[f"{prefix}regular_{name}"] = sum(judged(lines, FORMS[name], book).regular for lines in same) / len(
                same
            )
    return found


def own_poems(writer: Writer, lexicon: Lexicon, count: int) -> list[tuple[tuple[str, ...], str]]:
    """So many poems of each form, each with the name of its form, by the settings that a command has."""
    found: list[tuple[tuple[str, ...], str]] = []
    for name in VERSE:
        wish = check(Write, {"form": name})
        pen = pen_of(writer, lexicon, wish, FORMS[name])
        found += [(lines, name) for lines in written(pen, lexicon, wish, FORMS[name], 0, range(count))]
    return found


@torch.no_grad()
def under_rules(writer: Writer, poems: Sequence[Poem], book: Book, device: torch.device) -> tuple[float, float, int]:
    """-log p of poems that keep to their form, free and among what the rules allow, in nats, and their characters.

    Poems count that are regular, have no character twice, and none that the writer does not know.
    """
    tokens = writer.configuration.tokens
    free, bound, count = 0.0, 0.0, 0
    for name, form in FORMS.items():
        found = [(poem, judged(poem.lines, form, book)) for poem in poems if poem.form == name]
        kept = [
            (poem, judgement.scheme)
            for poem, judgement in found
            if judgement.regular and len(set("".join(poem.lines)) & tokens.numbers.keys()) == form.size
        ]
        for at in range(0, len(kept), CHUNK):
            part = kept[at : at + CHUNK]
            batch = stacked([sequence(poem.lines, name, Told(), tokens) for poem, _ in part])
            body = batch.tokens[:, 1:]  # without a title
            logits = writer(batch.tokens[:, :-1].to(device), batch.where.to(device)).float().cpu()
            allowed = _allowed(body, form, [scheme for _, scheme in part], book, tokens)
            within = allowed.gather(2, body[..., None]).squeeze(2).all(1)  # a rhyme group may be too small
            for mask in (None, allowed):
                shown = logits if mask is None else logits.masked_fill(~mask, -torch.inf)
                nats = -shown.log_softmax(2).gather(2, body[..., None])[within].double().sum()
                free, bound = (free + float(nats), bound) if mask is None else (free, bound + float(nats))
            count += int(within.sum()) * form.size
    return free, bound, count


def _allowed(body: Tensor, form: Form, schemes: Sequence[Scheme], book: Book, tokens: Tokens) -> Tensor:
    """What the rules allow at each place of poems (B, N), after the characters before it: (B, N, V)."""
    rules = Rules(Wish(form), book, tokens, schemes)
    return torch.stack([rules.allowed(body[:, :at]) for at in range(form.size)], 1)
