"""Recordings -> training examples: a few seconds with a word or without one, in a room, in noise, through a microphone.

`Bank` holds all decoded recordings as int16 in one array that is kept on disk; `Mixer.example` makes one example. The end of
the word is known for each positive recording (`ends.json`, first by energy, later by the model itself, see train.py).
"""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import lfilter

from model import DATA, RATE, STEP_SAMPLES
from speak import WORK

SECONDS = 3.2
SAMPLES = int(SECONDS * RATE)
STEPS = SAMPLES // STEP_SAMPLES
HERE = Path(__file__).resolve().parent


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
                if (row["speaker"] in test_speakers) == test:
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


class Bank:
    """All training recordings; `kinds[kind]` lists (start, length) in `sound`, `names[kind]` their names."""

    def __init__(self):
        items = sources(test=False)
        synthetic = {item["file"]: item for item in json.loads((WORK / "synthetic.json").read_text())}
        for path in sorted((WORK / "synthetic").glob("*.wav")):
            item = synthetic.get(path.stem)
            if item:
                engine = "cheap" if "_cheap_" in path.stem else "kokoro"
                items.append((f"{item['word']}_{engine}" if item["word"] else "near", f"synthetic/{path.stem}", path))
        self.kinds, self.names, parts, total = {}, {}, [], 0
        cache = WORK / "bank.npz"
        known = {}
        if cache.exists():
            old = np.load(cache, mmap_mode=None, allow_pickle=False)
            old_sound = np.load(WORK / "bank.npy", mmap_mode="r")
            known = {name: (int(a), int(b)) for name, a, b in zip(old["names"], old["starts"], old["lengths"])}
        names, starts, lengths = [], [], []
        for kind, name, path in items:
            if name in known:
                start, length = known[name]
                samples = old_sound[start : start + length]
            else:
                samples = (np.clip(read(path), -1, 1) * 32767).astype(np.int16)
            parts.append(np.asarray(samples))
            self.kinds.setdefault(kind, []).append((total, len(samples)))
            self.names.setdefault(kind, []).append(name)
            names.append(name), starts.append(total), lengths.append(len(samples))
            total += len(samples)
        self.sound = np.concatenate(parts)
        np.save(WORK / "bank.tmp.npy", self.sound)
        (WORK / "bank.tmp.npy").rename(WORK / "bank.npy")
        np.savez(WORK / "bank.tmp.npz", names=np.array(names), starts=starts, lengths=lengths)
        (WORK / "bank.tmp.npz").rename(cache)
        self.noise = noises(test=False)
        ends = WORK / "ends.json"
        self.ends = json.loads(ends.read_text()) if ends.exists() else {}
        # Where a command follows the word, energy does not tell the word's end: such a recording waits for `align`.
        follows = {name for name, item in synthetic.items() if item["word"] and len(item["text"].split()) > 2}
        self.follows = {f"synthetic/{name}" for name in follows}
        self.usable = {
            kind: [place for place, name in enumerate(names_of) if name not in self.follows or name in self.ends]
            for kind, names_of in self.names.items()
        }

    def take(self, kind: str, index: int) -> np.ndarray:
        start, length = self.kinds[kind][index]
        return self.sound[start : start + length].astype(np.float32) / 32768


def power(samples: np.ndarray) -> float:
    return float(np.dot(samples, samples)) / max(1, len(samples)) + 1e-12


