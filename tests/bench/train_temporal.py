"""Trains the temporal model of falls: `drivers/vision/temporal.npz`.

    pip install -e '.[dev,train,rendered]'
    python -m tests.bench.rendered DIR --runs 10 --seed 3000
    python -m tests.bench.train_temporal --films DIR [--without Subject1 …] [--out FILE]

It learns from simulated people (`tests.bench.acting`), and then from them together with the
labelled clips, spoiled in many ways, and with films of rendered people. Clips and filmed falls are
shown backwards too. `--without PREFIX` says, besides, what a network makes of the clips whose names
begin so that learned from all the others, and writes it beside the first: `judge_falls --temporal
FILE` judges with it. On two cores all this takes more than an hour, and the films take half of one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from drivers.vision.temporal import CHANNELS, HOP, PATCH, STEPS, WEIGHTS, features
from tests.bench.acting import ACTS, FALLS
from tests.bench.clips import CLIPS
from tests.bench.filmed import WARP, Filmed, filmed, real, simulate
from tests.bench.judge_falls import VARIANTS

WIDTH, HEAD = 96, 64
BATCH = 512
ROUNDS, REFINED = 3, 700
"""Times through the simulated people, then batches with real ones among them."""
REAL, RENDERED = 0.25, 0.4
"""Share of windows of real people and of rendered ones in the latter."""
RATE, REFINED_RATE = 2e-3, 1e-3
DECAY, DROPPED = 1e-3, 0.1
SPLICED = 0.08
"""Share of daily life in which a cut leads to another person or place: that is no fall."""
ASTRAY = 0.02
"""Of a body's width and height together: by how much points are off, steadily."""
HIDDEN = 0.06
"""Share of windows in which a limb is hardly seen."""
LIMBS = ([0, 1, 2, 3, 4], [7, 9], [8, 10], [13, 15], [14, 16], [15, 16])
SWAPPED = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
"""Points of a mirrored body."""

Weights = dict[str, Any]


def fresh(generator: Any) -> Weights:
    """Return weights that know nothing."""
    groups = (STEPS - PATCH) // HOP + 1
    shapes = {
        "patch": (WIDTH, CHANNELS * PATCH),
        "before": (WIDTH, 3 * WIDTH),
        "after": (WIDTH, 3 * WIDTH),
        "head": (HEAD, groups * WIDTH),
        "out": (1, HEAD),
    }
    weights = {}
    for name, (rows, columns) in shapes.items():
        limit = columns**-0.5
        weights[name] = (torch.rand(rows, columns, generator=generator) * 2 - 1) * limit
        weights[f"{name}_bias"] = torch.zeros(rows)
    return {name: tensor.requires_grad_() for name, tensor in weights.items()}


def logits(weights: Weights, read: Any, *, learning: bool = False) -> Any:
    """Return what `FallModel.logits` does, for torch; *learning* leaves some numbers out."""

    def layer(name: str, given: Any) -> Any:
        return torch.relu(functional.linear(given, weights[name], weights[f"{name}_bias"]))

    mixed = layer("patch", read.unfold(1, PATCH, HOP).flatten(2))
    for name in ("before", "after"):
        edge = functional.pad(mixed, (0, 0, 1, 1))
        mixed = mixed + layer(name, torch.cat([edge[:, :-2], mixed, edge[:, 2:]], 2))
    given = functional.dropout(mixed.flatten(1), DROPPED, learning)
    head = functional.dropout(layer("head", given), DROPPED, learning)
    return functional.linear(head, weights["out"], weights["out_bias"])[:, 0]


def read(data: Filmed, chosen: Any) -> Any:
    """Return the features of the *chosen* windows as they are."""
    windows = data.windows[chosen]
    looks = np.maximum(windows, 0)
    return torch.from_numpy(
        features(data.place[looks], data.confidence[looks], data.score[looks], windows >= 0)
    )


def varied(data: Filmed, chosen: Any, chance: np.random.Generator) -> Any:
    """Return the features of the *chosen* windows as other cameras would have seen them."""
    many = len(chosen)
    windows = data.windows[chosen]
    daily = np.flatnonzero(data.act)
    spliced = data.act[chosen] & (chance.random(many) < SPLICED)
    for row in np.flatnonzero(spliced):
        cut = int(chance.integers(4, STEPS - 4))
        windows[row, :cut] = data.windows[chance.choice(daily), :cut]
    looks, seen = np.maximum(windows, 0), windows >= 0
    place, confidence, score = data.place[looks], data.confidence[looks], data.score[looks]
    mirrored = chance.random(many) < 0.5
    place[mirrored] = place[mirrored][:, :, SWAPPED] * np.array([-1, 1], np.float32)
    confidence[mirrored] = confidence[mirrored][:, :, SWAPPED]
    # What the simulated eye may have wrong about the real one.
    sizes = np.ptp(place, axis=2).sum(axis=2) * seen
    length = sizes.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    steady = chance.normal(0, ASTRAY, (many, 1, 17, 2))
    each = chance.standard_normal(place.shape, np.float32) * ASTRAY / 2
    unsure = chance.uniform(0, 1, (many, 1, 1, 1)) * length[:, None, None, None]
    place = place + ((steady + each) * unsure).astype(np.float32)
    for limb in LIMBS:
        hidden = (chance.random(many) < HIDDEN)[:, None] & (chance.random(seen.shape) < 0.8)
        confidence[..., limb] = np.where(hidden[..., None], 0.0, confidence[..., limb])
    turn = chance.normal(0, 0.07, many)[:, None, None]  # radians
    x, y = place[..., 0], place[..., 1] - 0.5
    across, down = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y + 0.5
    nearer = np.clip(1 + chance.normal(0, 0.1, many), 0.7, 1.3)[:, None, None, None]
    place = (np.stack([across, down], axis=-1) * nearer).astype(np.float32)
    clear = np.clip(1 + chance.normal(0, 0.25, (2, many)), 0.5, 1.6).astype(np.float32)
    confidence, score = confidence * clear[0, :, None, None], score * clear[1, :, None]
    seen &= chance.random(seen.shape) > 0.03
    begins = np.where(chance.random(many) < 0.15, chance.integers(0, STEPS - 8, many), 0)
    seen &= np.arange(STEPS) >= begins[:, None]
    return torch.from_numpy(features(place, confidence, score, seen))


