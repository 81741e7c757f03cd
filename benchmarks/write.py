"""Measure write: three minutes of learning beside nanoGPT's recipe for a CPU, how fast texts are written, and how long
whole commands take.

With the name of a part, "learning", "writing" or "commands", only that is measured.
"""

import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gesso.arts.write.art import WriteTraining
from gesso.arts.write.build import Writer, load_writer
from gesso.arts.write.corpus import read_corpus
from gesso.arts.write.prepare import windows
from gesso.arts.write.prose import written_on
from gesso.arts.write.surprise import surprise
from gesso.arts.write.tokens import characters
from gesso.arts.write.train import train
from gesso.core import devices, weights
from gesso.core.declaration import check
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.networks import decoding

CPU = torch.device("cpu")
STEPS, BATCH, BLOCK, WIDTH, HEADS, LAYERS = 2000, 12, 64, 128, 4, 4  # of nanoGPT's recipe for a laptop
LENGTH = 240


class PlainGPT(nn.Module):
    """GPT-2's network in the size of that recipe: learned positions, LayerNorm, GELU, one embedding for both ends."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, WIDTH), nn.Embedding(BLOCK, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0, activation="gelu", batch_first=True, norm_first=True, bias=False
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH, bias=False), enable_nested_tensor=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                small = name.endswith(("out_proj.weight", "linear2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * LAYERS) if small else 0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T) -> logits (B, T, V)."""
        length = tokens.shape[1]
        x = self.tokens(tokens) + self.positions.weight[:length]
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        return F.linear(self.layers(x, mask, is_causal=True), self.tokens.weight)


def learning() -> None:
    """Prints nats a character of the whole text held out, of both."""
    text, kept = read_corpus(("tinyshakespeare",))
    tokens = characters(text)
    learned, unseen = (torch.tensor(tokens.encode(part)) for part in (text, kept))

    torch.manual_seed(0)
    model = PlainGPT(len(tokens))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    started = time.perf_counter()
    for step in range(STEPS):
        fall = 0.5 * (1 + math.cos(math.pi * max(0, step - 100) / (STEPS - 100)))
        optimiser.param_groups[0]["lr"] = 1e-3 * min(1, (step + 1) / 100) * (0.1 + 0.9 * fall)
        starts = torch.randint(len(learned) - BLOCK, (BATCH,))
        batch = learned[starts[:, None] + torch.arange(BLOCK + 1)]
        loss = F.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    seconds = time.perf_counter() - started
    nats = _nats(model.eval(), unseen, BLOCK)
    print(f"nanoGPT's recipe, {STEPS} steps: {nats:.4f} nats a character in {seconds:.0f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        wish = {"data": "tinyshakespeare", "minutes": 3, "precision": "bfloat16", "samples": False}
        wish["save_every"] = 10**9  # so that it is the last weights that count, as in the recipe
        started = time.perf_counter()
        with devices.repeatable():
            made = train(check(WriteTraining, wish), run, device=CPU, progress=Progress(shown=False))
        seconds = time.perf_counter() - started
        steps = json.loads((run / "sizes.json").read_text("utf-8"))["steps"]
        writer = load_writer(made.path, CPU)
        found = surprise(writer, windows(unseen, writer.configuration.context), CPU)
    nats = found.nats / found.tokens
    print(f"--minutes 3: {steps} steps, {nats:.4f} nats a character in {seconds:.0f} s, measuring and report included")


@torch.no_grad()
def _nats(model: nn.Module, text: Tensor, context: int) -> float:
    total, count = 0.0, 0
    for batch in windows(text, context):
        logits = model(batch.tokens[:, :-1])
        nats = F.cross_entropy(logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none")
        total += float((nats.view_as(batch.asked) * batch.asked).sum())
        count += int(batch.asked.sum())
    return total / count


def writing() -> None:
    """Prints tokens a second with the cache, without, and by transformers' generate for a network of the same size."""
    writer = load_writer(weights.find("gesso.arts.write", "shakespeare").path, CPU)
    ways: dict[str, Callable[[int], object]] = {
        "with the cache": lambda texts: cached(writer, texts),
        "without": lambda texts: anew(writer, texts),
    }
    if importlib.util.find_spec("transformers"):
        other = same_size(writer)
        ways["transformers"] = lambda texts: other.generate(
            torch.ones(texts, 1, dtype=torch.int64), max_new_tokens=LENGTH, do_sample=True, pad_token_id=0
        )
    for texts in (1, 16):
        for name, run in ways.items():
            run(texts)
            started = time.perf_counter()
            run(texts)
            print(f"{texts} texts, {name}: {texts * LENGTH / (time.perf_counter() - started):.0f} tokens a second")


def cached(writer: Writer, texts: int) -> None:
    begun = torch.ones(texts, 1, dtype=torch.int64)
    sources = [generator(0, number) for number in range(texts)]
    for _ in islice(written_on(writer, begun, (), sources), LENGTH):
        pass


@torch.no_grad()
def anew(writer: Writer, texts: int) -> None:
    read = torch.ones(texts, 1, dtype=torch.int64)
    sources = [generator(0, number) for number in range(texts)]
    for _ in range(LENGTH):
        chosen = decoding.choose(writer(read)[:, -1].float(), decoding.chances(sources))
        read = torch.cat([read, chosen[:, None]], 1)


def same_size(writer: Writer) -> Any:
    """A GPT-2 of transformers."""
    transformers, c = import_module("transformers"), writer.configuration
    sizes = {"vocab_size": len(c.tokens), "n_embd": c.width, "n_layer": c.layers, "n_head": c.heads}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes)).eval()


def commands() -> None:
    """Prints the seconds of whole commands, start-up included, of six seeds each."""
    with tempfile.TemporaryDirectory() as folder:
        for form in ("5jue", "7lv", "sonnet"):
            seconds: list[float] = []
            for seed in range(6):
                words = ["write", "--form", form, "--seed", str(seed), "--out", f"{folder}/{form}{seed}.txt", "--quiet"]
                started = time.perf_counter()
                subprocess.run([sys.executable, "-m", "gesso", *words], check=True)
                seconds.append(time.perf_counter() - started)
            print(f"gesso write --form {form}: {min(seconds):.1f} to {max(seconds):.1f} s", flush=True)


def main() -> None:
    """Measures all parts, or those that are named."""
    parts = {"learning": learning, "writing": writing, "commands": commands}
    for name in sys.argv[1:] or parts:
        parts[name]()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
