"""Recordings -> variants of them in rooms, as energies of the mel bands.

Everything that must be done to the sound itself is done here, once for each variant: other speeds, a room's answer, an
overdriven microphone. What can be done to energies, because they add up, is left to `mix.py`, which does it anew for every example:
noise, level, the microphone's tone, tempo, the length of the speaker's vocal tract.
"""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import lfilter

from model import BANDS, DATA, HOP, RATE, energies
from speak import WORK

HERE = Path(__file__).resolve().parent
BANK = WORK / "bank"
# Loudness to which speech is brought before anything else, RMS.
SPEECH_RMS = 0.05


def read(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == RATE, path
    return samples.mean(1)


def sources(test: bool) -> list[tuple[str, str, Path]]:
    """(kind, name, path) of every recording of people: kind is a word, `other`, `speech`, `read`; noise is apart."""
    split = json.loads((HERE / "split.json").read_text())
    test_files, test_speakers = set(split["wake_test"]), set(split["human_test_speakers"])
    kinds = {"computer": "computer", "computer_community": "computer", "hey_computer": "computer", "jarvis": "jarvis"}
    found = []
    for path in sorted((DATA / "wake").glob("*/*.flac")):
        name = f"{path.parent.name}/{path.name}"
        if (name in test_files) == test:
            found.append((kinds.get(path.parent.name, "other"), name, path))
    for table in sorted((DATA / "human").glob("*/transcripts.tsv")):
        with table.open(encoding="utf-8") as rows:
            for row in csv.DictReader(rows, delimiter="\t"):
                spoken = set(row["text"].lower().split())
                if (row["speaker"] in test_speakers) == test and not spoken & {"computer", "jarvis"}:
                    found.append(("speech", f"human/{table.parent.name}/{row['file']}", table.parent / row["file"]))
    if test:
        found += [("read", f"read/{path.name}", path) for path in sorted((DATA / "read").glob("*.ogg"))]
    else:
        found += [("speech", f"{path.parent.name}/{path.name}", path) for path in sorted((DATA / "orders").glob("*.flac"))]
    return found


def noises(test: bool) -> list[np.ndarray]:
    """Each noise's first 60 % for training, the rest for testing."""
    parts = []
    for path in sorted((DATA / "noise").glob("*.flac")):
        samples = read(path)
        cut = int(0.6 * len(samples))
        parts.append(samples[cut:] if test else samples[:cut])
    return parts


def power(samples: np.ndarray) -> float:
    return float(np.dot(samples, samples)) / max(1, len(samples)) + 1e-12


def word_end(samples: np.ndarray) -> tuple[int, int]:
    """First and last sample of the loudest stretch of speech, by energy over 20 ms with the low frequencies held back."""
    emphasised = np.append(samples[0], samples[1:] - 0.9 * samples[:-1])
    energy = 10 * np.log10(np.square(emphasised[: len(emphasised) // 320 * 320].reshape(-1, 320)).mean(1) + 1e-10)
    floor, top = np.quantile(energy, 0.15), np.quantile(energy, 0.98)
    active = energy > max(floor + 0.35 * (top - floor), top - 32)
    peak = int(np.argmax(np.convolve(10 ** (energy / 10), np.ones(15), "same")))
    first = last = peak
    gap = 9  # 180 ms: longer than the closure of a stop inside the word
    while True:
        before = np.flatnonzero(active[max(0, first - gap) : first])
        if not len(before):
            break
        first = max(0, first - gap) + int(before[0])
    while True:
        after = np.flatnonzero(active[last + 1 : last + 1 + gap])
        if not len(after):
            break
        last = last + 1 + int(after[-1])
    return first * 320, (last + 1) * 320


def onset(samples: np.ndarray) -> int:
    """First sample of synthetic speech, which has silence before it."""
    level = np.abs(samples[: len(samples) // 160 * 160].reshape(-1, 160)).max(1)
    return int(np.argmax(level > 0.04 * level.max())) * 160


class Positives:
    """The training recordings of the words: (kind, name, samples, first, last, sure). `sure`: the end is known to some
    50 ms; where it is not, because noise hides it or because a command follows, the label allows for more."""

    def __init__(self, words: list[str]):
        self.items = []
        ends_file = WORK / "ends.json"
        ends = json.loads(ends_file.read_text()) if ends_file.exists() else {}
        for kind, name, path in sources(test=False):
            if kind in words:
                samples = read(path)
                first, last = word_end(samples)
                sure = (last - first) >= 0.45 * RATE
                self.items.append((kind, name, samples, first, last, sure))
        listed = json.loads((WORK / "synthetic.json").read_text())
        self.near = []
        lengths: dict[str, int] = {}
        for item in listed:
            path = WORK / f"synthetic/{item['file']}.wav"
            if not path.exists() or item["word"] not in (None, *words):
                continue
            samples = read(path)
            name = f"synthetic/{item['file']}"
            if item["word"] is None:
                self.near.append((name, samples))
                continue
            engine = "cheap" if "_cheap_" in name else "kokoro"
            if "alone" in item:
                if item["alone"] not in lengths:
                    continue
                first = onset(samples)
                # A word is drawn out at the end of what is said.
                last = min(len(samples), first + int(0.88 * lengths[item["alone"]]))
                self.items.append((f"{item['word']}_{engine}", name, samples, first, last, False))
            else:
                first, last = word_end(samples)
                if not item["file"].endswith("_led"):
                    lengths[item["file"]] = last - onset(samples)
                else:
                    first = max(first, last - int(0.75 * RATE))
                self.items.append((f"{item['word']}_{engine}", name, samples, first, last, True))
        for place, (kind, name, samples, first, last, sure) in enumerate(self.items):
            if name in ends:
                self.items[place] = (kind, name, samples, *ends[name], True)


# --- what a room and a microphone do ----------------------------------------------------------------------------------


def stretch(samples: np.ndarray, factor: float) -> np.ndarray:
    """Plays `factor` times faster: higher and shorter."""
    places = np.arange(0, len(samples) - 1, factor)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def room(chance: np.random.Generator) -> np.ndarray:
    """A room's answer, at most 0.5 s: early echoes and a decaying tail, from nearly dry to far away."""
    answer = np.zeros(int(0.5 * RATE), np.float32)
    answer[0] = 1.0
    decay = chance.uniform(0.1, 0.9)
    late = chance.standard_normal(len(answer)).astype(np.float32) * 10 ** (-3 * np.arange(len(answer)) / RATE / decay)
    late[: int(chance.uniform(0.002, 0.02) * RATE)] = 0
    late = lfilter([1.0], [1.0, -chance.uniform(0.0, 0.7)], late)
    for _ in range(int(chance.integers(2, 9))):
        late[int(chance.uniform(0.001, 0.04) * RATE)] += chance.uniform(0.1, 0.6) * chance.choice([-1, 1]) * np.sqrt(np.sum(late**2) / 8)
    direct = 10 ** (chance.uniform(-4, 16) / 20)
    return (answer + late / np.sqrt(np.sum(late**2)) / direct).astype(np.float32)


def in_room(samples: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """As long as before plus 0.3 s of the tail."""
    length = len(samples) + int(0.3 * RATE)
    size = next_fast_len(len(samples) + len(answer), real=True)
    return irfft(rfft(samples, size) * rfft(answer, size), size)[:length].astype(np.float32)


def logs(samples: np.ndarray) -> np.ndarray:
    """[frames, 40] logarithm of the bands' energies, f16."""
    return np.log(energies(torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None])[0].numpy() + 1e-11).astype(np.float16)


def overdriven(samples: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    limit = np.abs(samples).max() * chance.uniform(0.15, 0.6) + 1e-6
    return np.clip(samples, -limit, limit)


def coloured(length: int, chance: np.random.Generator) -> np.ndarray:
    spectrum = rfft(chance.standard_normal(length).astype(np.float32))
    hertz = np.maximum(np.linspace(0, RATE / 2, len(spectrum)), 40)
    out = irfft(spectrum * (hertz / 1000) ** chance.uniform(-1.2, 0.3), length)
    if chance.random() < 0.3:
        out *= 1 + 0.9 * np.sin(2 * np.pi * chance.uniform(0.3, 8) * np.arange(length) / RATE)
    return (out / np.sqrt(power(out))).astype(np.float32)


def music(length: int, chance: np.random.Generator) -> np.ndarray:
    """Chords with overtones that change by a beat, and a drum: nothing like speech but as loud."""
    out = np.zeros(length, np.float32)
    beat = int(chance.uniform(0.2, 0.7) * RATE)
    for begin in range(0, length, beat):
        stop = min(length, begin + int(beat * chance.uniform(0.8, 2)))
        time = np.arange(stop - begin) / RATE
        for note in chance.choice([0, 3, 4, 5, 7, 9, 10, 12, 16, 19], 3, replace=False):
            pitch = 110 * 2 ** ((note + chance.integers(0, 12)) / 12)
            for overtone in range(1, 6):
                out[begin:stop] += np.sin(2 * np.pi * pitch * overtone * time + chance.uniform(0, 6)) * np.exp(-time * chance.uniform(1, 6)) / overtone
        if chance.random() < 0.6:
            out[begin:stop] += chance.standard_normal(stop - begin) * np.exp(-time * 40) * 2
    return (out / np.sqrt(power(out))).astype(np.float32)


def machine(length: int, chance: np.random.Generator) -> np.ndarray:
    """Tones, squares and levels that no voice makes, switched on and off."""
    time, pick = np.arange(length) / RATE, chance.random()
    out = np.zeros(length, np.float32)
    if pick < 0.4:
        out += np.sin(2 * np.pi * 10 ** chance.uniform(1.5, 3.9) * time).astype(np.float32)
    elif pick < 0.7:
        out += np.sign(np.sin(2 * np.pi * 10 ** chance.uniform(1.5, 3.5) * time)).astype(np.float32)
    elif pick < 0.85:
        out += 1.0
    else:
        out += np.sin(2 * np.pi * (50 + 3000 * (time % 3)) * time).astype(np.float32)
    if chance.random() < 0.6:
        out *= np.sin(2 * np.pi * time / chance.uniform(0.3, 4)) > 0
    return 0.5 * out


class Shelf:
    """Collects variants of one kind and writes them: all frames in one array, and where each variant lies in it."""

    def __init__(self):
        self.frames, self.rows, self.total = [], [], 0

    def add(self, frames: np.ndarray, source: int = -1, begin: int = 0, end: int = 0, sure: bool = True) -> None:
        self.frames.append(frames)
        self.rows.append((self.total, len(frames), source, begin, end, int(sure)))
        self.total += len(frames)

    def save(self, kind: str) -> None:
        BANK.mkdir(parents=True, exist_ok=True)
        frames = np.concatenate(self.frames) if self.frames else np.zeros((0, BANDS), np.float16)
        np.save(BANK / f"{kind}.frames.npy", frames)
        np.save(BANK / f"{kind}.rows.npy", np.array(self.rows, np.int64).reshape(-1, 6))
        print(f"{kind}: {len(self.rows)} variants, {self.total / 360_000:.2f} h", flush=True)


def variant(samples: np.ndarray, chance: np.random.Generator, first: int = 0, last: int = 0, spread: float = 0.08) -> tuple[np.ndarray, int, int]:
    """One variant of a recording: its logs and the frames where the word begins and ends."""
    factor = float(np.clip(chance.normal(1.0, spread), 0.78, 1.25))
    samples = stretch(samples, factor)
    first, last = int(first / factor), int(last / factor)
    samples = samples * (SPEECH_RMS / np.sqrt(power(samples[first:last] if last > first else samples)))
    if chance.random() < 0.06:
        samples = overdriven(samples, chance)
    if chance.random() < 0.6:
        samples = in_room(samples, room(chance))
    return logs(samples), first // HOP, last // HOP


def render(words: list[str], people: int, kokoro: int, cheap: int, seed: int, only: str) -> None:
    """Writes the bank: `people` variants of each recording of a word by a person, and so on."""
    chance = np.random.default_rng(seed)
    positives = Positives(words)
    if only in ("", "words"):
        for word in words:
            for kind, times in ((word, people), (f"{word}_kokoro", kokoro), (f"{word}_cheap", cheap)):
                shelf = Shelf()
                for source, (of, _, samples, first, last, sure) in enumerate(positives.items):
                    if of == kind:
                        # Only what is around the word; the rest of the scene is `mix.py`'s.
                        cut, stop = max(0, first - RATE // 2), min(len(samples), last + (2 * RATE if "_" in kind else RATE // 2))
                        for _ in range(times):
                            frames, begin, end = variant(samples[cut:stop], chance, first - cut, last - cut)
                            shelf.add(frames, source, begin, end, sure)
                shelf.save(kind)
        shelf = Shelf()
        for source, (_, samples) in enumerate(positives.near):
            for _ in range(max(kokoro // 2, 2)):
                shelf.add(variant(samples, chance)[0], source)
        shelf.save("near")
    people_of = {"speech": Shelf(), "other": Shelf()}
    for source, (kind, _, path) in enumerate(sources(test=False)):
        if kind in people_of and only in ("", kind, "negatives"):
            samples = read(path)
            if len(samples) < RATE // 4:
                continue
            for _ in range(1 if kind == "speech" else 10):
                people_of[kind].add(variant(samples, chance, spread=0.06)[0], source)
    for kind, shelf in people_of.items():
        if shelf.rows:
            shelf.save(kind)
    if only in ("", "noise", "negatives"):
        shelf = Shelf()
        for samples in noises(test=False):
            for factor in (0.8, 0.9, 1.0, 1.12, 1.25):
                samples_of = stretch(samples, factor)
                shelf.add(logs(samples_of / np.sqrt(power(samples_of)) * SPEECH_RMS))
        for _ in range(16):
            shelf.add(logs(coloured(20 * RATE, chance) * SPEECH_RMS))
        for _ in range(16):
            shelf.add(logs(music(20 * RATE, chance) * SPEECH_RMS))
        shelf.save("noise")
        shelf = Shelf()
        for _ in range(24):
            shelf.add(logs(machine(10 * RATE, chance)))
        shelf.save("machine")
