"""Why the characters of a text are as they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from gesso.arts.write import hub
from gesso.arts.write.art import FormName, Write
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.copies import longest_copies
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.english.check import SCHEMES, judged
from gesso.arts.write.english.lexicon import EnglishLexicon
from gesso.arts.write.prepare import windows
from gesso.arts.write.reasons import LEAST, Why, least_expected, perplexity, plain, reasons, told
from gesso.arts.write.verse.explain import explained_poem
from gesso.core import weights
from gesso.core.declaration import Settings, check
from gesso.core.errors import GessoError
from gesso.core.explanation import Explanation
from gesso.core.files import sha256
from gesso.core.likelihood import colour
from gesso.core.progress import Progress
from gesso.core.texts import Text, without_recipe
from gesso.core.work import Recipe

PACKAGE = "gesso.arts.write"
BEFORE = 24
"""Characters before a token that are shown."""


def explain(
    path: Path,
    recipe: Recipe | None,
    settings: Settings | None,
    *,
    model: str | None,
    device: torch.device,
    progress: Progress,
) -> Explanation:
    """Each character of a text: how likely it was to the model, bound by no rules, and what was likelier.

    Of a Chinese poem also its tones and rhymes, what the rules left no room for, and the nearest lines of those that
    were learned; of English verse how its lines scan and rhyme; of texts the longest runs that were learned as such.

    Raises GessoError when the file holds no text, or for a model of verse no poem in one of its forms; and when the
    model is one of transformers.
    """
    if path.suffix.lower() != ".txt":
        raise GessoError(f"{path} holds no text: name the .txt of the same work")
    try:
        text, _ = without_recipe(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise GessoError(f"{path} cannot be read as text ({error})") from None
    made_by = recipe.model if recipe else None
    chinese = any("\u3400" <= sign <= "\u9fff" for sign in text)
    name = model or (made_by.name if made_by else "tang" if chinese else "shakespeare")
    if name.startswith(hub.PREFIX):
        raise GessoError(f"texts of {name} are not explained: ask a writer of Gesso's what it makes of it, by --model")
    found = weights.find(PACKAGE, name)
    writer = load_writer(found.path, device)
    wish = settings if isinstance(settings, Write) else check(Write, {})
    progress.stage("foreseeing")
    if writer.configuration.kind == "verse":
        why = explained_poem(path, text, wish, found, writer, made=recipe is not None)
    else:
        why = _explained_text(text, wish, found, writer, made=recipe is not None)
    remarks = [*why.remarks]
    if made_by is not None and made_by.sha256 != found.sha256:
        remarks.append("The model is not the one that made it, and would not have made it so.")
    pictures: dict[str, bytes] = {}
    if why.page.picture is None:
        remarks.append("It is not drawn, which needs a font that has its characters, and pip install 'gesso[svg]'.")
    else:
        pictures = {".svg": why.page.encode("SVG"), ".png": why.page.encode("PNG")}
    said = {"file": path.name, "sha256": sha256(path), "model": {"name": found.name, "sha256": found.sha256}}
    return Explanation(why.headline, tuple(why.table), said | why.details, pictures, tuple(remarks))


@torch.no_grad()
def _explained_text(text: str, wish: Write, found: weights.Model, writer: Writer, *, made: bool) -> Why:
    tokens, device = writer.configuration.tokens, writer.embedding.weight.device
    read = torch.tensor(tokens.encode(text))
    if len(read) < 2:
        raise GessoError("there is too little text in it to explain: two characters at least")
    logits = torch.cat(
        [writer(batch.tokens[:, :-1].to(device))[batch.asked] for batch in windows(read, writer.configuration.context)]
    )
    why = reasons(logits, read[1:], tokens)
    ends = [0]
    for token in read.tolist():  # where each token ends in the text
        ends.append(ends[-1] + len(tokens.symbols[token]))
    table = [
        {
            "number": number,
            "after": " ".join(text[max(0, ends[at + 1] - BEFORE) : ends[at + 1]].split()),
            **told(why[at]),
        }
        for number, at in enumerate(least_expected(why), 1)
    ]
    colours: list[str | None] = [None] * len(text)
    for at, reason in enumerate(why):
        for place in range(ends[at + 1], min(ends[at + 2], len(text))):
            colours[place] = colour(reason.probability, LEAST)
    marks: list[tuple[str | None, ...]] = []
    start = 0
    for line in text.split("\n"):
        marks.append(tuple(colours[start : start + len(line)]))
        start += len(line) + 1
    copies, remarks = _copies(text, found)
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    form = wish.form if made else "sonnet" if len(lines) == len(SCHEMES["sonnet"]) else None
    verse, faults = _scanned(lines[1:] if wish.title else lines, form, found)
    scan = sum(line["scans"] for line in verse)
    metre = f"; {scan} of {len(verse)} lines in metre" if verse else ""
    longest = f"; the longest run that it learned word for word has {len(copies[0])} characters" if copies else ""
    headline = (
        f"As if it chose among {perplexity(why):.1f} {'characters' if not tokens.merges else 'pieces'} each time, says "
        f"{found.name}{metre}{longest}"
    )
    page = Text(text, font=wish.font and wish.font.path, marks=tuple(marks))
    details = {"tokens": [plain(each) for each in why], "copies": copies, "verse": verse}
    return Why(headline, table, details, page, faults + remarks)


def _scanned(
    lines: Sequence[str], form: FormName | None, found: weights.Model
) -> tuple[list[dict[str, Any]], list[str]]:
    """How each line of English verse scans, and what is wrong with it, in words; nothing of other texts."""
    if form not in ("sonnet", "blank") or "english" not in found.configuration:
        return [], []
    each = judged(lines, EnglishLexicon(**found.configuration["english"]), form)
    faults = [f"Line {number}: {'; '.join(line.faults)}" for number, line in enumerate(each, 1) if line.faults]
    return [{"line": line.line, "stresses": line.stresses, "scans": line.scans} for line in each], faults


def _copies(text: str, found: weights.Model) -> tuple[list[str], list[str]]:
    """The longest runs that stand in what the model learned from, and what is to be said where that is not here."""
    data = tuple(found.configuration.get("data", ()))
    try:
        learned, _ = read_corpus(data)
    except GessoError:
        return [], [f"What it learned from, {', '.join(data)}, is not here: nothing is said of what it copies."]
    return [copy.text for copy in longest_copies(text, learned)], []
