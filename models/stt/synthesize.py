"""Speaks made-up home commands for training: `.work/synthetic/*.flac` and a line each in `.work/synthetic.tsv`.

    synthesize.py cheap --minutes 15      # Piper, flite, espeak-ng, festival: seconds of speech for a hundredth of the time
    synthesize.py kokoro --minutes 20     # 54 neural voices and mixtures: two core seconds a second of speech

Resumable; what is spoken comes from a fixed seed. Sentences that ../shared/data's commands say word for word are left out.
"""

import argparse
import random
import re
import sys
import time
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "wake"))

import texts  # noqa: E402
from data import DATA, WORK  # noqa: E402
from speak import FLITE_VOICES, kokoro_voices, say  # noqa: E402

ACCENTS = ["en-us", "en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-gb-x-gbclan", "en-us-nyc"]
VARIANTS = ["", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m6", "+m7"]
# Never trained on: they only test.
HELD_OUT_KOKORO = ["am_puck", "bf_emma", "af_nova"]
HELD_OUT_FLITE = "rms"


def words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "")))


def voice(chance: random.Random, engine: str) -> str:
    if engine == "kokoro":
        voices = [v for v in kokoro_voices() if v not in HELD_OUT_KOKORO]
        english = [v for v in voices if v[0] in "ab"]
        p = chance.random()
        if p < 0.5:
            return chance.choice(english)
        if p < 0.6:
            return chance.choice(voices)
        share = round(chance.uniform(0.25, 0.75), 2)
        return f"{chance.choice(english)}:{share}+{chance.choice(voices)}:{round(1 - share, 2)}"
    p = chance.random()
    if p < 0.55:
        return "piper:joe"
    if p < 0.8:
        return f"flite:{chance.choice([v for v in FLITE_VOICES if v != HELD_OUT_FLITE])}"
    if p < 0.97:
        return f"espeak:{chance.choice(ACCENTS)}{chance.choice(VARIANTS)}"
    return "festival:kal_diphone"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=["cheap", "kokoro"])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--count", type=int, default=6000)
    arguments = parser.parse_args()
    tested = {words(p.stem) for p in (DATA / "commands").glob("*/*.flac")}
    chance = random.Random(f"{arguments.engine} 20261125")
    folder, table = WORK / "synthetic", WORK / "synthetic.tsv"
    folder.mkdir(parents=True, exist_ok=True)
    begun, spoken = time.time(), 0.0
    for number in range(arguments.count):
        home = texts.home(chance)
        text = texts.command(chance, home)
        item = (voice(chance, arguments.engine), round(chance.uniform(0.8, 1.35), 2), chance.randint(30, 70))
        names = texts.prompt(chance, home)
        path = folder / f"{arguments.engine}_{number:05}.flac"
        if path.exists() or words(text) in tested:
            continue
        if time.time() - begun > 60 * arguments.minutes:
            print("time is up", flush=True)
            break
        try:
            samples = say(text, item[0], item[1], pitch=item[2])
        except Exception as error:  # an engine that is not installed costs variety, not the run
            print(f"{item[0]}: {error}", file=sys.stderr, flush=True)
            continue
        samples = np.asarray(samples, np.float32)
        spoken += len(samples) / 16_000
        soundfile.write(path, samples * min(1.0, 0.7 / max(1e-4, float(np.abs(samples).max()))), 16_000, subtype="PCM_16")
        with table.open("a", encoding="utf-8") as out:
            out.write(f"{path.name}\t{item[0]}\t{text}\t{names}\n")
        if number % 100 == 0:
            print(f"{number} {spoken:.0f} s of speech in {time.time() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
