"""What the network is worth on recordings of people that it was not trained on, and the file for Rust.

Streams: the test recordings of a word, each cut to the word, laid 2 s apart into running household noise (the part that
training does not see) at a fixed ratio of the word's power to the noise's. Negatives: the test speakers of `human`, `read`,
and the recordings of all other words, alone and in the same noise at 10 dB. A detection is what `src/wake/detector.rs` calls
one: logits averaged over three steps, a threshold, 1 s of rest. Missed: no detection from the word's start to 0.7 s after
its end. Everything else in a stream or a negative is a false accept.
"""

import argparse
import json

import numpy as np
import torch

import fixture
from augment import HERE, noises, power, read, sources, word_end
from model import RATE, STEP_SAMPLES, Network, export, features
from speak import WORK

SNRS = [None, 20, 10, 5, 0]
SMOOTH_STEPS = 3
REST_STEPS = int(1.0 * RATE / STEP_SAMPLES)


def cached(kind: str) -> list[np.ndarray]:
    """Decoded test recordings of a kind, kept on disk because decoding 6 h takes minutes."""
    path = WORK / f"test_{kind}.npz"
    if not path.exists():
        parts = [read(file) for found, _, file in sources(test=True) if found == kind]
        np.savez(path, sound=np.concatenate([(part * 32767).astype(np.int16) for part in parts]), lengths=[len(part) for part in parts])
    data = np.load(path)
    sound = data["sound"].astype(np.float32) / 32768
    return np.split(sound, np.cumsum(data["lengths"])[:-1])


def running_noise(length: int, chance: np.random.Generator) -> np.ndarray:
    """The test parts of all noises one after another in changing order, each at the same power."""
    parts, total = [], 0
    noise = noises(test=True)
    while total < length:
        for index in chance.permutation(len(noise)):
            part = noise[index][: 20 * RATE]
            parts.append(part / np.float32(np.sqrt(power(part))))
            total += len(part)
    return np.concatenate(parts)[:length]


