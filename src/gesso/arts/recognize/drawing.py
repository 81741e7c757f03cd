"""Answers as pictures: labels under what they are about, and a confusion matrix."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gesso.arts.recognize.looks import on_white
from gesso.core.pictures import Raster

NARROWEST, LONGEST = 280, 1024  # pixels of the picture that the labels are drawn under
LINE, TEXT = 26, 16
INK, FAINT, BAR = "#222222", "#777777", "#8fb7d9"


def draw_labels(picture: Raster, labels: Sequence[tuple[str, float]], caption: tuple[str, ...]) -> Raster:
    """The picture, the lines of `caption`, and a line for each label and its probability, with a bar of that length."""
    image = on_white(picture)
    scale = min(LONGEST / max(image.size), max(1.0, NARROWEST / max(image.size)))
    width, height = (max(1, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST)
    full = max(width, NARROWEST)
    sheet = Image.new("RGB", (full, height + LINE * (len(caption) + len(labels)) + 12), "white")
    sheet.paste(image, ((full - width) // 2, 0))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT)
    at = height + 6
    for line in caption:
        pen.text((8, at + 3), shortened(line, full - 16, font), INK, font)
        at += LINE
    for label, probability in labels:
        pen.rectangle((8, at + 2, 8 + round((full - 17) * probability), at + LINE - 3), BAR)
        share = f"{probability:.1%}"
        room = full - 32 - int(font.getlength(share))
        pen.text((12, at + 3), shortened(label, room, font), INK, font)
        pen.text((full - 12, at + 3), share, INK, font, anchor="ra")
        at += LINE
    return Raster(np.array(sheet))


def draw_confusion(counts: Tensor, classes: Sequence[str], *, cell: int = 44) -> Raster:
    """A confusion matrix (K, K): rows are what the pictures are, columns what they were taken for.

    A cell is the darker the larger its share of its row; beyond 30 classes it bears no number.
    """
    font, small = ImageFont.load_default(14), ImageFont.load_default(12)
    if len(classes) > 30:
        cell = 18
    room = min(180, 16 + max(int(font.getlength(name)) for name in classes))
    side = room + cell * len(classes) + 8
    sheet = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(sheet)
    shares = counts.double() / counts.sum(1, keepdim=True).clamp(min=1)
    for i, name in enumerate(classes):
        middle = room + cell * i + cell // 2
        pen.text((room - 8, middle), shortened(name, room - 12, font), INK, font, anchor="rm")
        upright = Image.new("RGB", (room - 8, cell), "white")
        ImageDraw.Draw(upright).text((4, cell // 2), shortened(name, room - 12, font), INK, font, anchor="lm")
        sheet.paste(upright.rotate(90, expand=True), (room + cell * i, 4))
        for j in range(len(classes)):
            share, count = float(shares[i, j]), int(counts[i, j])
            # The root shows rare mistakes beside the many that are right.
            shade = round(255 * (1 - share**0.5))
            box = (room + cell * j, room + cell * i, room + cell * (j + 1) - 2, room + cell * (i + 1) - 2)
            pen.rectangle(box, (shade, shade, 255) if i == j else (255, shade, shade))
            if count and cell > 18:
                middle_of_cell = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                pen.text(middle_of_cell, str(count), "white" if share > 0.5 else INK, small, anchor="mm")
    return Raster(np.array(sheet))


def shortened(text: str, room: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, its end replaced by dots if it is longer than `room` pixels."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}...") > room:
        text = text[:-1]
    return f"{text}..."
