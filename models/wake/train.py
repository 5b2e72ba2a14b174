"""Trains the network. Two commands, made to run side by side on two cores:

    train.py render   makes examples (augment.py) and keeps their features as shards in `.work/pool`, for ever or `--shards` many
    train.py fit      trains on the shards that are there, taking in new ones as they come, for `--minutes`
    train.py align    asks the trained network where the words end and writes `ends.json`, for better labels next time

The loss wants one step near the word's end to be sure and everything else to be sure of the opposite: for a positive example
the highest logit in the window around the end is pulled up; elsewhere, and for other words everywhere, all logits are
pushed down, the highest ones of each example again on their own: that is the mining of hard negatives.
"""

import argparse
import json
import os
import time

import numpy as np
import torch
from torch.nn.functional import softplus

from augment import STEPS, Bank, Mixer, word_end
from model import BANDS, STEP_SAMPLES, STRIDE, Network, features
from speak import WORK

POOL = WORK / "pool"
SHARD = 512


def render(words: list[str], seed: int, shards: int) -> None:
    torch.set_num_threads(1)
    POOL.mkdir(parents=True, exist_ok=True)
    made = 0
    while made < shards:
        # The bank is read again from time to time: more synthetic speech may have been spoken meanwhile.
        mixer = Mixer(Bank(), words, seed + 1000 * made)
        for _ in range(20):
            start = time.time()
            examples = [mixer.example() for _ in range(SHARD)]
            sound = torch.from_numpy(np.stack([example[0] for example in examples]))
            heard = torch.cat([features(part) for part in sound.split(64)]).half().numpy()
            labels = np.array([example[1:] for example in examples], np.int16)
            number = len(list(POOL.glob("*.npz")))
            path = POOL / f"{seed}_{made:05}"
            np.savez(f"{path}.tmp.npz", heard=heard, labels=labels)
            os.rename(f"{path}.tmp.npz", f"{path}.npz")
            made += 1
            print(f"shard {made} ({number + 1} there) in {time.time() - start:.0f} s", flush=True)
            if made >= shards:
                return


class Pool:
    """The rendered examples, the newest `most` shards of them."""

    def __init__(self, most: int):
        self.most, self.known, self.heard, self.labels = most, set(), [], []

    def refresh(self) -> None:
        for path in sorted(POOL.glob("*.npz"), key=lambda path: path.stat().st_mtime):
            if path.name in self.known or ".tmp" in path.name:
                continue
            shard = np.load(path)
            self.known.add(path.name)
            self.heard.append(shard["heard"])
            self.labels.append(shard["labels"])
        self.heard, self.labels = self.heard[-self.most :], self.labels[-self.most :]

    def batch(self, chance: np.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        shards = chance.integers(len(self.heard), size=size)
        places = chance.integers(SHARD, size=size)
        heard = np.stack([self.heard[shard][place] for shard, place in zip(shards, places)]).astype(np.float32)
        labels = np.stack([self.labels[shard][place] for shard, place in zip(shards, places)])
        # SpecAugment: a few bands or a short time are silenced to their usual level.
        for row in range(size):
            if chance.random() < 0.3:
                band, width = int(chance.integers(BANDS - 5)), int(chance.integers(1, 6))
                heard[row, :, band : band + width] = 0.32
            if chance.random() < 0.15:
                frame, width = int(chance.integers(heard.shape[1] - 8)), int(chance.integers(1, 8))
                heard[row, frame : frame + width] = 0.32
        return torch.from_numpy(heard), torch.from_numpy(labels.astype(np.int64))


def loss_of(logits: torch.Tensor, labels: torch.Tensor, weight_negative: float) -> tuple[torch.Tensor, float, float]:
    """Mean loss of a batch of [batch, steps, words] logits, and its two halves for the log."""
    steps = torch.arange(logits.shape[1])[None, :, None]
    word, first, last, begin = (labels[:, column, None, None] for column in range(4))
    mine = torch.arange(logits.shape[2])[None, None, :] == word
    window = mine & (steps >= first) & (steps <= last)
    # From the word's middle until 0.4 s after its end it may well be sure already: no opinion there.
    middle = (begin + last) // 2
    free = mine & (steps >= middle) & (steps <= last + 400 * 16 // STEP_SAMPLES)
    low = torch.finfo(logits.dtype).min
    positive = (labels[:, 0] >= 0).float()
    highest = logits.masked_fill(~window, low).amax((1, 2))
    pull = (softplus(-highest) * positive).sum() / positive.sum().clamp(min=1)
    pushed = softplus(logits) * ~free
    worst = pushed.flatten(1).topk(6, dim=1).values.mean(1)
    push = pushed.mean((1, 2)) * 2 + worst
    return pull + weight_negative * push.mean(), float(pull), float(push.mean())


def fit(words: list[str], minutes: float, name: str, rate: float, channels: int, start: str, batch: int, negative: float, threads: int) -> None:
    torch.manual_seed(7)
    torch.set_num_threads(threads)
    chance = np.random.default_rng(int(time.time()) if start else 7)
    network = Network(words, channels=channels)
    if start:
        network.load_state_dict(torch.load(WORK / f"{start}.pt"))
    pool = Pool(most=150)
    pool.refresh()
    while len(pool.heard) < 2:
        time.sleep(5)
        pool.refresh()
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.02)
    begun, step, shown = time.time(), 0, [0.0, 0.0]
    while True:
        done = (time.time() - begun) / (60 * minutes)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 100) * max(0.02, 0.5 * (1 + np.cos(np.pi * done)))
        heard, labels = pool.batch(chance, batch)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(heard)
        loss, pull, push = loss_of(logits.float(), labels, negative)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        averaged.update_parameters(network)
        step += 1
        shown = [0.98 * shown[0] + 0.02 * pull, 0.98 * shown[1] + 0.02 * push]
        if step % 100 == 0:
            weight = 1 - 0.98 ** step
            pool.refresh()
            print(f"{step} {done:.0%} shards {len(pool.heard)} pull {shown[0] / weight:.4f} push {shown[1] / weight:.4f}", flush=True)
            torch.save(averaged.module.state_dict(), WORK / f"{name}.pt")
    torch.save(averaged.module.state_dict(), WORK / f"{name}.pt")


