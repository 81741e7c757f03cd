"""How older words are said that a dictionary of today's English leaves out. No torch."""

from collections.abc import Callable, Sequence

Phones = tuple[str, ...]
Said = Callable[[str], Sequence[Phones]]

OLDER = {
    "'em": "AH0 M",
    "'gainst": "G EH1 N S T",
    "'mongst": "M AH1 NG S T",
    "'scape": "S K EY1 P",
    "'twere": "T W ER1",
    "'twill": "T W IH1 L",
    "'twixt": "T W IH1 K S T",
    "'twould": "T W UH1 D",
    "alack": "AH0 L AE1 K",
    "amain": "AH0 M EY1 N",
    "ay": "AY1",
    "beauteous": "B Y UW1 T IY0 AH0 S",
    "belike": "B IH0 L AY1 K",
    "bethink": "B IH0 TH IH1 NG K",
    "betimes": "B IH0 T AY1 M Z",
    "burthen": "B ER1 DH AH0 N",
    "canst": "K AE1 N S T",
    "couldst": "K UH1 D S T",
    "curst": "K ER1 S T",
    "didst": "D IH1 D S T",
    "durst": "D ER1 S T",
    "e'en": "IY1 N",
    "e'er": "EH1 R",
    "entreat": "EH0 N T R IY1 T",
    "fall'n": "F AO1 L N",
    "forbear": "F AO0 R B EH1 R",
    "hadst": "HH AE1 D S T",
    "haply": "HH AE1 P L IY0",
    "hie": "HH AY1",
    "jocund": "JH AA1 K AH0 N D",
    "mayst": "M EY1 S T",
    "methinks": "M IY0 TH IH1 NG K S",
    "mightst": "M AY1 T S T",
    "nought": "N AO1 T",
    "o'er": "AO1 R",
    "ope": "OW1 P",
    "piteous": "P IH1 T IY0 AH0 S",
    "rend": "R EH1 N D",
    "selfsame": "S EH1 L F S EY2 M",
    "shouldst": "SH UH1 D S T",
    "sith": "S IH1 TH",
    "sooth": "S UW1 TH",
    "stol'n": "S T OW1 L N",
    "ta'en": "T EY1 N",
    "thou'lt": "DH AW1 L T",
    "thou'rt": "DH AW1 R T",
    "wast": "W AA1 S T",
    "weal": "W IY1 L",
    "wert": "W ER1 T",
    "whereof": "W EH0 R AH1 V",
    "whereon": "W EH0 R AA1 N",
    "withal": "W IH0 DH AO1 L",
    "woful": "W OW1 F AH0 L",
    "wouldst": "W UH1 D S T",
    "ye": "Y IY1",
    "yond": "Y AA1 N D",
}
"""Words, and how they are said in the phones of the CMU dictionary."""

HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
TONELESS = HISSING - {"Z", "ZH", "JH"} | {"P", "T", "K", "F", "TH"}


def derived(word: str, said: Said) -> tuple[Phones, ...]:
    """How an inflected or older form of a word that is `said` somehow is said; nothing when it is none."""
    if word in OLDER:
        return (tuple(OLDER[word].split()),)
    for ending, bases, suffix in (
        ("'d", ("", "ed", "d", "e", "y>ied"), None),
        ("'st", ("", "e"), "S T"),
        ("est", ("", "e"), "AH0 S T"),
        ("st", ("e",), "S T"),
        ("eth", ("", "e"), "IH0 TH"),
        ("'s", ("",), "s"),
        ("s", ("",), "s"),
        ("ness", ("",), "N AH0 S"),
        ("less", ("",), "L AH0 S"),
        ("our", ("or",), ""),
        ("ours", ("ors",), ""),
        ("ence", ("ense",), ""),
        ("ed", ("",), "d"),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            for base in bases:
                whole = stem[:-1] + "ied" if base == "y>ied" and stem.endswith("y") else stem + base
                found = said(whole)
                if found:
                    return tuple(_with(phones, "d" if suffix is None else suffix, whole) for phones in found)
    return ()


def _with(phones: Phones, suffix: str, whole: str) -> Phones:
    last = phones[-1]
    if suffix == "s":
        return (*phones, *(("IH0", "Z") if last in HISSING else ("S",) if last in TONELESS else ("Z",)))
    if suffix == "d":
        if whole.endswith("ed"):
            return phones
        return (*phones, *(("IH0", "D") if last in ("T", "D") else ("T",) if last in TONELESS else ("D",)))
    return (*phones, *suffix.split())
