"""Writes a weighted mean of the tuned and the stock weights: `blend.py SHARE` takes SHARE of the tuned ones, into `.work/blend`.

A little of the stock weights back keeps what they knew of other speech, and costs nothing in use.
"""

import shutil
import sys

from data import WORK
from model import Ct2


def main() -> None:
    share = float(sys.argv[1])
    stock, tuned = Ct2(WORK / "base/model.bin"), Ct2(WORK / "run-base/model.bin")
    names = [n for n, (dims, kind, _) in stock.variables.items() if kind in (0, 4) and dims]
    folder = WORK / "blend"
    folder.mkdir(exist_ok=True)
    stock.write(folder / "model.bin", {n: stock.tensor(n) * (1 - share) + tuned.tensor(n) * share for n in names})
    shutil.copy(WORK / "base/vocabulary.txt", folder)


if __name__ == "__main__":
    main()
