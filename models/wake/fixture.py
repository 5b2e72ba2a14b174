"""Writes `tests/data/wake/fixture.json`: what PyTorch hears in some recordings, for the test that compares Rust with it.

`evaluate.py --export` calls it, so that fixture and weights always belong together.
"""

import json

import numpy as np
import torch

from augment import HERE, read
from model import DATA, HOP, Network, features

ROOT = HERE.parents[1]
SHIPPED = ["tests/data/wake/computer_command.wav", "tests/data/wake/jarvis_command.wav", "tests/data/wake/no_wake_word.wav"]
PEOPLE = ["wake/computer/003.flac", "wake/jarvis/003.flac", "wake/alexa/003.flac"]


@torch.no_grad()
def heard(network: Network, samples: np.ndarray) -> dict:
    samples = samples[: len(samples) // HOP * HOP]
    bands = features(torch.from_numpy(samples)[None])
    logits = network(bands)[0]
    return {
        "every": 25,
        "bands": [[round(float(value), 5) for value in frame] for frame in bands[0, ::25]],
        "logits": [[round(float(value), 4) for value in step] for step in logits],
    }


def write(network: Network) -> None:
    """`network` as it was exported, in f32."""
    torch.set_num_threads(1)
    network = network.eval()
    files = [{"file": name, **heard(network, read(ROOT / name))} for name in SHIPPED]
    files += [{"data": name, **heard(network, read(DATA / name))} for name in PEOPLE]
    (ROOT / "tests/data/wake/fixture.json").write_text(json.dumps({"files": files}, separators=(",", ":")) + "\n")
