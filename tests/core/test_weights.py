"""Models on disk: what was saved comes back."""

from pathlib import Path

import torch

from gesso.core import weights


def test_tables_kept_in_bytes_come_back_to_a_part_in_250_of_the_largest_of_their_row(tmp_path: Path) -> None:
    table = torch.randn(40, 8, generator=torch.Generator().manual_seed(0)) * torch.logspace(-3, 2, 40)[:, None]
    table[5] = 0
    matrix = torch.eye(3) / 3
    tensors = {"table": table, "kernels": table.view(40, 2, 2, 2), "matrix": matrix}
    model = weights.save(tmp_path, "m", tensors, {"art": "x"}, "# m", in_bytes=["table", "kernels"])
    found = model.tensors()
    assert found.keys() == {"table", "kernels", "matrix"}
    assert torch.equal(found["kernels"], found["table"].view(40, 2, 2, 2))
    assert bool(((found["table"] - table).abs() <= table.abs().amax(1, keepdim=True) / 250).all())
    assert torch.equal(found["matrix"], matrix.half().float())
    assert model.path.stat().st_size < 2 * 40 * 8 + 1000


def test_a_configuration_is_kept_so_that_people_can_read_it(tmp_path: Path) -> None:
    model = weights.save(tmp_path, "m", {"x": torch.ones(1)}, {"tokens": "春江"}, "# m")
    assert "春江" in model.path.with_suffix(".json").read_text("utf-8")
    assert model.configuration == {"tokens": "春江"}


def test_a_network_is_read_once_and_anew_when_its_file_is_another(tmp_path: Path) -> None:
    read: list[float] = []

    @weights.until_changed(1)
    def load(path: Path, device: torch.device) -> torch.nn.Linear:
        network = torch.nn.Linear(1, 1, bias=False)
        network.load_state_dict(weights.Model(path.stem, path).tensors())
        read.append(network.weight.item())
        return network

    cpu = torch.device("cpu")
    for value in (2.0, 3.0):
        path = weights.save(tmp_path, "m", {"weight": torch.full((1, 1), value)}, {"art": "x"}, "# m").path
        assert load(path, cpu) is load(path, cpu)
    assert read == [2.0, 3.0]
