"""Five mistakes of a widely copied listing, each beside its mend.

gesso data get mnist
python examples/mistakes.py        # about a minute; the mend of the third is in digits.png
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from gesso.core.seeds import generator
from gesso.networks.autoencoder import VariationalAutoencoder, kl
from gesso.pipeline.data.examples import Examples, open_examples


# --8<-- [start:network]
def network(*, channels: int, side: int) -> nn.Sequential:
    """Pictures x (B, 1, 28, 28) -> logits (B, 10), if `channels` and `side` are right."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),  # 28 x 28 -> 14 x 14
        nn.Conv2d(64, 128, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),  # 14 x 14 -> 7 x 7
        nn.Flatten(),
        nn.Linear(128 * side * side, 10),
    )


# --8<-- [end:network]
# --8<-- [start:channels]
def wrong_channels(x: Tensor) -> Tensor:
    return network(channels=3, side=7)(x)  # a convolution for red, green and blue; x is grey


def right_channels(x: Tensor) -> Tensor:
    return network(channels=1, side=7)(x)  # (B, 10)


# --8<-- [end:channels]
# --8<-- [start:flatten]
def wrong_flatten(x: Tensor) -> Tensor:
    return network(channels=1, side=6)(x)  # 128 * 6 * 6 = 4608 inputs are expected


def right_flatten(x: Tensor) -> Tensor:
    return network(channels=1, side=7)(x)  # 128 * 7 * 7 = 6272 inputs come


# --8<-- [end:flatten]
# --8<-- [start:train]
def train(model: nn.Module, x: Tensor, labels: Tensor, *, steps: int) -> float:
    """Pictures x (N, 1, 28, 28) and their labels (N,); the loss of the last step."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    source = generator(0, "order")
    loss = torch.zeros(())
    for _ in range(steps):
        chosen = torch.randint(len(x), (64,), generator=source)
        loss = F.cross_entropy(model(x[chosen]), labels[chosen])
        optimiser.zero_grad()  # forget the gradient of the step before
        loss.backward()  # how the loss changes with every weight
        optimiser.step()  # every weight a little downhill
    return loss.item()


# --8<-- [end:train]
# --8<-- [start:artwork]
def wrong_artwork(classifier: nn.Module) -> str:
    noise = torch.randn((1, 1, 28, 28), generator=generator(0, "noise"))
    return f"Generated artwork: {int(classifier(noise).argmax())}"


def right_artwork(x: Tensor, *, steps: int) -> Tensor:
    """A variational autoencoder of pictures x (N, 1, 28, 28) in [0, 1]: 16 new ones, (16, 1, 28, 28)."""
    model = VariationalAutoencoder(widths=(16, 32), code=8)
    model.initialise(generator(0, "weights"))
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    source = generator(0, "order")
    for _ in range(steps):
        some = x[torch.randint(len(x), (64,), generator=source)]
        logits, mean, logvar = model(some, source)
        drawn = F.binary_cross_entropy_with_logits(logits, some, reduction="sum") / len(some)
        optimiser.zero_grad()
        (drawn + kl(mean, logvar).mean()).backward()
        optimiser.step()
    noise = torch.randn((16, 8), generator=generator(0, "noise"))
    return model.decode(noise).detach()


# --8<-- [end:artwork]
# --8<-- [start:accuracy]
@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, labels: Tensor) -> float:
    """The share of pictures x (N, 1, 28, 28) whose largest logit is at the label (N,)."""
    model.eval()
    answers = torch.cat([model(part).argmax(1) for part in x.split(100)])  # (N,)
    return (answers == labels).float().mean().item()


# --8<-- [end:accuracy]
def pictures(examples: Examples) -> Tensor:
    """All of them, (N, 1, 28, 28) in [0, 1]."""
    return examples.load(torch.arange(len(examples))).inputs / 255


def message(wrong: Callable[[Tensor], Tensor], x: Tensor) -> str:
    """What PyTorch says of it."""
    try:
        wrong(x)
    except RuntimeError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def main() -> None:
    data, test = open_examples("mnist", "train"), open_examples("mnist", "test")
    x = pictures(data)
    print("1.", message(wrong_channels, x[:32]), "Mended:", tuple(right_channels(x[:32]).shape))
    print("2.", message(wrong_flatten, x[:32]), "Mended:", tuple(right_flatten(x[:32]).shape))

    torch.manual_seed(0)
    model = network(channels=1, side=7)
    few, labels = x[:200], data.labels[:200]
    loss = train(model, few, labels, steps=150)
    print("3.", wrong_artwork(model), "Mended: digits.png")
    rows = right_artwork(x, steps=600)[:, 0].unflatten(0, (2, 8)).permute(0, 2, 1, 3).flatten(0, 1).flatten(1)
    Image.fromarray((rows * 255).round().byte().numpy()).save("digits.png")  # (56, 224)

    print(f"4. Last loss {loss:.3f}. Mended: {accuracy(model, few, labels):.2%} of the training pictures are right")
    print(f"5. Mended: {accuracy(model, pictures(test), test.labels):.2%} of the test pictures are right")


if __name__ == "__main__":
    main()
