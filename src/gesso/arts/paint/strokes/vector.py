"""Strokes as SVG, and as plain values."""

import base64
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gesso.arts.paint.strokes.art import Medium
from gesso.arts.paint.strokes.bristles import covering
from gesso.arts.paint.strokes.brushes import BRUSHES
from gesso.arts.paint.strokes.stroke import Strokes
from gesso.core.pictures import Raster, resized

MASK = 512  # pixels of the longer side of what says where a drawing is transparent, at most


def svg(
    strokes: Strokes,
    medium: Medium,
    ground: torch.Tensor,
    size: tuple[int, int],
    alpha: NDArray[np.uint8] | None = None,
) -> str:
    """The strokes as bent lines, dots as circles, on a picture of `size`, width and height.

    Args:
        alpha: (H, W) of the picture that is painted, if it has any; the drawing is as transparent.
    """
    width, height = size
    scale = max(size)
    brush = BRUSHES[medium]
    cap = "round" if brush.corner == 1 else "butt"
    blend = "" if brush.covers else ' style="mix-blend-mode:multiply"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        *([] if alpha is None else [_mask(alpha, size), '<g mask="url(#seen)">']),
        f'<rect width="{width}" height="{height}" fill="{_hex(ground)}"/>',
        f'<g fill="none" stroke-linecap="{cap}">',
    ]
    if brush.covers:
        colors, opacities = strokes.color, strokes.opacity * covering(strokes, brush)
    else:  # what is laid on thinly takes less light away
        colors, opacities = torch.exp(-strokes.color * strokes.opacity[:, None]), torch.ones_like(strokes.opacity)
    cos, sin = strokes.angle.cos(), strokes.angle.sin()
    # A parabola is a quadratic Bézier curve: its ends, and where the tangents there meet.
    cut = strokes.width if cap == "round" else torch.zeros_like(strokes.width)
    half = ((strokes.length - cut) / 2).clamp(min=1e-5)
    curvature = strokes.curvature
    ends = curvature / 2 * (half.square() - strokes.length.square() / 12)
    middle = ends - curvature * half.square()
    for i, (opacity, breadth) in enumerate(zip(opacities.tolist(), strokes.width.tolist(), strict=True)):
        look = f'stroke="{_hex(colors[i])}" stroke-width="{breadth * scale:.2f}" stroke-opacity="{opacity:.2f}"{blend}'
        points: list[str] = []
        for u, v in ((-half[i], ends[i]), (0 * half[i], middle[i]), (half[i], ends[i])):
            x, y = strokes.x[i] + u * cos[i] - v * sin[i], strokes.y[i] + u * sin[i] + v * cos[i]
            points.append(f"{float(x) * scale:.2f} {float(y) * scale:.2f}")
        lines.append(f'<path d="M{points[0]}Q{points[1]} {points[2]}" {look}/>')
    return "\n".join([*lines, "</g>", *([] if alpha is None else ["</g>"]), "</svg>", ""])


def _mask(alpha: NDArray[np.uint8], size: tuple[int, int]) -> str:
    """An SVG mask for a drawing of `size` that lets through what `alpha` (H, W) does."""
    width, height = size
    share = min(1.0, MASK / max(alpha.shape))
    grey = resized(alpha, (max(1, round(alpha.shape[1] * share)), max(1, round(alpha.shape[0] * share))))
    png = base64.b64encode(Raster(np.repeat(grey[..., None], 3, 2)).encode("PNG")).decode()
    return (
        f'<mask id="seen" maskUnits="userSpaceOnUse" x="0" y="0" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" preserveAspectRatio="none" href="data:image/png;base64,{png}"/>'
        "</mask>"
    )


def data(strokes: Strokes, medium: Medium, ground: torch.Tensor, size: tuple[int, int]) -> dict[str, Any]:
    """The strokes as plain values, in their order; lengths are shares of the longer side, angles degrees."""
    brush = BRUSHES[medium]
    colors = strokes.color if brush.covers else torch.exp(-strokes.color)
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
                **({"dry": round(float(s.dry), 3)} if brush.bristle else {}),
            }
            for s, color in ((strokes[i : i + 1], colors[i]) for i in range(len(strokes)))
        ],
    }


def _hex(color: torch.Tensor) -> str:
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, c))):02x}" for c in color.tolist())
