"""A name seal, as painters and poets set it beneath their work: characters left white in cinnabar."""

from gesso.core.typesetting.sheet import CINNABAR, PAPER, Sheet

_EDGE = 0.1  # of the seal's side, to its characters
_GAP = 0.05

# Left, upper edge, width and height of each character's cell, of 1; read down the right column first.
_CELLS = {
    1: ((0, 0, 1, 1),),
    2: ((0.5, 0, 0.5, 1), (0, 0, 0.5, 1)),
    3: ((0.5, 0, 0.5, 1), (0, 0, 0.5, 0.5), (0, 0.5, 0.5, 0.5)),
    4: ((0.5, 0, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5), (0, 0, 0.5, 0.5), (0, 0.5, 0.5, 0.5)),
}


def stamp_seal(sheet: Sheet, characters: str, x: float, y: float, side: float) -> None:
    """Draws a square seal with its upper left corner at (x, y), its one to four characters stretched to fill it."""
    sheet.square(x, y, side, CINNABAR)
    inside = 1 - 2 * _EDGE
    for character, (left, top, wide, high) in zip(characters, _CELLS[len(characters)], strict=True):
        glyph = sheet.main.glyph(character)
        if not glyph.path:
            continue
        box = glyph.bounds
        across, down = ((inside * share - (_GAP if share < 1 else 0)) * side for share in (wide, high))
        stretch = across / (box[2] - box[0]), down / (box[3] - box[1])
        # A thin sign, such as the character for one, is not blown up into a bar.
        stretch = min(stretch[0], 2 * stretch[1]), min(stretch[1], 2 * stretch[0])
        middle = x + side * (_EDGE + inside * (left + wide / 2)), y + side * (_EDGE + inside * (top + high / 2))
        moved = middle[0] - stretch[0] * (box[0] + box[2]) / 2, middle[1] - stretch[1] * (box[1] + box[3]) / 2
        sheet.stamp(glyph.path, *moved, stretch, PAPER)
