"""Recordings and their texts as training examples: which there are, which only test, how often each kind is drawn, and how
a recording becomes a sound in a room with noise and a row of tokens.
"""

import csv
import json
import os
import random
import re
from pathlib import Path

import numpy as np
import soundfile
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import lfilter, resample_poly

import texts
from model import BEFORE, CHINESE, END, ENGLISH, NO_SPEECH, NO_TIMES, RATE, START, TRANSCRIBE

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("SOTTO_DATA", HERE.parents[2] / "shared/data"))
WORK = HERE / ".work"
SPLIT = HERE.parent / "wake/split.json"
# Orders carry no speaker's name: the first eighty train, the rest test.
ORDERS_TRAINED = 80
LONGEST = 16.0
# How often a kind is drawn. `noise` is no speech at all.
MIX = {"commands": 0.30, "commands_neural": 0.10, "libri": 0.20, "learners": 0.15, "arctic": 0.04, "read": 0.04, "lj": 0.01, "phrases": 0.02,
       "digits": 0.035, "orders": 0.035, "mandarin": 0.025, "wake": 0.015, "noise": 0.03}
WAKE = {"computer": "Computer.", "computer_community": "Computer.", "jarvis": "Jarvis.", "hey_computer": "Hey, computer.", "alexa": "Alexa.",
        "smart_mirror": "Smart mirror.", "view_glass": "View glass.", "snowboy": "Snowboy."}
NAMES = {"mister": "Mr.", "missus": "Mrs.", "doctor": "Dr."}


def sentence(text: str) -> str:
    """A transcript without case as Whisper writes it: a capital, a final period."""
    if text.isupper() or text.islower():
        words = [NAMES.get(w, w) for w in text.lower().split()]
        words = [re.sub(r"^i('|$)", r"I\1", w) for w in words]
        text = " ".join(words)
    text = text.strip()
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text.rstrip(",;:-") + "."


