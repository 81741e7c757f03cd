"""Train the feature network that Gesso ships, by distilling the distilled VGG-19 on photographs and paintings.

    python training/distill_features.py --teacher distilled-vgg19.safetensors --data PHOTOS --data PAINTINGS \\
        --out src/gesso/networks/weights/features.safetensors

The student reads the same layers with the same number of channels, and learns them by regression, from random weights.
Every 14th picture of each folder and the first five of gb82 are held out; the figures printed are on those.
"""

import argparse
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from gesso.networks import feature_models
from gesso.networks.features import SLIM, Features, initialise, instance_normalised, moments
from gesso.pipeline.optimisers import Muon
from gesso.pipeline.pictures import load_pool, mixed, picture_files, random_crop, recoloured, texture, uniform

LAYERS = ("conv11", "conv21", "conv31", "conv41", "conv51")


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures of `folder` to train on and those held out."""
    files = picture_files([folder])
    held = files[:5] if folder.name == "gb82" else files[::14]
    return [f for f in files if f not in held], held


def draw(pool: list[Tensor], size: int, generator: torch.Generator) -> Tensor:
    """One training picture (3, size, size): a crop, recoloured or mixed or a made-up texture, sometimes noisy."""

    def crop() -> Tensor:
        picture = pool[int(torch.randint(len(pool), (), generator=generator))]
        return random_crop(picture, size, generator, smallest=0.25)

    kind = torch.rand((), generator=generator)
    x = crop() if kind < 0.9 else texture(size, generator)
    if 0.6 < kind < 0.8:
        x = recoloured(x, generator)
    elif 0.8 < kind < 0.9:
        x = mixed(x, crop(), generator)
    if torch.rand((), generator=generator) < 0.25:
        x = x + torch.randn(x.shape, generator=generator) * uniform(0, 0.1, generator)
    return x.clamp(0, 1)


def normalised_errors(student: dict[str, Tensor], teacher: dict[str, Tensor]) -> dict[str, Tensor]:
    """Squared error of instance-normalised features: every channel counts the same, however quiet it is."""
    return {k: (instance_normalised(student[k]) - instance_normalised(teacher[k])).square().mean() for k in teacher}


def relative_errors(student: dict[str, Tensor], teacher: dict[str, Tensor]) -> dict[str, Tensor]:
    """Squared error over the teacher's mean square, layer by layer: 0 is perfect, 1 is no better than silence."""
    return {k: (student[k] - teacher[k]).square().mean() / teacher[k].square().mean() for k in teacher}


@torch.no_grad()
def revive(student: Features, seen: dict[str, Tensor], target: dict[str, Tensor], generator: torch.Generator) -> None:
    """Draw anew the weights of channels that are silent where the teacher's are not: no gradient reaches them."""
    for name, feature in seen.items():
        silent = (feature.amax((0, 2, 3)) == 0) & (target[name].amax((0, 2, 3)) > 0)
        weight, bias = (student.convs[name].get_parameter(part) for part in ("weight", "bias"))
        fresh = torch.randn(weight.shape, generator=generator) * (2 / weight[0].numel()) ** 0.5
        weight[silent], bias[silent] = fresh[silent], 0.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--normalised", type=float, default=1.0, help="weight of errors that count channels the same")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    options = parser.parse_args()

    parts = [split(folder) for folder in options.data]
    pool = load_pool([f for train, _ in parts for f in train], side=640)
    held = load_pool([f for _, held in parts for f in held], side=512)
    generator = torch.Generator().manual_seed(options.seed)
    teacher = feature_models.load(str(options.teacher), torch.device("cpu"))
    student = Features(SLIM)
    initialise(student, generator)
    if options.start:
        student.load_state_dict({k: v.float() for k, v in load_file(options.start).items()})
    student.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- undeclared by torch
    optimiser = Muon(student.parameters(), lr=options.rate)
    warm = 100
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.steps, pct_start=warm / options.steps, cycle_momentum=False
    )
    start = time.monotonic()
    for step in range(options.steps):
        x = torch.stack([draw(pool, options.size, generator) for _ in range(options.batch)])
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                target = {name: feature.float() for name, feature in teacher(x, LAYERS).items()}
            seen = {name: feature.float() for name, feature in student(x, LAYERS).items()}
        if step % 100 == 0 and step < options.steps // 2:
            revive(student, seen, target, generator)
        loss = torch.stack(list(relative_errors(seen, target).values())).sum()
        if options.normalised:
            loss = loss + options.normalised * torch.stack(list(normalised_errors(seen, target).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 250 == 0 or step == options.steps - 1:
            figures = evaluate(student, teacher, held)
            print(f"step {step} loss {loss.item():.4f} {figures} {time.monotonic() - start:.0f} s", flush=True)
            options.out.parent.mkdir(parents=True, exist_ok=True)
            save_file({k: v.half().contiguous() for k, v in student.state_dict().items()}, options.out)


@torch.no_grad()
def evaluate(student: Features, teacher: Features, held: list[Tensor]) -> dict[str, str]:
    """On held-out pictures, for each layer: relative error, that of means and deviations, normalised error."""
    errors: dict[str, list[Tensor]] = {}
    for picture in held[:24]:
        x = (picture[None, :, : picture.shape[1] // 16 * 16, : picture.shape[2] // 16 * 16].float() / 255).contiguous(
            memory_format=torch.channels_last
        )
        seen, target = student(x, LAYERS), teacher(x, LAYERS)
        normalised = normalised_errors(seen, target)
        for name, error in relative_errors(seen, target).items():
            (m, s), (m0, s0) = moments(seen[name]), moments(target[name])
            gap = ((m - m0).square() + (s - s0).square()).mean() / target[name].square().mean()
            errors.setdefault(name, []).append(torch.stack([error, gap, normalised[name]]))
    means = {k: torch.stack(v).mean(0) for k, v in errors.items()}
    return {k: f"{v[0]:.3f}/{v[1]:.4f}/{v[2]:.3f}" for k, v in means.items()}


if __name__ == "__main__":
    main()
