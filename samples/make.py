"""Speaks the demo's samples: `python3 samples/make.py` (what it needs: models/wake/speak.py).

In comes samples.toml; out goes one WAV a sample, 16 kHz mono 16-bit: a second of noise, the words, and
a second and a half of noise, so that the end of speech can be found. The noise is made here, the babble
of voices that are spoken here. The same seed gives the same files.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import lfilter

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "models/wake"))
import speak  # noqa: E402

RATE = 16_000
LEAD_S, TAIL_S = 1.0, 1.5
SPEECH_DBFS = -24.0
BABBLE = [
    ("af_sky", "I told her that we would be there on Sunday if the weather is kind."),
    ("am_eric", "They never found the keys, so he climbed in through the cellar."),
    ("bf_alice", "And then the whole cake slid off the table onto the dog."),
    ("bm_daniel", "Nobody reads the paper any more, but I like the crossword."),
]


def level(sound: np.ndarray) -> float:
    """Root mean square of the louder parts, as a listener would judge the level."""
    frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    power = (frames**2).mean(axis=1)
    return float(np.sqrt(power[power >= np.quantile(power, 0.5)].mean()))


def pink(length: int, rng: np.random.Generator) -> np.ndarray:
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20.0))
    return np.fft.irfft(spectrum, length)


def fan(length: int, rng: np.random.Generator) -> np.ndarray:
    """Moving air with a blade's hum."""
    t = np.arange(length) / RATE
    air = lfilter([1.0], [1.0, -0.95], rng.standard_normal(length))
    air /= air.std()
    hum = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) * a for f, a in ((118, 0.5), (236, 0.25), (354, 0.1)))
    return air + hum


def babble(length: int, rng: np.random.Generator) -> np.ndarray:
    total = np.zeros(length)
    for voice, text in BABBLE:
        said = speak.say(text, voice)
        said = np.tile(said, length // len(said) + 2)
        start = rng.integers(0, len(said) - length)
        total += said[start : start + length] / level(said)
    return total


NOISES = {"pink": pink, "fan": fan, "babble": babble}


def main() -> None:
    samples = tomllib.loads((HERE / "samples.toml").read_text(encoding="utf-8"))["sample"]
    for number, sample in enumerate(samples):
        rng = np.random.default_rng(number)
        said = speak.say(sample["say"], sample["voice"])
        said = said / level(said) * 10 ** (SPEECH_DBFS / 20)
        length = len(said) + int((LEAD_S + TAIL_S) * RATE)
        noise = NOISES[sample["noise"]](length, rng)
        noise *= level(said) / np.sqrt((noise**2).mean()) * 10 ** (-sample["snr_db"] / 20)
        noise[int(LEAD_S * RATE) : int(LEAD_S * RATE) + len(said)] += said
        peak = np.abs(noise).max()
        if peak > 0.95:
            noise *= 0.95 / peak
        soundfile.write(HERE / sample["file"], noise, RATE, subtype="PCM_16")
        print(f"{sample['file']}: {length / RATE:.1f} s")


if __name__ == "__main__":
    main()