class Mixer:
    """Makes examples: `example()` -> (samples [SAMPLES], word index or −1, first and last step in which the word's end may
    be heard, first step of the word)."""

    def __init__(self, bank: Bank, words: list[str], seed: int):
        self.bank, self.words, self.chance = bank, words, np.random.default_rng(seed)
        self.extents: dict[tuple[str, int], tuple[int, int]] = {}
        self.length = next_fast_len(SAMPLES + RATE // 2, real=True)
        # Rooms and backgrounds cost more to make than to use: each is used some tens of times.
        self.rooms = [self.room(self.length) for _ in range(250)]
        self.backgrounds = [self.background(3 * SAMPLES) for _ in range(120)]

    # --- what is said -------------------------------------------------------------------------------------------------

    def pick(self, kind: str) -> tuple[np.ndarray, int]:
        usable = self.bank.usable[kind]
        index = usable[int(self.chance.integers(len(usable)))]
        return self.bank.take(kind, index), index

    def speech(self, length: int) -> np.ndarray:
        """Running speech without a wake word, of one speaker or two, of `length` samples."""
        out, filled = np.zeros(length, np.float32), 0
        while filled < length:
            kind = self.chance.choice(["speech", "speech", "speech", "speech", "near", "other"])
            samples, _ = self.pick(kind if kind in self.bank.kinds else "speech")
            if filled == 0 and len(samples) > length:
                begin = int(self.chance.integers(len(samples) - length))
                samples = samples[begin:]
            samples = samples / np.sqrt(power(samples)) * 0.05
            part = samples[: length - filled]
            out[filled : filled + len(part)] = part
            filled += len(part) + int(self.chance.integers(0, RATE // 2))
        return out

    def positive(self, word: int) -> tuple[np.ndarray, int, int]:
        """A recording of the word and where the word begins and ends in it, in samples."""
        name = self.words[word]
        share = self.chance.random()
        kind = name if share < 0.5 else f"{name}_kokoro" if share < 0.88 else f"{name}_cheap"
        if kind not in self.bank.kinds:
            kind = next(other for other in (f"{name}_kokoro", name, f"{name}_cheap") if other in self.bank.kinds)
        samples, index = self.pick(kind)
        known = self.bank.ends.get(self.bank.names[kind][index])
        if known:
            first, last = known
        else:
            if (kind, index) not in self.extents:
                self.extents[kind, index] = word_end(samples)
            first, last = self.extents[kind, index]
        return samples, first, last

    def stretch(self, samples: np.ndarray, factor: float) -> np.ndarray:
        """Plays `factor` times faster: higher and shorter."""
        places = np.arange(0, len(samples) - 1, factor)
        return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)

    # --- where it is said ---------------------------------------------------------------------------------------------

    def room(self, length: int) -> np.ndarray:
        """Spectrum of a room's answer and of a microphone's tilt and band, for a transform of `length`."""
        chance = self.chance
        answer = np.zeros(int(0.5 * RATE), np.float32)
        answer[0] = 1.0
        if chance.random() < 0.65:
            decay = chance.uniform(0.12, 0.9)
            late = chance.standard_normal(len(answer)).astype(np.float32) * 10 ** (-3 * np.arange(len(answer)) / RATE / decay)
            late[: int(chance.uniform(0.002, 0.02) * RATE)] = 0
            late = lfilter([1.0], [1.0, -chance.uniform(0.0, 0.7)], late)
            for _ in range(int(chance.integers(2, 9))):
                late[int(chance.uniform(0.001, 0.04) * RATE)] += chance.uniform(0.1, 0.6) * chance.choice([-1, 1]) * np.sqrt(np.sum(late**2) / 8)
            direct = 10 ** (chance.uniform(-6, 14) / 20)
            answer = answer + late.astype(np.float32) / np.sqrt(np.sum(late**2)) / direct
        spectrum = rfft(answer.astype(np.float32), length)
        if chance.random() < 0.6:
            hertz = np.linspace(0, RATE / 2, len(spectrum))
            octaves = np.log2(np.maximum(hertz, 50) / 50)
            knots = np.arange(0, 8.0, 1.0)
            curve = np.interp(octaves, knots, chance.normal(0, 3.5, len(knots)))
            if chance.random() < 0.3:
                curve -= np.maximum(0, np.log2(np.maximum(hertz, 1) / chance.uniform(2500, 7500))) * chance.uniform(12, 60)
            if chance.random() < 0.4:
                curve -= np.maximum(0, np.log2(chance.uniform(80, 400) / np.maximum(hertz, 10))) * chance.uniform(6, 24)
            spectrum = spectrum * (10 ** (curve / 20)).astype(np.float32)
        return spectrum.astype(np.complex64)

    def background(self, length: int) -> np.ndarray:
        chance, pick = self.chance, self.chance.random()
        if pick < 0.55:
            noise = self.bank.noise[int(chance.integers(len(self.bank.noise)))]
            factor = chance.uniform(0.8, 1.25)
            need = int(length * factor) + 2
            begin = int(chance.integers(max(1, len(noise) - need)))
            out = self.stretch(np.resize(noise[begin : begin + need], need), factor)[:length]
            out = np.resize(out, length)
            if chance.random() < 0.3:
                out = out / np.sqrt(power(out)) + self.coloured(length) * chance.uniform(0.2, 1)
        elif pick < 0.72:
            out = sum(self.speech(length) * chance.uniform(0.3, 1) for _ in range(int(chance.integers(1, 6))))
        elif pick < 0.82:
            out = self.music(length)
        else:
            out = self.coloured(length)
        return (out / np.sqrt(power(out))).astype(np.float32)

    def coloured(self, length: int) -> np.ndarray:
        spectrum = rfft(self.chance.standard_normal(length).astype(np.float32))
        hertz = np.maximum(np.linspace(0, RATE / 2, len(spectrum)), 40)
        tilt = self.chance.uniform(-1.2, 0.3)
        out = irfft(spectrum * (hertz / 1000) ** tilt, length)
        if self.chance.random() < 0.3:
            out *= 1 + 0.9 * np.sin(2 * np.pi * self.chance.uniform(0.3, 8) * np.arange(length) / RATE)
        return (out / np.sqrt(power(out))).astype(np.float32)

    def music(self, length: int) -> np.ndarray:
        """Chords with overtones that change by a beat, and a drum: nothing like speech but as loud."""
        chance, out = self.chance, np.zeros(length, np.float32)
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
        return out

    # --- together -----------------------------------------------------------------------------------------------------

    def example(self) -> tuple[np.ndarray, int, int, int, int]:
        chance = self.chance
        scene = np.zeros(SAMPLES, np.float32)
        word = first_step = last_step = begin_step = -1
        loud = None
        if chance.random() < 0.42:
            word = int(chance.integers(len(self.words)))
            samples, first, last = self.positive(word)
            factor = float(np.clip(chance.normal(1.0, 0.09), 0.8, 1.25))
            samples, first, last = self.stretch(samples, factor), int(first / factor), int(last / factor)
            samples = samples / np.sqrt(power(samples[first:last])) * 0.08
            end = int(chance.uniform(1.1, SECONDS - 0.25) * RATE)
            before = min(last, end, int((last - first) + chance.uniform(0.03, 1.2) * RATE))
            after = min(len(samples) - last, SAMPLES - end, int(chance.uniform(0.1, 1.6) * RATE))
            piece = samples[last - before : last + after].copy()
            fade = min(160, len(piece) // 4)
            piece[:fade] *= np.linspace(0, 1, fade)
            piece[-fade:] *= np.linspace(1, 0, fade)
            scene[end - before : end + after] += piece
            loud = power(samples[first:last])
            if chance.random() < 0.35:
                stop = end - (last - first) - int(chance.uniform(0.02, 0.6) * RATE)
                if stop > RATE // 4:
                    scene[:stop] *= 0.3
                    scene[:stop] += self.speech(stop) * chance.uniform(0.4, 1.8)
            if chance.random() < 0.4:
                begin = end + int(chance.uniform(0.03, 0.5) * RATE)
                if SAMPLES - begin > RATE // 4:
                    scene[begin:] *= 0.3
                    scene[begin:] += self.speech(SAMPLES - begin) * chance.uniform(0.4, 1.8)
            first_step, last_step = (end - int(0.06 * RATE)) // STEP_SAMPLES, min(STEPS - 1, (end + int(0.12 * RATE)) // STEP_SAMPLES)
            begin_step = (end - (last - first)) // STEP_SAMPLES
        else:
            pick = chance.random()
            if pick < 0.62:
                scene += self.speech(SAMPLES) * 1.6
            elif pick < 0.80 and "near" in self.bank.kinds:
                samples, _ = self.pick("near")
                self.place(scene, samples)
                if chance.random() < 0.4:
                    self.place(scene, self.pick("near")[0])
            elif pick < 0.86 and "other" in self.bank.kinds:
                self.place(scene, self.pick("other")[0])
            elif pick < 0.95:
                # The word cut short, or its last part alone, is not the word.
                samples, first, last = self.positive(int(chance.integers(len(self.words))))
                if chance.random() < 0.6:
                    samples = samples[: first + int((last - first) * chance.uniform(0.25, 0.6))]
                else:
                    samples = samples[first + int((last - first) * chance.uniform(0.5, 0.75)) : last + RATE // 5]
                self.place(scene, samples)
                if chance.random() < 0.5:
                    half = SAMPLES // 2
                    scene[half:] += self.speech(SAMPLES - half)
            else:
                kind = chance.random()
                time = np.arange(SAMPLES) / RATE
                if kind < 0.3:
                    scene += np.sin(2 * np.pi * 10 ** chance.uniform(1.5, 3.9) * time).astype(np.float32) * (chance.random() < 0.7)
                elif kind < 0.5:
                    scene += np.sign(np.sin(2 * np.pi * 10 ** chance.uniform(1.5, 3.5) * time)).astype(np.float32)
                elif kind < 0.7:
                    scene += chance.uniform(-1, 1)
            loud = power(scene)
        if chance.random() < 0.8:
            gain = loud
            place = int(chance.integers(len(self.rooms)))
            if chance.random() < 0.04:
                self.rooms[place] = self.room(self.length)
            scene = irfft(rfft(scene, self.length) * self.rooms[place], self.length)[:SAMPLES]
            if word >= 0:
                loud = power(scene[max(0, begin_step * STEP_SAMPLES) : last_step * STEP_SAMPLES])
            else:
                loud = gain
        if chance.random() < 0.85:
            place = int(chance.integers(len(self.backgrounds)))
            if chance.random() < 0.04:
                self.backgrounds[place] = self.background(3 * SAMPLES)
            begin = int(chance.integers(2 * SAMPLES))
            noise = self.backgrounds[place][begin : begin + SAMPLES]
            below = chance.uniform(-3, 12) if chance.random() < 0.6 else chance.uniform(12, 30)
            scene = scene + noise * np.sqrt(max(loud, 1e-5)) * 10 ** (-below / 20)
        peak = np.abs(scene).max() + 1e-9
        scene = scene / peak * 10 ** (chance.uniform(-32, 3) / 20)
        if chance.random() < 0.1:
            begin = int(chance.integers(SAMPLES // 3))
            if word < 0 or begin < begin_step * STEP_SAMPLES:
                scene[:begin] = 0
        scene = np.clip(scene, -1, 1)
        if chance.random() < 0.5:
            scene = np.round(scene * 32767) / 32768
        return scene.astype(np.float32), word, first_step, last_step, begin_step

    def place(self, scene: np.ndarray, samples: np.ndarray) -> None:
        samples = self.stretch(samples, float(np.clip(self.chance.normal(1.0, 0.09), 0.8, 1.25)))
        samples = samples / np.sqrt(power(samples)) * 0.06
        space = len(scene) - len(samples)
        if space > 0:
            begin = int(self.chance.integers(space))
            scene[begin : begin + len(samples)] += samples
        else:
            begin = int(self.chance.integers(-space + 1))
            scene += samples[begin : begin + len(scene)]
