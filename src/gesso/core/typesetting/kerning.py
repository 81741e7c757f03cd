"""How much nearer two letters stand than their widths say, by the pairs in a font's GPOS table."""

from typing import Any


class Kerning:
    """The pairs of a font: `kerning(left, right)`, with names of glyphs, gives the font's units to add between them."""

    def __init__(self, font: Any) -> None:
        self._pairs: list[Any] = []
        table = font["GPOS"].table if "GPOS" in font else None
        if table is None or table.FeatureList is None:
            return
        features = [record.Feature for record in table.FeatureList.FeatureRecord if record.FeatureTag == "kern"]
        for number in sorted({number for feature in features for number in feature.LookupListIndex}):
            for subtable in table.LookupList.Lookup[number].SubTable:
                pairs = getattr(subtable, "ExtSubTable", subtable)
                if pairs.LookupType == 2:
                    self._pairs.append((set(pairs.Coverage.glyphs), pairs))

    def __call__(self, left: str, right: str) -> float:
        for covered, pairs in self._pairs:
            if left in covered and (value := _value(pairs, left, right)) is not None:
                return value
        return 0.0


def _value(pairs: Any, left: str, right: str) -> float | None:
    """What a subtable says of a pair; None where it leaves it to the next."""
    if pairs.Format == 2:
        first = pairs.ClassDef1.classDefs.get(left, 0)
        second = pairs.ClassDef2.classDefs.get(right, 0)
        record = pairs.Class1Record[first].Class2Record[second].Value1
        return getattr(record, "XAdvance", 0)
    for record in pairs.PairSet[pairs.Coverage.glyphs.index(left)].PairValueRecord:
        if record.SecondGlyph == right:
            return getattr(record.Value1, "XAdvance", 0)
    return None
