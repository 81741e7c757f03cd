"""Take the statistics of public-domain paintings, with which `--style NAME` paints, from the shipped models.

    python training/pack_styles.py --paintings PAINTINGS

PAINTINGS is a folder of pictures named painter--title.jpg; index.json beside it or in it gives each one's artist,
title, life and movement. Run it again whenever a shipped painter or feature network changes.
"""

import argparse
import json
from pathlib import Path

import torch

from gesso.arts.stylize.build import load_painter
from gesso.arts.stylize.names import Painting, slug
from gesso.arts.stylize.styles import measure, pack
from gesso.core import weights
from gesso.core.pictures import decode
from gesso.networks import feature_models


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paintings", type=Path, required=True)
    paintings: Path = parser.parse_args().paintings
    cpu = torch.device("cpu")
    model = weights.find("gesso.arts.stylize", "fast")
    painter, features = load_painter(model.path, cpu), feature_models.load("gesso", cpu)
    rows = json.loads((paintings / "index.json").read_text("utf-8"))
    styles = {}
    for row in sorted(rows, key=lambda row: Path(row["file"]).name):
        name = slug(row["artist"]) + "-" + slug(row["title"])
        painting = Painting(name, row["artist"], row["title"], row["life"], row["movement"])
        styles[painting] = measure(decode(paintings / Path(row["file"]).name), painter, features)
    pack(styles, model.sha256)
    print(f"{len(styles)} styles")


if __name__ == "__main__":
    main()
