"""Variants of recordings -> training examples: 3.2 s with a word or without one, in noise, at some level, through some
microphone, as levelled bands.

Energies of the bands add up as sounds do, so every example is mixed anew in a millisecond and none is seen twice.
"""

import json

import numpy as np

from augment import BANK, SPEECH_RMS
from model import BANDS, FFT, HIGH_HZ, LOW_HZ, RATE, WINDOW, mel_filters, pcen
from speak import WORK

FRAMES = 320
STEPS = FRAMES // 2
# What rounding to 16 bit adds to each band.
ROUNDING = (1 / 32768**2 / 12 * 0.375 * WINDOW * mel_filters().sum(0)).astype(np.float32)
# Energy of a band, all bands together, per power of the sound: what SPEECH_RMS is in a frame.
FRAME_ENERGY = 0.375 * WINDOW * FFT / 2


def warps(factors: np.ndarray) -> np.ndarray:
    """[n, 40, 40] matrices that move logs of bands to where a vocal tract shorter by the factor has them."""
    mel = lambda hz: 2595.0 * np.log10(1.0 + hz / 700.0)
    centres = 700.0 * (10.0 ** (np.linspace(mel(LOW_HZ), mel(HIGH_HZ), BANDS + 2)[1:-1] / 2595.0) - 1.0)
    step = (mel(HIGH_HZ) - mel(LOW_HZ)) / (BANDS + 1)
    out = np.zeros((len(factors), BANDS, BANDS), np.float32)
    for matrix, factor in zip(out, factors):
        place = np.clip((mel(centres / factor) - mel(LOW_HZ)) / step - 1, 0, BANDS - 1)
        low = np.minimum(place.astype(int), BANDS - 2)
        matrix[low, np.arange(BANDS)] += 1 - (place - low)
        matrix[low + 1, np.arange(BANDS)] += place - low
    return out


class Shelf:
    """All variants of one kind."""

    def __init__(self, kind: str):
        self.kind = kind
        path = BANK / f"{kind}.frames.npy"
        self.frames = np.load(path, mmap_mode="r") if path.exists() else np.zeros((0, BANDS), np.float16)
        self.rows = np.load(BANK / f"{kind}.rows.npy") if path.exists() else np.zeros((0, 6), np.int64)


