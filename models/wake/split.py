"""Decides once which recordings of people train the wake word and which only test it; writes `split.json`.

The recordings of the words carry no speaker's name, and one person recorded several files one after another, so a random
split would put the same voice, microphone and room on both sides. Files that sound alike (spectrum of their loudest fifth
and of their background) are therefore grouped, over all words together, and groups are split. Of `human` a third of the
speakers tests; `read` (one woman) only tests; of each noise the last 40 % only tests.
"""

import csv
import json
import random
from pathlib import Path

import numpy as np
import soundfile
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from model import DATA

SEED = 20_261_124
TEST_SHARE = 1 / 3
ALIKE = 0.3


def fingerprint(path: Path) -> np.ndarray:
    """Log spectrum of the quietest quarter and of the loudest fifth of a recording."""
    samples, _ = soundfile.read(path)
    samples = samples / max(1e-6, np.abs(samples).max())
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::256] * np.hanning(512)
    power = np.log(np.abs(np.fft.rfft(frames, axis=1)) ** 2 + 1e-9)
    energy = power.mean(1)
    quiet = power[energy <= np.quantile(energy, 0.25)].mean(0)
    loud = power[energy >= np.quantile(energy, 0.8)].mean(0)
    return np.r_[quiet[::4], loud[::4]]


def main() -> None:
    chance = random.Random(SEED)
    files = sorted((DATA / "wake").glob("*/*.flac"))
    prints = np.array([fingerprint(path) for path in files])
    prints = (prints - prints.mean(0)) / prints.std(0)
    labels = fcluster(linkage(pdist(prints, "sqeuclidean") / prints.shape[1], "average"), ALIKE, "distance")
    groups: dict[int, list[str]] = {}
    for path, label in zip(files, labels):
        groups.setdefault(int(label), []).append(f"{path.parent.name}/{path.name}")
    folders = sorted({path.parent.name for path in files})
    total = {folder: sum(path.parent.name == folder for path in files) for folder in folders}

    # The drawing whose share of test files is nearest to the wanted one in every folder, of many.
    best, best_error = [], float("inf")
    for _ in range(4000):
        test = [name for _, names in sorted(groups.items()) if chance.random() < TEST_SHARE for name in names]
        error = sum((sum(name.startswith(folder + "/") for name in test) / total[folder] - TEST_SHARE) ** 2 for folder in folders)
        if error < best_error:
            best, best_error = sorted(test), error

    speakers = []
    for table in sorted((DATA / "human").glob("*/transcripts.tsv")):
        with table.open(encoding="utf-8") as rows:
            names = sorted({row["speaker"] for row in csv.DictReader(rows, delimiter="\t")})
        chance.shuffle(names)
        speakers += names[: round(len(names) * TEST_SHARE)] if len(names) > 1 else []
    result = {"seed": SEED, "groups": len(groups), "wake_test": best, "human_test_speakers": sorted(speakers)}
    Path(__file__).with_name("split.json").write_text(json.dumps(result, indent=0) + "\n")
    for folder in folders:
        print(folder, total[folder], "files,", sum(name.startswith(folder + "/") for name in best), "for testing")
    print(len(groups), "groups;", len(speakers), "speakers of human for testing")


if __name__ == "__main__":
    main()
