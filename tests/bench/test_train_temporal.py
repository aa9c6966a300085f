"""The training of the temporal model: what it teaches is what the kiosk runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.vision.temporal import FallModel
from tests.bench.filmed import filmed, simulated

torch = pytest.importorskip("torch", reason="pip install -e '.[train]' brings torch")


def test_the_kiosk_answers_as_the_training_does(tmp_path: Path) -> None:
    """The network is written down twice, for torch and for the kiosk: both say the same."""
    from tests.bench import train_temporal

    weights = train_temporal.fresh(torch.Generator().manual_seed(1))
    np.savez(tmp_path / "new.npz", **{name: one.detach().numpy() for name, one in weights.items()})
    data = filmed([simulated(("sideways", 1))], every=3, seed=1)
    read = train_temporal.read(data, np.arange(len(data.fell)))
    with torch.no_grad():
        taught = train_temporal.logits(weights, read).numpy()
    np.testing.assert_allclose(
        FallModel(tmp_path / "new.npz").logits(read.numpy()), taught, atol=1e-4
    )


def test_it_learns() -> None:
    """A fall and a walk are told apart after a few batches."""
    from tests.bench import train_temporal

    data = filmed([simulated(("sideways", 3)), simulated(("walk_across", 3))], every=1, seed=1)
    weights = train_temporal.fresh(torch.Generator().manual_seed(1))
    train_temporal.learn(weights, [(data, 64)], 60, 2e-3, seed=1)
    with torch.no_grad():
        sure = train_temporal.logits(weights, train_temporal.read(data, np.arange(len(data.fell))))
    assert sure[data.fell == 1].mean() > sure[data.fell == 0].mean() + 2.0