class Mixer:
    """`batch(size)` -> (bands [size, 320, 40], labels [size, 4]): word index or −1, first and last step in which the word's end
    may be heard, first step of the word."""

    def __init__(self, words: list[str], seed: int):
        self.words, self.chance = words, np.random.default_rng(seed)
        kinds = [kind for word in words for kind in (word, f"{word}_kokoro", f"{word}_cheap")]
        self.shelves = {kind: Shelf(kind) for kind in [*kinds, "near", "other", "speech", "noise", "machine"]}
        self.warps = warps(np.linspace(0.92, 1.10, 19))
        hard = WORK / "hard.json"
        # Places of running speech where a trained network was nearly taken in, see train.py mine.
        self.hard = np.array(json.loads(hard.read_text()) if hard.exists() else [], np.int64)

    # --- pieces -------------------------------------------------------------------------------------------------------

    def changed(self, logs: np.ndarray, tempo: float) -> np.ndarray:
        """Energies of `logs` spoken `tempo` times faster by a longer or shorter vocal tract."""
        logs = logs.astype(np.float32)
        if tempo != 1.0 and len(logs) > 2:
            place = np.arange(0, len(logs) - 1.001, tempo)
            low = place.astype(int)
            share = (place - low)[:, None].astype(np.float32)
            logs = logs[low] * (1 - share) + logs[low + 1] * share
        if self.chance.random() < 0.5:
            logs = logs @ self.warps[int(self.chance.integers(len(self.warps)))]
        return np.exp(logs)

    def tempo(self, spread: float = 0.07) -> float:
        return float(np.clip(self.chance.normal(1.0, spread), 0.8, 1.25)) if self.chance.random() < 0.6 else 1.0

    def row(self, kind: str) -> np.ndarray:
        rows = self.shelves[kind].rows
        return rows[int(self.chance.integers(len(rows)))]

    def speech(self, length: int, spoken: str = "speech") -> np.ndarray:
        """[length, 40] energies of running speech without a wake word."""
        chance, shelf, tempo = self.chance, self.shelves[spoken], self.tempo()
        need = int(length * tempo) + 4
        begin = int(chance.integers(len(shelf.frames) - need))
        if spoken == "speech" and len(self.hard) and length == FRAMES and chance.random() < 0.55:
            begin = int(self.hard[int(chance.integers(len(self.hard)))]) - int(chance.uniform(0.45, 0.95) * need)
            begin = min(max(0, begin), len(shelf.frames) - need)
        out = self.changed(shelf.frames[begin : begin + need], tempo)[:length]
        return np.resize(out, (length, BANDS)) if len(out) < length else out

    def positive(self, word: int) -> tuple[np.ndarray, int, int, bool]:
        """Energies of a recording of the word, and the frames where it begins and ends."""
        name, share = self.words[word], self.chance.random()
        kind = name if share < 0.6 else f"{name}_kokoro" if share < 0.94 else f"{name}_cheap"
        if not len(self.shelves[kind].rows):
            kind = next(other for other in (name, f"{name}_kokoro", f"{name}_cheap") if len(self.shelves[other].rows))
        start, length, _, begin, end, sure = self.row(kind)
        tempo = self.tempo()
        energy = self.changed(self.shelves[kind].frames[start : start + length], tempo)
        return energy, int(begin / tempo), min(int(end / tempo), len(energy)), bool(sure)

    def place(self, scene: np.ndarray, energy: np.ndarray, level: float) -> None:
        """Adds a short recording anywhere, at a level relative to the usual one."""
        space = len(scene) - len(energy)
        if space > 0:
            begin = int(self.chance.integers(space))
            scene[begin : begin + len(energy)] += energy * level
        else:
            begin = int(self.chance.integers(-space + 1))
            scene += energy[begin : begin + len(scene)] * level

    def short(self, kind: str) -> np.ndarray:
        start, length, *_ = self.row(kind)
        return self.changed(self.shelves[kind].frames[start : start + length], self.tempo())

    def noise(self) -> np.ndarray:
        """[320, 40] energies of a background whose mean power is that of SPEECH_RMS."""
        chance, pick = self.chance, self.chance.random()
        if pick < 0.75:
            start, length, *_ = self.row("noise")
            begin = start + int(chance.integers(max(1, length - FRAMES)))
            out = np.exp(self.shelves["noise"].frames[begin : min(begin + FRAMES, start + length)].astype(np.float32))
            if len(out) < FRAMES:
                out = np.resize(out, (FRAMES, BANDS))
        else:
            out = sum(self.speech(FRAMES) * chance.uniform(0.1, 1) for _ in range(int(chance.integers(1, 6))))
        if chance.random() < 0.4:
            out = out * np.exp(self.tone())
        return out * (FRAME_ENERGY * SPEECH_RMS**2 / (out.sum(1).mean() + 1e-9))

    def tone(self) -> np.ndarray:
        """[40] logs of what a microphone, its case or a telephone's band does to the bands."""
        chance = self.chance
        curve = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 7), chance.normal(0, 0.6, 7))
        if chance.random() < 0.2:
            curve -= np.maximum(0, np.arange(BANDS) - chance.uniform(22, 38)) * chance.uniform(0.2, 1.5)
        if chance.random() < 0.3:
            curve -= np.maximum(0, chance.uniform(1, 8) - np.arange(BANDS)) * chance.uniform(0.2, 1.2)
        return curve.astype(np.float32)

    # --- together -----------------------------------------------------------------------------------------------------

    def with_word(self) -> tuple[np.ndarray, float, tuple[int, int, int, int]]:
        chance = self.chance
        scene = np.zeros((FRAMES, BANDS), np.float32)
        word = int(chance.integers(len(self.words)))
        energy, first, last, sure = self.positive(word)
        length = last - first
        end = int(chance.uniform(max(length + 4, 60), FRAMES - 22))
        before = min(last, end, length + int(chance.uniform(3, 70)))
        after = min(len(energy) - last, FRAMES - end, int(chance.uniform(12, 170)))
        scene[end - before : end + after] += energy[last - before : last + after]
        loud = energy[first:last].sum(1).mean()
        if chance.random() < 0.35:
            stop = end - length - int(chance.uniform(2, 60))
            if stop > 25:
                scene[:stop] *= 0.1
                scene[:stop] += self.speech(stop) * chance.uniform(0.15, 3)
        if chance.random() < 0.4:
            begin = end + int(chance.uniform(3, 50))
            if FRAMES - begin > 25:
                scene[begin:] *= 0.1
                scene[begin:] += self.speech(FRAMES - begin) * chance.uniform(0.15, 3)
        slack = (6, 12) if sure else (18, 20)
        first_step, last_step = (end - slack[0]) // 2, min(STEPS - 1, (end + slack[1]) // 2)
        return scene, loud, (word, first_step, last_step, max(0, end - length) // 2)

    def without_word(self) -> tuple[np.ndarray, float]:
        chance, pick = self.chance, self.chance.random()
        scene = np.zeros((FRAMES, BANDS), np.float32)
        if pick < 0.66:
            scene += self.speech(FRAMES)
        elif pick < 0.80 and len(self.shelves["near"].rows):
            for _ in range(int(chance.integers(1, 4))):
                self.place(scene, self.short("near"), 1.0)
        elif pick < 0.86 and len(self.shelves["other"].rows):
            for _ in range(int(chance.integers(1, 3))):
                self.place(scene, self.short("other"), 1.0)
        elif pick < 0.95:
            # The word cut short, or its last part alone, is not the word.
            energy, first, last, sure = self.positive(int(chance.integers(len(self.words))))
            if chance.random() < 0.6:
                energy = energy[: first + int((last - first) * chance.uniform(0.25, 0.55))]
            else:
                energy = energy[first + int((last - first) * chance.uniform(0.55 if sure else 0.7, 0.8)) : last + 30]
            self.place(scene, energy, 1.0)
            if chance.random() < 0.5:
                scene[FRAMES // 2 :] += self.speech(FRAMES - FRAMES // 2)
        elif pick < 0.98 and len(self.shelves["machine"].rows):
            start, length, *_ = self.row("machine")
            begin = start + int(chance.integers(length - FRAMES))
            scene += np.exp(self.shelves["machine"].frames[begin : begin + FRAMES].astype(np.float32)) * 10 ** chance.uniform(-4, 0)
        return scene, max(float(scene.sum(1).mean()), 1e-3 * FRAME_ENERGY * SPEECH_RMS**2)

    def example(self) -> tuple[np.ndarray, tuple[int, int, int, int]]:
        chance, label = self.chance, (-1, -1, -1, -1)
        if chance.random() < 0.42:
            scene, loud, label = self.with_word()
        else:
            scene, loud = self.without_word()
        if chance.random() < 0.6:
            scene *= np.exp(self.tone())
        if chance.random() < 0.75:
            below = chance.uniform(-1, 12) if chance.random() < 0.6 else chance.uniform(12, 40)
            scene += self.noise() * (loud / (FRAME_ENERGY * SPEECH_RMS**2)) * 10 ** (-below / 10)
        if chance.random() < 0.3:
            scene *= np.exp(self.tone() * 0.6)
        scene *= 10 ** (chance.uniform(-42, 12) / 10)
        if chance.random() < 0.2:
            begin = int(chance.integers(FRAMES // 3))
            if label[0] < 0 or begin < 2 * label[3]:
                scene[:begin] = 0
        if chance.random() < 0.6:
            scene += ROUNDING
        return scene, label

    def batch(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        scenes, labels = zip(*(self.example() for _ in range(size)))
        heard = pcen(np.stack(scenes)).astype(np.float32)
        # SpecAugment: a few bands or a short time are silenced to their usual level.
        for row in range(size):
            if self.chance.random() < 0.25:
                band, width = int(self.chance.integers(BANDS - 5)), int(self.chance.integers(1, 6))
                heard[row, :, band : band + width] = 0.32
            if self.chance.random() < 0.15:
                frame, width = int(self.chance.integers(FRAMES - 8)), int(self.chance.integers(1, 8))
                heard[row, frame : frame + width] = 0.32
        return heard, np.array(labels, np.int64)