def stream(words: list[np.ndarray], snr: float | None, seed: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Words 2 s apart in running noise, and where each begins and ends, in samples. Each word is cut to 0.15 s around it."""
    chance = np.random.default_rng(seed)
    pieces, places, total = [np.zeros(2 * RATE, np.float32)], [], 2 * RATE
    for samples in words:
        first, last = word_end(samples)
        begin, stop = max(0, first - int(0.15 * RATE)), min(len(samples), last + int(0.15 * RATE))
        piece = samples[begin:stop] / np.sqrt(power(samples[first:last])) * 0.05
        places.append((total + first - begin, total + last - begin))
        pieces += [piece, np.zeros(2 * RATE, np.float32)]
        total += len(piece) + 2 * RATE
    clean = np.concatenate(pieces)
    if snr is not None:
        clean = clean + running_noise(len(clean), chance) * 0.05 * 10 ** (-snr / 20)
    return np.clip(clean, -1, 1).astype(np.float32), places


@torch.no_grad()
def score(network: Network, sound: np.ndarray) -> np.ndarray:
    """[steps, words] averaged logits, as the streaming detector has them; in pieces so that hours fit in memory."""
    piece, warm = 120 * RATE, 10 * RATE
    out = []
    for begin in range(0, len(sound), piece):
        start = max(0, begin - warm)
        part = torch.from_numpy(sound[start : begin + piece].astype(np.float32))[None]
        out.append(network(features(part))[0, (begin - start) // STEP_SAMPLES :].float().numpy())
    logits = np.concatenate(out)
    padded = np.concatenate([np.full((SMOOTH_STEPS - 1, logits.shape[1]), -10.0, np.float32), logits])
    return sum(padded[shift : shift + len(logits)] for shift in range(SMOOTH_STEPS)) / SMOOTH_STEPS


def detections(logits: np.ndarray, threshold: float) -> list[int]:
    """Steps of the detections of one word's averaged logits."""
    found, over, step = [], np.flatnonzero(logits >= threshold), 0
    place = 0
    while place < len(over):
        step = int(over[place])
        found.append(step)
        place = int(np.searchsorted(over, step + REST_STEPS))
    return found


def best_in(logits: np.ndarray, places: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Highest averaged logit for each word said, and how long after the word's end it is, in ms."""
    highest, delay = [], []
    for first, last in places:
        begin, stop = first // STEP_SAMPLES, (last + int(0.7 * RATE)) // STEP_SAMPLES
        best = begin + int(np.argmax(logits[begin:stop]))
        highest.append(logits[best])
        delay.append((best + 1) * STEP_SAMPLES * 1000 / RATE - last * 1000 / RATE)
    return np.array(highest), np.array(delay)


def false_peaks(logits: np.ndarray, floor: float) -> np.ndarray:
    """The score of each would-be false accept above `floor`, for counting at any threshold above."""
    peaks = []
    for step in detections(logits, floor):
        peaks.append(logits[step : step + REST_STEPS].max())
    return np.sort(np.array(peaks))[::-1]


def evaluate(network: Network, quick: bool) -> dict:
    network = network.eval()
    result: dict = {"words": {}}
    negative_sound = {}
    for kind in ("speech", "read", "other"):
        parts = cached(kind)
        if quick and kind == "speech":
            parts = parts[::3]
        if quick and kind == "read":
            parts = parts[::4]
        gap = np.zeros(RATE // 2, np.float32)
        negative_sound[kind] = np.concatenate([piece for part in parts for piece in (part * np.float32(0.05 / max(1e-4, np.sqrt(power(part)))), gap)]).clip(-1, 1)
    everything = np.concatenate(list(negative_sound.values()))
    noisy = everything + running_noise(len(everything), np.random.default_rng(5)) * np.float32(0.05 * 10 ** (-10 / 20))
    noise_only = running_noise(6 * 60 * RATE, np.random.default_rng(6)) * 0.03
    quiet_scores, noisy_scores, noise_scores = (score(network, sound) for sound in (everything, noisy, noise_only))
    for index, word in enumerate(network.words):
        foreign = [score(network, stream(cached(other), None, 9)[0])[:, index] for other in network.words if other != word]
        logits = np.concatenate([quiet_scores[:, index], noise_scores[:, index], *foreign])
        entry = {
            "negative_hours": len(logits) * STEP_SAMPLES / RATE / 3600,
            "negative_hours_noisy": len(noisy_scores) * STEP_SAMPLES / RATE / 3600,
            "false": false_peaks(logits, -4.0).tolist(),
            "false_noisy": false_peaks(noisy_scores[:, index], -4.0).tolist(),
            "hits": {},
        }
        for snr in SNRS:
            highest, delay = [], []
            for seed in range(1 if snr is None or quick else 3):
                sound, places = stream(cached(word), snr, seed)
                best, late = best_in(score(network, sound)[:, index], places)
                highest.append(best), delay.append(late)
            entry["hits"]["clean" if snr is None else str(snr)] = np.concatenate(highest).tolist()
            entry.setdefault("delay_ms", {})["clean" if snr is None else str(snr)] = float(np.median(np.concatenate(delay)))
        result["words"][word] = entry
    return result


def threshold_for(entry: dict, per_hour: float) -> float:
    """The lowest logit at which the quieter and the noisy negatives together stay within `per_hour`."""
    hours = entry["negative_hours"] + entry["negative_hours_noisy"]
    peaks = np.sort(np.array(entry["false"] + entry["false_noisy"]))[::-1]
    allowed = int(per_hour * hours)
    return float(peaks[allowed] + 1e-3) if len(peaks) > allowed else -4.0


def table(result: dict) -> str:
    lines = ["| word | false accepts/h allowed | logit | clean | 20 dB | 10 dB | 5 dB | 0 dB |", "|---|---|---|---|---|---|---|---|"]
    for word, entry in result["words"].items():
        for per_hour in (0.1, 0.3, 0.5, 1.0, 2.0):
            threshold = threshold_for(entry, per_hour)
            missed = [f"{100 * np.mean(np.array(entry['hits'][key]) < threshold):.1f} %" for key in ("clean", "20", "10", "5", "0")]
            lines.append(f"| {word} | {per_hour} | {threshold:.2f} | " + " | ".join(missed) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", nargs="+", default=["computer", "jarvis"])
    parser.add_argument("--name", default="network")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--quick", action="store_true", help="a third of the negatives, one noise a ratio")
    parser.add_argument("--export", default="", help="write the model for Rust here, its thresholds for 0.1, 0.3 and 1 false accept an hour")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    network = Network(chosen.words, channels=chosen.channels)
    network.load_state_dict(torch.load(WORK / f"{chosen.name}.pt"))
    result = evaluate(network, chosen.quick)
    (WORK / f"{chosen.name}.json").write_text(json.dumps(result))
    print(table(result))
    for word, entry in result["words"].items():
        print(word, f"{entry['negative_hours']:.2f} h of negatives, {entry['negative_hours_noisy']:.2f} h in noise; delay ms", entry["delay_ms"])
    if chosen.export:
        # A score of 0.5 is the medium threshold: the logits are shifted so.
        thresholds = {}
        for index, (word, entry) in enumerate(result["words"].items()):
            low, medium, high = (threshold_for(entry, per_hour) for per_hour in (0.1, 0.3, 1.0))
            with torch.no_grad():
                network.leave.bias[index] -= medium
            thresholds[word] = [round(float(1 / (1 + np.exp(medium - value))), 4) for value in (low, medium, high)]
        export(network, HERE / chosen.export, thresholds)
        fixture.write(network)
        print("thresholds", thresholds)


if __name__ == "__main__":
    main()