def table(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


class Pool:
    """kind -> [(path, text, names for a prompt or "")]; `held_out` the same for what only tests."""

    def __init__(self):
        self.kinds: dict[str, list] = {}
        self.held_out: dict[str, list] = {}
        test_speakers = set(json.loads(SPLIT.read_text())["human_test_speakers"])
        test_words = set(json.loads(SPLIT.read_text())["wake_test"])
        for kind, folder in (("libri", "libri_b"), ("libri", "libri_c"), ("learners", "learners"), ("arctic", "arctic"), ("lj", "lj"),
                             ("phrases", "phrases"), ("digits", "digits"), ("mandarin", "mandarin"), ("libri_a", "libri_a")):
            for row in table(DATA / "human" / folder / "transcripts.tsv"):
                text = row["text"] if kind == "mandarin" else sentence(row["text"])
                tests = kind == "libri_a" or (kind in ("learners", "digits", "mandarin") and row["speaker"] in test_speakers)
                (self.held_out if tests else self.kinds).setdefault(kind, []).append((DATA / "human" / folder / row["file"], text, ""))
        lines = (DATA / "read/transcripts.tsv").read_text(encoding="utf-8").splitlines()
        self.kinds["read"] = [(DATA / "read" / name, sentence(text), "") for name, text in (line.split("\t", 1) for line in lines) if name.endswith(".ogg")]
        for folder, text in WAKE.items():
            for path in sorted((DATA / "wake" / folder).glob("*.flac")):
                if f"{folder}/{path.name}" not in test_words:
                    self.kinds.setdefault("wake", []).append((path, text, ""))
        self.held_out["commands"] = [(p, sentence(p.stem), "") for p in sorted((DATA / "commands").glob("*/*.flac"))]
        self.seen = None
        self.refresh()

    def refresh(self) -> None:
        """Takes in what was spoken or labelled since."""
        spoken, orders = WORK / "synthetic.tsv", WORK / "orders.tsv"
        seen = [p.stat().st_size if p.exists() else 0 for p in (spoken, orders)]
        if seen == self.seen:
            return
        self.seen = seen
        self.kinds["commands"], self.kinds["commands_neural"] = [], []
        for line in spoken.read_text(encoding="utf-8").splitlines() if spoken.exists() else []:
            name, _voice, text, names = line.split("\t")
            kind = "commands_neural" if name.startswith("kokoro") else "commands"
            self.kinds[kind].append((WORK / "synthetic" / name, text, names))
        rows = [line.split("\t") for line in orders.read_text(encoding="utf-8").splitlines()] if orders.exists() else []
        self.kinds["orders"] = [(DATA / "orders" / n, t, "") for n, t in rows if int(n[:3]) < ORDERS_TRAINED]
        self.held_out["orders"] = [(DATA / "orders" / n, t, "") for n, t in rows if int(n[:3]) >= ORDERS_TRAINED]


def read(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    samples = samples.mean(1)
    return samples if rate == RATE else resample_poly(samples, RATE, rate).astype(np.float32)


def level(samples: np.ndarray) -> float:
    """Mean square of the louder half of the 20 ms frames."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = np.sort((frames**2).mean(1)) if len(frames) else np.zeros(1)
    return float(power[len(power) // 2 :].mean()) + 1e-9


class Tokens:
    """Texts and prompts as numbers."""

    def __init__(self):
        from tokenizers import Tokenizer

        self.bpe = Tokenizer.from_file(str(WORK / "base/tokenizer.json"))
        self.vocabulary = self.bpe.get_vocab()

    def text(self, text: str) -> list[int]:
        return self.bpe.encode(text if text[0] > "⺀" else " " + text, add_special_tokens=False).ids

    def prompt(self, text: str) -> list[int]:
        """As whisper.cpp does it: a word's longest known beginning, again and again."""
        ids = []
        for word, _ in self.bpe.pre_tokenizer.pre_tokenize_str(" " + text):
            while word:
                size = next((n for n in range(len(word), 0, -1) if word[:n] in self.vocabulary), 0)
                if not size:
                    break
                ids.append(self.vocabulary[word[:size]])
                word = word[size:]
        return ids


class Scene:
    """Puts a recording somewhere: a room, noise, a microphone, a level. One seed, one row of scenes."""

    def __init__(self, chance: np.random.Generator, pool: Pool):
        self.chance, self.pool = chance, pool
        self.noises = []
        for path in sorted((DATA / "noise").glob("*.flac")):
            samples = read(path)
            self.noises.append(samples[: int(0.6 * len(samples))])

    def noise(self, length: int) -> np.ndarray:
        """Unit power: a recorded noise, coloured noise, people talking, or chords."""
        chance, p = self.chance, self.chance.random()
        if p < 0.5:
            noise = self.noises[int(chance.integers(len(self.noises)))]
            begin = int(chance.integers(max(1, len(noise) - length)))
            out = np.resize(noise[begin:], length).astype(np.float32)
        elif p < 0.68:
            out = np.zeros(length, np.float32)
            rows = self.pool.kinds[chance.choice(["libri", "learners", "read"])]
            for _ in range(int(chance.integers(1, 4))):
                other = read(rows[int(chance.integers(len(rows)))][0])
                out += np.resize(other, length) / np.sqrt(level(other)) * chance.uniform(0.3, 1)
        elif p < 0.76:
            out = np.zeros(length, np.float32)
            beat = int(chance.uniform(0.2, 0.8) * RATE)
            for begin in range(0, length, beat):
                time = np.arange(min(beat, length - begin)) / RATE
                for note in chance.choice([0, 3, 4, 5, 7, 9, 12, 16], 3, replace=False):
                    pitch = 130 * 2 ** ((note + chance.integers(0, 12)) / 12)
                    for overtone in range(1, 5):
                        out[begin : begin + len(time)] += np.sin(2 * np.pi * pitch * overtone * time) * np.exp(-3 * time) / overtone
        else:
            spectrum = rfft(chance.standard_normal(length).astype(np.float32))
            hertz = np.maximum(np.linspace(0, RATE / 2, len(spectrum)), 40)
            out = irfft(spectrum * (hertz / 1000) ** chance.uniform(-1.2, 0.3), length)[:length]
        return out / np.sqrt(float((out**2).mean()) + 1e-9)

    def room(self, samples: np.ndarray) -> np.ndarray:
        """The answer of a room and the tilt and band of a microphone."""
        chance = self.chance
        size = int(0.4 * RATE)
        answer = np.zeros(size, np.float32)
        answer[0] = 1
        if chance.random() < 0.8:
            late = chance.standard_normal(size) * 10 ** (-3 * np.arange(size) / RATE / chance.uniform(0.12, 0.7))
            late[: int(chance.uniform(0.002, 0.015) * RATE)] = 0
            late = lfilter([1.0], [1.0, -chance.uniform(0, 0.7)], late)
            answer += (late / np.sqrt((late**2).sum()) * 10 ** (-chance.uniform(-3, 14) / 20)).astype(np.float32)
        length = next_fast_len(len(samples) + size)
        spectrum = rfft(samples, length) * rfft(answer, length)
        hertz = np.linspace(0, RATE / 2, len(spectrum))
        curve = np.interp(np.log2(np.maximum(hertz, 50) / 50), np.arange(8), chance.normal(0, 3, 8))
        if chance.random() < 0.3:
            curve -= np.maximum(0, np.log2(np.maximum(hertz, 1) / chance.uniform(3000, 7500))) * chance.uniform(12, 50)
        if chance.random() < 0.3:
            curve -= np.maximum(0, np.log2(chance.uniform(80, 350) / np.maximum(hertz, 10))) * chance.uniform(6, 24)
        return irfft(spectrum * (10 ** (curve / 20)), length)[: len(samples) + size // 4].astype(np.float32)

    def place(self, samples: np.ndarray, kind: str) -> np.ndarray:
        chance = self.chance
        if kind.startswith("commands") or chance.random() < 0.3:
            factor = float(np.clip(chance.normal(1, 0.08 if kind != "commands" else 0.11), 0.8, 1.25))
            samples = np.interp(np.arange(0, len(samples) - 1, factor), np.arange(len(samples)), samples).astype(np.float32)
        before = int(chance.uniform(0, 0.6) * RATE) if chance.random() < 0.6 else 0
        after = int(chance.uniform(0, 0.9) * RATE)
        samples = np.concatenate([np.zeros(before, np.float32), samples, np.zeros(after, np.float32)])
        clean = 0.25 if kind.startswith("commands") else 0.45
        if chance.random() > clean:
            power = level(samples)
            if chance.random() < 0.55:
                samples = self.room(samples)
            if chance.random() < 0.7:
                below = chance.uniform(3, 15) if chance.random() < 0.4 else chance.uniform(15, 35)
                samples = samples + self.noise(len(samples)) * np.sqrt(power) * 10 ** (-below / 20)
        peak = float(np.abs(samples).max()) + 1e-9
        samples = samples / peak * 10 ** (chance.uniform(-30, 2) / 20)
        return (np.round(np.clip(samples, -1, 1) * 32767) / 32768).astype(np.float32)


class Examples:
    """Draws examples: {samples, tokens, targets, seconds, prompted}. Targets are −100 where nothing is to be learned."""

    def __init__(self, seed: int, tokens: Tokens, pool: Pool):
        self.chance, self.random = np.random.default_rng(seed), random.Random(seed)
        self.tokens, self.pool = tokens, pool
        self.scene = Scene(self.chance, pool)
        self.decks: dict[str, list] = {}

    def row(self, kind: str):
        """Each recording once before any comes twice."""
        deck = self.decks.setdefault(kind, [])
        if not deck:
            deck.extend(self.pool.kinds[kind])
            self.random.shuffle(deck)
        return deck.pop()

    def draw(self) -> dict:
        kinds = [k for k in MIX if k == "noise" or self.pool.kinds.get(k)]
        kind = self.random.choices(kinds, [MIX[k] for k in kinds])[0]
        if kind == "noise":
            length = int(self.chance.uniform(0.8, 5) * RATE)
            samples = self.scene.noise(length) * 10 ** (self.chance.uniform(-50, -8) / 20)
            if self.chance.random() < 0.3:
                samples = self.scene.room(samples.astype(np.float32))
            return self.example(np.clip(samples, -1, 1).astype(np.float32), "", ENGLISH, "", "noise")
        path, text, names = self.row(kind)
        samples = read(path)
        if kind in ("libri", "lj", "arctic", "read") and self.random.random() < 0.12:
            # Long windows must stay good: two or three in a row.
            while len(samples) < self.random.uniform(8, LONGEST) * RATE:
                more, said, _ = self.row(kind)
                samples = np.concatenate([samples, np.zeros(self.random.randint(1000, 9000), np.float32), read(more)])
                text = f"{text} {said}"
        if len(samples) > 28 * RATE or (len(samples) > LONGEST * RATE and self.random.random() < 0.75):
            return self.draw()
        prompt = ""
        if names and self.random.random() < 0.25:
            prompt = names
        elif self.random.random() < 0.06:
            prompt = texts.prompt(self.random, texts.home(self.random))
        language = CHINESE if kind == "mandarin" else ENGLISH
        return self.example(self.scene.place(samples, kind), text, language, prompt, kind)

    def example(self, samples, text, language, prompt, kind) -> dict:
        before = []
        if prompt:
            before = [BEFORE, *self.tokens.prompt(prompt)[-self.random.randint(20, 100) :]]
        if not text:
            return {"samples": samples, "tokens": before + [START], "targets": [-100] * len(before) + [NO_SPEECH], "kind": kind}
        said = self.tokens.text(text)
        tokens = [*before, START, language, TRANSCRIBE, NO_TIMES, *said]
        targets = [-100] * len(before) + [language, -100, -100, *said, END]
        return {"samples": samples, "tokens": tokens, "targets": targets, "kind": kind}
