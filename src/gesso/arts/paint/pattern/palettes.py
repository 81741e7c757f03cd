"""Palettes: our own by name, and those that are written as colours. Imports no torch."""

import re

from gesso.core.declaration import nearest

AUTO, NETWORK = "auto", "network"
MOST = 12  # colours of a palette

PALETTES: dict[str, tuple[str, ...]] = {
    "bauhaus": ("#1d2233", "#22577a", "#8fb8b4", "#f3e9d5", "#f0b429", "#d8412f"),
    "citrus": ("#16423c", "#3d8361", "#a8c256", "#f6e7a1", "#f79a3e", "#e4572e"),
    "dusk": ("#1a1b3a", "#3f2f6b", "#8a4a86", "#d9718a", "#f7b08f", "#fce4c8"),
    "ember": ("#1b1420", "#4a1c2e", "#9c2f2f", "#e2622d", "#f6a94a", "#fbe6bf"),
    "glacier": ("#0f2b46", "#2c6c97", "#74b3cf", "#c3e2e6", "#f6f7f2", "#ef8f6b"),
    "harvest": ("#2a1d17", "#70391f", "#c4702a", "#eeb94e", "#f7e9bf", "#4b8c80"),
    "ink": ("#11131a", "#2d3446", "#60728c", "#b3c0c6", "#f3ecdf", "#d0472f"),
    "lagoon": ("#0c2233", "#14495c", "#1f8a8c", "#6cc5b0", "#d8ecd2", "#f4a58a"),
    "meadow": ("#1f3a2e", "#4f7d4a", "#a9bf6b", "#f2ecc8", "#f2b8a2", "#c6587a"),
    "moss": ("#1c2a22", "#3b5240", "#7a8c52", "#c2bb73", "#efe6c4", "#b5573a"),
    "nocturne": ("#0a0e1f", "#16244a", "#2b4f86", "#5e93b8", "#c9d8d6", "#f2c572"),
    "orchid": ("#241337", "#5b2a86", "#a057c2", "#e29ad6", "#f8dcec", "#f2c14e"),
    "persimmon": ("#12343b", "#2d6e6e", "#e9e1cc", "#f2a541", "#e4572e", "#8c1c2b"),
    "porcelain": ("#10305e", "#2f62a8", "#8fb3d9", "#dbe6ee", "#f7f3ea", "#d9634a"),
    "riviera": ("#073b5c", "#1282a2", "#9fd3c7", "#f1e3c6", "#f7a072", "#c8385a"),
    "rose": ("#3a1230", "#842b57", "#d05c7e", "#f2a6a6", "#fadfd4", "#6f9a8d"),
    "terracotta": ("#2d1a1a", "#7a3325", "#c25a35", "#e39c6b", "#f3d9b8", "#4f7a78"),
    "velvet": ("#14101f", "#3b1c5a", "#7b2d6b", "#c33f5b", "#f08a5d", "#f9e0a2"),
}
"""Six colours each, in an order in which neighbours go together; the first and the last need not meet."""

_COLOR = re.compile(r"#[0-9a-f]{6}")


def colors_of(palette: str) -> tuple[str, ...]:
    """The colours of a palette by name, or of one written as "#1b1420,#e2622d"; none for `auto` and `network`.

    Raises ValueError when it is neither.
    """
    if palette in (AUTO, NETWORK):
        return ()
    if palette in PALETTES:
        return PALETTES[palette]
    colors = tuple(color.strip().lower() for color in palette.split(","))
    if not palette.startswith("#"):
        hint = nearest(palette, (AUTO, NETWORK, *PALETTES)) or f"; there are {', '.join(PALETTES)}"
        raise ValueError(f"there is no palette {palette!r}{hint}")
    wrong = next((color for color in colors if not _COLOR.fullmatch(color)), None)
    if wrong or not 2 <= len(colors) <= MOST:
        raise ValueError(f"{wrong or palette!r}: write 2 to {MOST} colours as #1b1420,#e2622d,#fbe6bf")
    return colors