@torch.no_grad()
def align(words: list[str], name: str, channels: int) -> None:
    """The word's end by the network: where its score last is near its highest, less the delay it was taught to have."""
    network = Network(words, channels=channels)
    network.load_state_dict(torch.load(WORK / f"{name}.pt"))
    network.eval()
    bank, ends = Bank(), {}
    for kind, places in bank.kinds.items():
        word = kind.split("_")[0]
        if word not in words:
            continue
        for index, name_of in enumerate(bank.names[kind]):
            samples = bank.take(kind, index)
            padded = np.concatenate([np.zeros(8000, np.float32), samples, np.zeros(8000, np.float32)])
            score = torch.sigmoid(network(features(torch.from_numpy(padded)[None]))[0, :, words.index(word)]).numpy()
            first, last = word_end(samples)
            follows = name_of in bank.follows
            if follows:
                # The word comes first there: what is surer later in the command is a mistake of a young network.
                score[(first + 8000 + int(1.4 * 16000)) // STEP_SAMPLES :] = 0
            best = int(score.argmax())
            if score[best] > 0.5:
                near = [step for step in np.flatnonzero(score >= 0.8 * score[best]) if abs(step - best) < 15]
                end = int(np.mean(near) * STEP_SAMPLES) - 8000 - int(0.03 * 16000)
                end = int(np.clip(end, 3200, len(samples)))
                if follows or abs(end - last) > 0.12 * 16000:
                    length = int(np.clip(last - first, 0.35 * 16000, 0.75 * 16000))
                    ends[name_of] = [max(0, end - length), end]
    (WORK / "ends.json").write_text(json.dumps(ends))
    print(len(ends), "ends moved")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["render", "fit", "align"])
    parser.add_argument("--words", nargs="+", default=["computer", "jarvis"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shards", type=int, default=10**6)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--name", default="network")
    parser.add_argument("--start", default="", help="go on from this network")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--negative", type=float, default=2.0, help="weight of what must stay silent")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.command == "render":
        render(chosen.words, chosen.seed, chosen.shards)
    elif chosen.command == "fit":
        fit(chosen.words, chosen.minutes, chosen.name, chosen.rate, chosen.channels, chosen.start, chosen.batch, chosen.negative, chosen.threads)
    else:
        align(chosen.words, chosen.name, chosen.channels)


if __name__ == "__main__":
    main()
