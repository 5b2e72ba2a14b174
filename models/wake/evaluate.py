"""What the network is worth on recordings of people that it was not trained on, and the file for Rust.

Streams: the test recordings of a word, each cut to the word, laid 2 s apart into running household noise (the part that
training does not see) at a fixed ratio of the word's power to the noise's. Negatives: the test speakers of `human`, `read`,
and the recordings of all other words, alone and in the same noise at 10 dB, and noise alone. A detection is what
`src/wake/detector.rs` calls one: logits averaged over three steps, a threshold, 1 s of rest. Missed: no detection from the
word's start to 0.7 s after its end. Everything else in a negative is a false accept.

Thresholds are chosen on all negatives for 0.1, 0.3 and 1 false accept an hour. What such a choice is worth is measured crosswise:
chosen on one half of the negatives, counted on the other, both ways.
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
TEST = WORK / "test"
PIECE, WARM = 120 * RATE, 10 * RATE
ALLOWED = (0.1, 0.3, 1.0)


def cached(kind: str) -> list[np.ndarray]:
    """Decoded test recordings of a kind, kept on disk because decoding 6 h takes minutes."""
    path = TEST / f"{kind}.npz"
    if not path.exists():
        TEST.mkdir(parents=True, exist_ok=True)
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
        loud = np.sqrt(power(samples[first:last]))
        if last - first < 0.45 * RATE:
            # The recording's own noise hides where the word is: all of it is kept.
            first, last = 0, len(samples)
        begin, stop = max(0, first - int(0.15 * RATE)), min(len(samples), last + int(0.15 * RATE))
        piece = samples[begin:stop] / loud * 0.05
        places.append((total + first - begin, total + last - begin))
        pieces += [piece, np.zeros(2 * RATE, np.float32)]
        total += len(piece) + 2 * RATE
    clean = np.concatenate(pieces)
    if snr is not None:
        clean = clean + running_noise(len(clean), chance) * 0.05 * 10 ** (-snr / 20)
    return np.clip(clean, -1, 1).astype(np.float32), places


def negatives() -> dict[str, list[np.ndarray]]:
    """Bands of all negatives in pieces of two minutes, the first 10 s of each but the first being the end of the one before. Kept
    on disk: they do not depend on the network."""
    TEST.mkdir(parents=True, exist_ok=True)
    paths = {name: TEST / f"{name}.bands.npz" for name in ("quiet", "noisy", "noise")}
    if not all(path.exists() for path in paths.values()):
        gap, parts = np.zeros(RATE // 2, np.float32), []
        for kind in ("speech", "read", "other"):
            for part in cached(kind):
                parts += [part * np.float32(0.05 / max(1e-4, np.sqrt(power(part)))), gap]
        # Two halves are compared with one another: no speaker's recordings all in one place.
        pairs = [parts[place : place + 2] for place in range(0, len(parts), 2)]
        quiet = np.concatenate([part for place in np.random.default_rng(4).permutation(len(pairs)) for part in pairs[place]]).clip(-1, 1)
        for name, sound in (
            ("quiet", quiet),
            ("noisy", quiet + running_noise(len(quiet), np.random.default_rng(5)) * np.float32(0.05 * 10 ** (-10 / 20))),
            ("noise", running_noise(6 * 60 * RATE, np.random.default_rng(6)) * np.float32(0.03)),
        ):
            bands = [features(torch.from_numpy(sound[max(0, begin - WARM) : begin + PIECE].astype(np.float32))[None])[0].half().numpy()
                     for begin in range(0, len(sound), PIECE)]
            np.savez(paths[name], **{f"{place:04}": part for place, part in enumerate(bands)})
    return {name: [data[key] for key in sorted(data.files)] for name, path in paths.items() for data in [np.load(path)]}


def averaged(logits: np.ndarray) -> np.ndarray:
    padded = np.concatenate([np.full((SMOOTH_STEPS - 1, logits.shape[1]), -10.0, np.float32), logits])
    return sum(padded[shift : shift + len(logits)] for shift in range(SMOOTH_STEPS)) / SMOOTH_STEPS


@torch.no_grad()
def score_bands(network: Network, pieces: list[np.ndarray]) -> np.ndarray:
    """[steps, words] averaged logits, as the streaming detector has them."""
    out = []
    for place, piece in enumerate(pieces):
        logits = network(torch.from_numpy(piece.astype(np.float32))[None])[0].numpy()
        out.append(logits[0 if place == 0 else WARM // STEP_SAMPLES :])
    return averaged(np.concatenate(out))


@torch.no_grad()
def score(network: Network, sound: np.ndarray) -> np.ndarray:
    return averaged(network(features(torch.from_numpy(sound)[None]))[0].numpy())


def detections(logits: np.ndarray, threshold: float) -> list[int]:
    """Steps of the detections of one word's averaged logits."""
    found, over = [], np.flatnonzero(logits >= threshold)
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
    return np.sort([logits[step : step + REST_STEPS].max() for step in detections(logits, floor)])[::-1]


