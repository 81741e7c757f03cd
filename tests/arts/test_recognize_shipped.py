"""The recognisers that ship are on the real test sets what their cards say."""

import re

import pytest
import torch

from gesso.arts.recognize.art import RecognizeEvaluation
from gesso.arts.recognize.evaluate import evaluate
from gesso.core import places, weights
from gesso.core.declaration import check
from gesso.core.progress import Progress
from gesso.pipeline.data.registry import find, is_here


@pytest.mark.slow
@pytest.mark.parametrize(("name", "data"), [("digits", "mnist"), ("garments", "fashion-mnist")])
def test_a_shipped_recogniser_is_as_often_right_as_its_card_says(name: str, data: str) -> None:
    if not is_here(find(data), places.data()):
        pytest.skip(f"{data} is not in {places.data()}: gesso data get {data}, or set GESSO_DATA")
    card = re.search(r"\| accuracy \(95 % interval\) \| ([\d.]+) %", weights.find("gesso.arts.recognize", name).card)
    assert card is not None
    found = evaluate(
        check(RecognizeEvaluation, {"model": name}), device=torch.device("cpu"), progress=Progress(shown=False)
    )
    assert found["data"] == f"{data}, 10000 test pictures"
    # Another processor rounds otherwise, which turns the few answers that hang in the balance.
    assert abs(found["metrics"]["accuracy"] - float(card[1]) / 100) <= 5 / 10_000