def learn(
    weights: Weights, parts: Sequence[tuple[Filmed, int]], batches: int, rate: float, seed: int
) -> None:
    """Improve *weights* by *batches* of so many windows of each part."""
    chance = np.random.default_rng(seed)
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(weights.values(), rate, weight_decay=DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=batches)
    began, loss_of_late = time.monotonic(), 0.7
    for number in range(batches):
        given, truth = [], []
        for data, many in parts:
            chosen = chance.integers(0, len(data.fell), many)
            given.append(varied(data, chosen, chance))
            truth.append(torch.from_numpy(data.fell[chosen]))
        answer = logits(weights, torch.cat(given), learning=True)
        loss = functional.binary_cross_entropy_with_logits(answer, torch.cat(truth))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        pace.step()
        loss_of_late += 0.01 * (loss.item() - loss_of_late)
        if number % 500 == 499:
            spent = time.monotonic() - began
            print(f"  {number + 1} of {batches} batches, loss {loss_of_late:.4f}, {spent:.0f} s")
            sys.stdout.flush()


def measured(weights: Weights, data: Filmed) -> str:
    """Say how many fallen windows are told where one in a hundred or a thousand others is too."""
    with torch.no_grad():
        answers = [
            logits(weights, read(data, np.arange(first, min(first + 4096, len(data.fell)))))
            for first in range(0, len(data.fell), 4096)
        ]
    sure = torch.sigmoid(torch.cat(answers)).numpy()
    fallen, others = sure[data.fell == 1], np.sort(sure[data.fell == 0])
    told = [f"{len(fallen)} windows of fallen people and {len(others)} others"]
    for share in (0.01, 0.001):
        limit = others[-1 - int(share * len(others))]
        told.append(f"{(fallen > limit).mean():.1%} above {share:.1%} of the others ({limit:.2f})")
    for limit in (0.5, 0.9):
        told.append(
            f"{(fallen > limit).mean():.1%} and {(others > limit).mean():.2%} above {limit}"
        )
    return "; ".join(told)


def main(argv: Sequence[str] | None = None) -> int:
    """Train and write the weights; 2 when clips or model are missing."""
    parser = argparse.ArgumentParser(description="Train the temporal model of falls.")
    parser.add_argument("--people", type=int, default=400, help="of each kind (%(default)s)")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="labelled (%(default)s)")
    parser.add_argument(
        "--films", type=Path, metavar="DIR", help="of rendered people, to learn from too"
    )
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="PREFIX", help="clips to be judged, not learned"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="(%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.jobs)
    kinds = list(FALLS | ACTS)
    try:
        # Mirrored and backwards they are shown in any case.
        plain = (name for name, variant in VARIANTS.items() if not variant.backwards)
        variants = [name for name in plain if name != "mirrored"]
        forwards = real(options.clips, variants, options.jobs)
        films = real(options.films, ["as they are"], options.jobs) if options.films else []
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    clips = [(name, each) for name, story in forwards for each in (story, story.backwards())]
    # The sweep's seeds begin at 0: it judges people whom nobody learned from.
    people = simulate(kinds, range(1_000_000, 1_000_000 + options.people), options.jobs)
    others = simulate(kinds, range(2_000_000, 2_000_040), options.jobs)
    simulated = filmed(people, every=2, seed=1, warp=WARP)
    print(f"{len(people)} simulated clips, {len(simulated.fell)} windows", flush=True)
    shown = [story for _, story in films]
    shown += [story.backwards() for story in shown if story.impact is not None]
    rendered = [(filmed(shown, every=1, seed=6), round(RENDERED * BATCH))] if shown else []
    weights = fresh(torch.Generator().manual_seed(1))
    batches = ROUNDS * len(simulated.fell) // BATCH
    learn(weights, [(simulated, BATCH)], batches, RATE, seed=2)
    unseen = filmed(others, every=3, seed=4)
    print("simulated people alone, on others:", measured(weights, unseen))
    for prefix in ("", *options.without):
        aside = [story for name, story in clips if prefix and name.startswith(prefix)]
        taught = [story for name, story in clips if not (prefix and name.startswith(prefix))]
        refined = {name: one.detach().clone().requires_grad_() for name, one in weights.items()}
        parts = [(filmed(taught, every=1, seed=3), round(REAL * BATCH)), *rendered]
        parts.append((simulated, BATCH - sum(many for _, many in parts)))
        learn(refined, parts, REFINED, REFINED_RATE, seed=5)
        told = [f"without {prefix}:" if prefix else "with all clips:", measured(refined, unseen)]
        if aside:
            kept = filmed(aside, every=1, seed=4)
            told += ["\n  on these: before,", measured(weights, kept), "\n  after,"]
            told.append(measured(refined, kept))
        out = options.out.with_suffix(f".without-{prefix}.npz") if prefix else options.out
        half = {name: one.detach().numpy().astype(np.float16) for name, one in refined.items()}
        np.savez_compressed(out, **half)
        print(*told, f"\n  wrote {out}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