def evaluate(network: Network, path) -> dict:
    """All scores, written to `path` as well."""
    network = network.eval()
    result: dict = {"words": {}}
    scores = {name: score_bands(network, pieces) for name, pieces in negatives().items()}
    for index, word in enumerate(network.words):
        foreign = [score(network, stream(cached(other), None, 9)[0])[:, index] for other in network.words if other != word]
        quiet, noisy = scores["quiet"][:, index], scores["noisy"][:, index]
        rest = np.concatenate([scores["noise"][:, index], *foreign])
        middle = len(quiet) // 2
        entry = {
            "hours": {"quiet": len(quiet) * STEP_SAMPLES / RATE / 3600, "noisy": len(noisy) * STEP_SAMPLES / RATE / 3600,
                      "noise and the other word": len(rest) * STEP_SAMPLES / RATE / 3600},
            # Two halves of about the same length.
            "false": [false_peaks(np.concatenate([quiet[:middle], noisy[:middle], rest]), -6.0).tolist(),
                      false_peaks(np.concatenate([quiet[middle:], noisy[middle:]]), -6.0).tolist()],
            "hits": {}, "delay_ms": {},
        }
        for snr in SNRS:
            highest, delay = [], []
            for seed in range(1 if snr is None else 3):
                sound, places = stream(cached(word), snr, seed)
                best, late = best_in(score(network, sound)[:, index], places)
                highest.append(best), delay.append(late)
            key = "clean" if snr is None else str(snr)
            entry["hits"][key] = np.concatenate(highest).tolist()
            entry["delay_ms"][key] = float(np.median(np.concatenate(delay)))
        result["words"][word] = entry
    path.write_text(json.dumps(result))
    return result


def hours(entry: dict) -> float:
    return sum(entry["hours"].values())


def lowest(peaks: list[float], over: float, per_hour: float) -> float:
    """The lowest logit at which `over` hours stay within `per_hour` false accepts."""
    peaks, allowed = sorted(peaks, reverse=True), int(per_hour * over)
    return float(peaks[allowed] + 1e-3) if len(peaks) > allowed else -6.0


def threshold_for(entry: dict, per_hour: float) -> float:
    return lowest(entry["false"][0] + entry["false"][1], hours(entry), per_hour)


def crosswise(entry: dict, per_hour: float) -> float:
    """False accepts an hour on negatives that did not choose the threshold."""
    half, counted = hours(entry) / 2, 0
    for chooses, counts in ((0, 1), (1, 0)):
        threshold = lowest(entry["false"][chooses], half, per_hour)
        counted += sum(peak >= threshold for peak in entry["false"][counts])
    return counted / hours(entry)


def missed(entry: dict, key: str, threshold: float) -> float:
    return float(np.mean(np.array(entry["hits"][key]) < threshold))


def table(result: dict) -> str:
    lines = ["| word | false accepts/h allowed | measured crosswise | logit | missed clean | 20 dB | 10 dB | 5 dB | 0 dB |", "|" + "---|" * 9]
    for word, entry in result["words"].items():
        for per_hour in (0.1, 0.3, 0.5, 1.0, 2.0):
            threshold = threshold_for(entry, per_hour)
            shares = [f"{100 * missed(entry, key, threshold):.1f} %" for key in ("clean", "20", "10", "5", "0")]
            lines.append(f"| {word} | {per_hour} | {crosswise(entry, per_hour):.2f} | {threshold:.2f} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


def picture(result: dict, path) -> None:
    """False accepts an hour against words missed, one line a ratio."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(result["words"]), figsize=(4.6 * len(result["words"]), 3.6), squeeze=False)
    for axis, (word, entry) in zip(axes[0], result["words"].items()):
        rates = np.geomspace(1 / hours(entry), 10, 60)
        for key in ("clean", "20", "10", "5", "0"):
            name = key if key == "clean" else f"{key} dB"
            axis.plot(rates, [100 * missed(entry, key, threshold_for(entry, rate)) for rate in rates], label=name)
        axis.set(xscale="log", title=f"“{word}”", xlabel="false accepts an hour", ylabel="missed, %", ylim=(0, 30))
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def mean(states: list[dict]) -> dict:
    """The mean of networks of which one went on from the other."""
    return {key: sum(state[key].float() for state in states) / len(states) for key in states[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", nargs="+", default=["computer", "jarvis"])
    parser.add_argument("--name", default="network", help="of the network; the mean of several: a+b")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--export", default="", help="write the model for Rust here, its thresholds for 0.1, 0.3 and 1 false accept an hour")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    network = Network(chosen.words, channels=chosen.channels)
    parts = [WORK / f"{name}.pt" for name in chosen.name.split("+")]
    network.load_state_dict(mean([torch.load(part) for part in parts]))
    # The scores of this very network may lie there already: `fit` ends by writing them.
    path = WORK / f"{chosen.name}.json"
    fresh = path.exists() and all(path.stat().st_mtime > part.stat().st_mtime for part in parts)
    result = json.loads(path.read_text()) if fresh else evaluate(network, path)
    print(table(result))
    for word, entry in result["words"].items():
        print(word, {name: round(value, 2) for name, value in entry["hours"].items()}, "h of negatives; delay ms", entry["delay_ms"])
    if chosen.export:
        # A score of 0.5 is the medium threshold: the logits are shifted so.
        thresholds = {}
        for index, (word, entry) in enumerate(result["words"].items()):
            low, medium, high = (threshold_for(entry, per_hour) for per_hour in ALLOWED)
            with torch.no_grad():
                network.leave.bias[index] -= medium
            thresholds[word] = [round(float(1 / (1 + np.exp(medium - value))), 4) for value in (low, medium, high)]
        export(network, HERE / chosen.export, thresholds)
        fixture.write(network)
        picture(result, HERE / "roc.png")
        print("thresholds", thresholds)


if __name__ == "__main__":
    main()
