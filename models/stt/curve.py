"""Draws the learning curve of `.work/run-base/curve.tsv` as `curve.png`."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from data import HERE, WORK

NAMES = {"train": "training", "commands": "home commands (test)", "libri_a": "LibriSpeech (test)", "learners": "learners (test)", "orders": "orders (test)"}


def main() -> None:
    rows = [line.split("\t") for line in (WORK / "run-base/curve.tsv").read_text().splitlines()]
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for kind, name in NAMES.items():
        points = [(int(step), float(loss)) for step, _, k, loss in rows if k == kind and loss != "nan"]
        if points:
            axes.plot(*zip(*points), marker="o", markersize=3, label=name)
    axes.set_xlabel("steps of 36 s of sound at most")
    axes.set_ylabel("cross-entropy a token")
    axes.set_yscale("log")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(HERE / "curve.png", dpi=110)


if __name__ == "__main__":
    main()
