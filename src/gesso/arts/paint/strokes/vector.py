"""Strokes as SVG, and as plain values."""

from typing import Any

import torch

from gesso.arts.paint.strokes.art import Medium
from gesso.arts.paint.strokes.brushes import BRUSHES
from gesso.arts.paint.strokes.stroke import Strokes


def svg(strokes: Strokes, medium: Medium, ground: torch.Tensor, size: tuple[int, int]) -> str:
    """The strokes as bent lines, dots as circles, on a picture of `size`, width and height."""
    width, height = size
    scale = max(size)
    cap = "round" if BRUSHES[medium].corner == 1 else "butt"
    blend = "" if BRUSHES[medium].covers else ' style="mix-blend-mode:multiply"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<rect width="{width}" height="{height}" fill="{_hex(ground)}"/>',
        f'<g fill="none" stroke-linecap="{cap}">',
    ]
    colors = strokes.color if BRUSHES[medium].covers else torch.exp(-strokes.color)
    cos, sin = strokes.angle.cos(), strokes.angle.sin()
    # A parabola is a quadratic Bézier curve: its ends, and where the tangents there meet.
    cut = strokes.width if cap == "round" else torch.zeros_like(strokes.width)
    half = ((strokes.length - cut) / 2).clamp(min=1e-5)
    curvature = strokes.curvature
    ends = curvature / 2 * (half.square() - strokes.length.square() / 12)
    middle = ends - curvature * half.square()
    for i, (opacity, breadth) in enumerate(zip(strokes.opacity.tolist(), strokes.width.tolist(), strict=True)):
        look = f'stroke="{_hex(colors[i])}" stroke-width="{breadth * scale:.2f}" stroke-opacity="{opacity:.2f}"{blend}'
        points: list[str] = []
        for u, v in ((-half[i], ends[i]), (0 * half[i], middle[i]), (half[i], ends[i])):
            x, y = strokes.x[i] + u * cos[i] - v * sin[i], strokes.y[i] + u * sin[i] + v * cos[i]
            points.append(f"{float(x) * scale:.2f} {float(y) * scale:.2f}")
        lines.append(f'<path d="M{points[0]}Q{points[1]} {points[2]}" {look}/>')
    return "\n".join([*lines, "</g>", "</svg>", ""])


def data(strokes: Strokes, medium: Medium, ground: torch.Tensor, size: tuple[int, int]) -> dict[str, Any]:
    """The strokes as plain values, in their order; lengths are shares of the longer side, angles degrees."""
    colors = strokes.color if BRUSHES[medium].covers else torch.exp(-strokes.color)
    return {
        "size": list(size),
        "brush": medium,
        "ground": _hex(ground),
        "strokes": [
            {
                "x": round(float(s.x), 5),
                "y": round(float(s.y), 5),
                "angle": round(float(s.angle.rad2deg()), 2),
                "length": round(float(s.length), 5),
                "width": round(float(s.width), 5),
                "bend": round(float(s.bend.rad2deg()), 2),
                "color": _hex(color),
                "opacity": round(float(s.opacity), 3),
            }
            for s, color in ((strokes[i : i + 1], colors[i]) for i in range(len(strokes)))
        ],
    }


def _hex(color: torch.Tensor) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, c))):02x}" for c in color.tolist())
