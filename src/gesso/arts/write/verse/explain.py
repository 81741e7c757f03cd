"""Why the characters of a poem are as they are: how likely, by which rules, and after which lines."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gesso.arts.write.art import Write
from gesso.arts.write.build import Writer
from gesso.arts.write.prepare import Told, sequence
from gesso.arts.write.reasons import LEAST, Why, least_expected, perplexity, plain, reasons, told
from gesso.arts.write.tokens import Tokens
from gesso.arts.write.verse.check import Judgement, judged
from gesso.arts.write.verse.forms import FORMS, Form
from gesso.arts.write.verse.generate import GLOSS, gloss
from gesso.arts.write.verse.lexicon import Lexicon
from gesso.arts.write.verse.poems import POEMS, read_poems, split
from gesso.arts.write.verse.rules import Rules, Wish
from gesso.core import places, weights
from gesso.core.errors import GessoError
from gesso.core.likelihood import colour
from gesso.core.texts import Text
from gesso.pipeline.data.registry import find, is_here, require

NEAREST = 2
"""Lines that are told for each."""


@torch.no_grad()
def explained_poem(path: Path, text: str, settings: Write, found: weights.Model, writer: Writer, *, made: bool) -> Why:
    """What is said of the poem in a text. Where it was `made` here, what `settings` forbade is said too."""
    lexicon = Lexicon(**found.configuration["lexicon"])
    lines, form = _poem_in(text, path)
    simple = tuple(lexicon.in_simplified(line) for line in lines)
    tokens, device = writer.configuration.tokens, writer.embedding.weight.device
    book = lexicon.books.get(settings.rhyme_book, lexicon.books["pingshui"])
    judgement = judged(simple, form, book)

    poets = writer.configuration.poets
    poet = lexicon.in_simplified(settings.poet or "")
    spoken = Told(lexicon.in_simplified(settings.title or ""), 1 + poets.index(poet) if poet in poets else 0)
    read = sequence(simple, form.name, spoken, tokens)
    logits = writer(read.tokens[None, :-1].to(device), read.where[None].to(device))[0, -form.size :].cpu()
    body = read.tokens[-form.size :]
    allowed = None
    if made and settings.rules:
        first = simple[0] if settings.begin else ""
        heads = "".join(line[0] for line in simple) if settings.acrostic else ""
        rules = Rules(
            Wish(form, rhyme=lexicon.in_simplified(settings.rhyme or ""), heads=heads, first=first),
            book,
            tokens,
            [judgement.scheme],
        )
        allowed = torch.stack([rules.allowed(body[None, :at])[0] for at in range(form.size)])
    why = reasons(logits, body, tokens, allowed)

    least = least_expected(why)
    table = [{"number": n, "line": 1 + at // form.length, **told(why[at])} for n, at in enumerate(least, 1)]
    near, remarks = _nearest(simple, tokens)
    remarks += [f"Nearest to {lines[at]}, of what it learned: {'、'.join(like)}" for at, like in near.items() if like]
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        here = why[number * form.length : (number + 1) * form.length]
        rows.append({"line": line, "characters": [plain(each) for each in here], "nearest": near.get(number, [])})
    faults = _faults(judgement, lines)
    said = [] if faults else ["regular"]
    said += [f"rhyme {judgement.group or 'none'}", *faults]
    headline = f"As if it chose among {perplexity(why):.0f} characters each time, says {found.name}; {', '.join(said)}"
    details = {"form": form.name, "tones": gloss(lines, judgement), "faults": faults, "lines": rows}
    return Why(
        headline, table, details, _page(lines, form, judgement, [each.probability for each in why], settings), remarks
    )


def _poem_in(text: str, path: Path) -> tuple[tuple[str, ...], Form]:
    """The lines of the first poem in a text that has one of the forms, without punctuation."""
    for part in text.split("\n\n"):
        lines = tuple(
            cleaned
            for line in re.split("[，。？！；、,.?!;\n]", part)
            if (cleaned := "".join(sign for sign in line if "\u3400" <= sign <= "\u9fff" or sign > "\uffff"))
        )
        for form in FORMS.values():
            if len(lines) == form.lines and all(len(line) == form.length for line in lines):
                return lines, form
    raise GessoError(
        f"{path} has no poem of four or eight lines of five or seven characters, with an empty line before and after it"
    )


def _faults(judgement: Judgement, lines: Sequence[str]) -> list[str]:
    """What is not as the form wants it, in words."""
    found = [f"the tone of {lines[line][place]} in line {line + 1}" for line, place in judgement.wrong]
    found += [f"line {line + 1} does not rhyme" for line in judgement.unrhymed]
    return found + [f"the rhyme of line {line + 1} was there before" for line in judgement.again]


def _page(
    lines: Sequence[str], form: Form, judgement: Judgement, probabilities: Sequence[float], settings: Write
) -> Text:
    """The poem, coloured by how likely each character was, with the tones that it has, and a ring at its rhymes."""
    marks = [colour(each, LEAST) for each in probabilities]
    tones = [list(has.translate(GLOSS)) for has in judgement.tones]
    for line in judgement.scheme.rhymes:
        tones[line][-1] += "韵"
    return Text(
        "\n".join(lines),
        vertical=True,
        font=settings.font and settings.font.path,
        ruby=tuple(map(tuple, tones)),
        marks=tuple(tuple(marks[at : at + form.length]) for at in range(0, form.size, form.length)),
    )


def _nearest(lines: Sequence[str], tokens: Tokens) -> tuple[dict[int, list[str]], list[str]]:
    """For each line those that were learned from that have the most characters in the same places."""
    tang = find("tang")
    if not is_here(tang, places.data()):
        return {}, ["The poems that it learned from are not here: the nearest lines are not told."]
    learned, _, _ = split(read_poems(require(tang, places.data()) / POEMS))
    known = sorted({line for poem in learned for line in poem.lines if len(line) == len(lines[0])})
    table = np.array([[ord(sign) for sign in line] for line in known])
    found: dict[int, list[str]] = {}
    for number, line in enumerate(lines):
        alike = (table == np.array([ord(sign) for sign in line])).sum(1)
        best = np.argsort(-alike, kind="stable")[:NEAREST]
        found[number] = [known[at] for at in best if alike[at] > 1]
    return found, []
