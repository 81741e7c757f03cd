"""How far a handful of examples goes: movements of painting, digits, garments and sounds, taught as `--teach` does.

python -m benchmarks.taught
"""

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from gesso.arts.recognize.build import Recognizer
from gesso.arts.recognize.looks import prepared
from gesso.arts.recognize.taught import SIDE, WHOLE, Taught, described
from gesso.arts.recognize.teach import learn, look
from gesso.core import places
from gesso.core.pictures import Raster, decode
from gesso.core.progress import Progress
from gesso.core.seeds import generator
from gesso.pipeline.data.examples import open_examples
from gesso.pipeline.data.listing import list_all
from gesso.pipeline.data.loading import Skips
from gesso.pipeline.metrics import calibration_error, wilson

FEWEST = 6  # paintings of a movement
TESTED, DRAWS = 1000, 3


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(1)
    paintings()
    sounds()
    looked = {name: sets(name) for name in ("mnist", "fashion-mnist")}
    for name, (training, (x, y)) in looked.items():
        others = next(test for other, (_, (test, _)) in looked.items() if other != name)
        for count in (5, 10):
            told: list[list[float]] = []
            for drawn in training:
                chosen = torch.cat([(drawn[1] == label).nonzero()[:count, 0] for label in range(10)])
                model, measured = learn(drawn[0][chosen], drawn[1][chosen], [str(label) for label in range(10)])
                logits, strange = asked(model, x)
                right = float((logits.argmax(1) == y).double().mean())
                error = calibration_error(model.probabilities(logits), y)
                unknown = [float(each.double().mean()) for each in (strange, asked(model, others)[1])]
                told.append([measured.value, right, error, *unknown])
            means = [statistics.mean(column) for column in zip(*told, strict=True)]
            print(
                f"{name}, {count} a class, mean of {DRAWS} draws: left out {means[0]:.1%}, {TESTED} test pictures "
                f"{means[1]:.1%} ({min(row[1] for row in told):.1%} to {max(row[1] for row in told):.1%}), calibration "
                f"error {means[2]:.3f}, taken for unknown {means[3]:.1%}, and of the other set {means[4]:.1%}",
                flush=True,
            )


def paintings() -> None:
    """Movements, leaving out each painting, and each painter with all their paintings."""
    folder = places.data() / "pictures"
    rows = json.loads((folder / "paintings" / "index.json").read_text("utf-8"))
    counts = Counter(row["movement"] for row in rows)
    rows = [row for row in rows if counts[row["movement"]] >= FEWEST]
    movements = sorted({row["movement"] for row in rows})
    labels = torch.tensor([movements.index(row["movement"]) for row in rows])
    features = seen([decode(folder / row["file"]) for row in rows])
    print(f"{len(rows)} paintings, {len(movements)} movements, {len({row['artist'] for row in rows})} painters")
    print(f"largest movement {max(labels.bincount().tolist()) / len(rows):.1%}; reported:", end=" ")
    print("{:.1%} ({:.1%} to {:.1%})".format(*learn(features, labels, movements)[1]))
    for what, groups in (("painting", [row["file"] for row in rows]), ("painter", [row["artist"] for row in rows])):
        hits = 0
        for group in dict.fromkeys(groups):
            out = torch.tensor([each == group for each in groups])
            model, _ = learn(features[~out], labels[~out], movements)
            hits += int((asked(model, features[out])[0].argmax(1) == labels[out]).sum())
        print(
            "taught anew without each {}: {:.1%} ({:.1%} to {:.1%})".format(what, *wilson(hits, len(rows))), flush=True
        )


def sounds() -> None:
    """ESC-10, each fold in turn asked of a model that others have taught; and five classes asked for the other five."""
    listing = list_all(places.data() / "audio" / "esc10")[0]
    features, labels = look(listing, Skips(), torch.device("cpu"), Progress(shown=False))
    folds = torch.tensor([int(Path(name).name[0]) for name in listing.names])
    for count in (5, 10, 16):
        left_out: list[float] = []
        answers: list[tuple[Tensor, Tensor, Tensor]] = []
        for fold in range(1, 6):
            apart = folds == fold
            order = torch.randperm(len(labels), generator=generator(fold, "esc10"))
            order = order[~apart[order]]
            chosen = torch.cat([order[labels[order] == label][:count] for label in range(10)])
            model, measured = learn(features[chosen], labels[chosen], listing.classes, sounds=True)
            logits, strange = asked(model, features[apart])
            left_out.append(measured.value)
            answers.append((model.probabilities(logits), labels[apart], strange))
        shares, truth, strange = (torch.cat(column) for column in zip(*answers, strict=True))
        right = wilson(int((shares.argmax(1) == truth).sum()), len(truth))
        print(
            f"sounds, {count} a class of the other folds: left out {statistics.mean(left_out):.1%}, the fold apart "
            f"{right.value:.1%} ({right.low:.1%} to {right.high:.1%}), calibration error "
            f"{calibration_error(shares, truth):.3f}, taken for unknown {strange.double().mean():.1%}"
        )
    unknown: list[float] = []
    for known in (labels < 5, labels >= 5):
        model, _ = learn(features[known], labels[known] % 5, listing.classes[:5], sounds=True)
        unknown += asked(model, features[~known])[1].double().tolist()
    print(f"sounds of five other classes taken for unknown: {statistics.mean(unknown):.1%}", flush=True)


def sets(name: str) -> tuple[list[tuple[Tensor, Tensor]], tuple[Tensor, Tensor]]:
    """Features and labels of ten random training pictures a class, several draws of them, and of test pictures."""
    training, test = open_examples(name, "train"), open_examples(name, "test")
    draws: list[tuple[Tensor, Tensor]] = []
    for number in range(DRAWS):
        order = torch.randperm(len(training), generator=generator(number, name))
        chosen = torch.cat([order[training.labels[order] == label][:10] for label in range(10)])
        draws.append((seen(rasters(training.load(chosen).inputs)), training.labels[chosen]))
    chosen = torch.randperm(len(test), generator=generator(0, name))[:TESTED]
    return draws, (seen(rasters(test.load(chosen).inputs)), test.labels[chosen])


def rasters(x: Tensor) -> list[Raster]:
    """uint8 pictures (B, 1, H, W) as pictures in grey."""
    return [Raster(each[0, :, :, None].expand(-1, -1, 3).numpy()) for each in x]


def seen(pictures: Sequence[Raster]) -> Tensor:
    """What the perceptual network sees in them, (B, D)."""
    looks = [prepared(each, "photo", channels=3, size=SIDE) for each in pictures]
    return torch.cat([described(x.float() / 255) for x in looks])


def asked(model: Recognizer, features: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (B, K), and whether each picture is strange (B,), from what was seen."""
    assert isinstance(model.network, Taught)
    x = (features - model.network.middle) / model.network.spread
    return model.network.head(x), model.strangeness(x[:, :WHOLE]) > model.limit


if __name__ == "__main__":
    main()
