"""Trains the network. Three commands:

    train.py render   makes variants of all recordings (augment.py), `--only words` of the words alone
    train.py fit      trains for `--minutes` on examples that mix.py makes as they are needed, and prints what to expect
    train.py align    asks a trained network where the words end and writes `ends.json`, for better labels next time; and where running
                      speech nearly took it in, `hard.json`: mix.py shows it those places often

The loss wants one step near the word's end to be sure and everything else to be sure of the opposite. It looks at logits
averaged over three steps, as the detector does: for a positive example the highest one in the window around the end is pulled up;
elsewhere, and for other words everywhere, all are pushed down, the highest ones of each example again on their own.
"""

import argparse
import json
import time

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

import evaluate
from augment import Positives, render
from mix import FRAMES, Mixer, Shelf
from model import RATE, STEP_SAMPLES, Network, features, pcen
from speak import WORK

SMOOTH_STEPS = 3


class Examples(torch.utils.data.IterableDataset):
    """Batches without an end, made in a process of their own; the bank is read again now and then, as it may have grown."""

    def __init__(self, words: list[str], size: int):
        self.words, self.size = words, size

    def __iter__(self):
        chance = int(time.time() * 1000) % 2**31
        while True:
            mixer = Mixer(self.words, chance)
            chance += 1
            for _ in range(2000):
                yield mixer.batch(self.size)


def averaged_steps(logits: torch.Tensor) -> torch.Tensor:
    """[batch, steps, words] averaged over the last three steps."""
    padded = nn.functional.pad(logits.transpose(1, 2), (SMOOTH_STEPS - 1, 0), value=-5.0)
    return nn.functional.avg_pool1d(padded, SMOOTH_STEPS, 1).transpose(1, 2)


def loss_of(logits: torch.Tensor, labels: torch.Tensor, negative: float) -> tuple[torch.Tensor, float, float]:
    """Mean loss of a batch of averaged [batch, steps, words] logits, and its two halves for the log."""
    steps = torch.arange(logits.shape[1])[None, :, None]
    word, first, last, begin = (labels[:, column, None, None] for column in range(4))
    mine = torch.arange(logits.shape[2])[None, None, :] == word
    window = mine & (steps >= first) & (steps <= last)
    # From the word's middle until 0.4 s after its end it may well be sure already: no opinion there.
    free = mine & (steps >= (begin + last) // 2) & (steps <= last + 400 * 16 // STEP_SAMPLES)
    positive = (labels[:, 0] >= 0).float()
    highest = logits.masked_fill(~window, torch.finfo(logits.dtype).min).amax((1, 2))
    pull = (softplus(1.0 - highest) * positive).sum() / positive.sum().clamp(min=1)
    pushed = softplus(logits + 1.0) * ~free
    worst = pushed.flatten(1).topk(6, dim=1).values.mean(1)
    push = (pushed.mean((1, 2)) * 2 + worst).mean()
    return pull + negative * push, pull.item(), push.item()


def fit(chosen: argparse.Namespace) -> None:
    torch.manual_seed(7)
    torch.set_num_threads(chosen.threads)
    network = Network(chosen.words, channels=chosen.channels)
    if chosen.start:
        network.load_state_dict(torch.load(WORK / f"{chosen.start}.pt"))
    batches = iter(torch.utils.data.DataLoader(Examples(chosen.words, chosen.batch), batch_size=None, num_workers=1, prefetch_factor=16))
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.997), use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), chosen.rate, weight_decay=0.02)
    begun, step, shown = time.time(), 0, [0.0, 0.0]
    while (done := (time.time() - begun) / (60 * chosen.minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = chosen.rate * min(1.0, (step + 1) / 100) * max(0.01, 0.5 * (1 + np.cos(np.pi * done)))
        heard, labels = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(heard)
        loss, pull, push = loss_of(averaged_steps(logits.float()), labels, chosen.negative)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        averaged.update_parameters(network)
        step += 1
        shown = [0.98 * shown[0] + 0.02 * pull, 0.98 * shown[1] + 0.02 * push]
        if step % 100 == 0:
            weight = 1 - 0.98**step
            print(f"{step} {done:.0%} pull {shown[0] / weight:.4f} push {shown[1] / weight:.4f} {time.time() - begun:.0f} s", flush=True)
            torch.save(averaged.module.state_dict(), WORK / f"{chosen.name}.pt")
    torch.save(averaged.module.state_dict(), WORK / f"{chosen.name}.pt")
    print(evaluate.table(evaluate.evaluate(averaged.module, WORK / f"{chosen.name}.json")))


def trained(chosen: argparse.Namespace) -> Network:
    network = Network(chosen.words, channels=chosen.channels)
    network.load_state_dict(torch.load(WORK / f"{chosen.name}.pt"))
    return network.eval()


@torch.no_grad()
def align(chosen: argparse.Namespace) -> None:
    """The word's end by the network: where its score is highest, less the delay it was taught to have. What energy said
    is kept where the two agree or the network is not sure."""
    path = WORK / "ends.json"
    network, ends, apart, unheard = trained(chosen), json.loads(path.read_text()) if path.exists() else {}, [], 0
    for kind, name, samples, first, last, sure in Positives(chosen.words).items:
        word = chosen.words.index(kind.split("_")[0])
        padded = np.concatenate([np.zeros(8000, np.float32), samples, np.zeros(8000, np.float32)])
        score = averaged_steps(network(features(torch.from_numpy(padded)[None])))[0, :, word].numpy()
        if "_followed" in name:
            # The word comes first there: what is surer later in the command is a mistake of a young network.
            score[(first + 8000 + int(1.4 * RATE)) // STEP_SAMPLES :] = -20
        best = int(score.argmax())
        if score[best] < -1.0:
            unheard += 1
            continue
        end = best * STEP_SAMPLES - 8000 - chosen.delay * RATE // 1000
        apart.append((end - last) / RATE)
        if not sure or abs(end - last) > 0.12 * RATE:
            end = int(np.clip(end, 0.25 * RATE, len(samples)))
            length = int(np.clip(last - first, 0.4 * RATE, 0.8 * RATE))
            ends[name] = [max(0, end - length), end]
    path.write_text(json.dumps(ends))
    print(len(ends), "ends moved;", unheard, "not heard; network less energy, s:", np.round(np.quantile(apart, [0.05, 0.25, 0.5, 0.75, 0.95]), 3))


@torch.no_grad()
def mine(chosen: argparse.Namespace) -> None:
    """Goes through all running speech with a little noise and keeps the frames of the highest scores."""
    network, chance, found = trained(chosen), np.random.default_rng(3), []
    frames, piece, warm = Shelf("speech").frames, 12_000, 200
    for begin in range(0, len(frames) - piece, piece):
        energy = np.exp(frames[max(0, begin - warm) : begin + piece].astype(np.float32))
        energy = energy + energy.mean(0) * 10 ** (-chance.uniform(5, 30) / 10)
        logits = averaged_steps(network(torch.from_numpy(pcen(energy[None]).astype(np.float32))))[0].max(1).values.numpy()
        for step in np.argsort(-logits)[:60]:
            frame = max(0, begin - warm) + 2 * int(step)
            if all(abs(frame - other) > 60 for _, other in found[-40:]):
                found.append((float(logits[step]), frame))
    found.sort(reverse=True)
    kept = found[: chosen.keep]
    path = WORK / "hard.json"
    # What took an earlier network in must not be forgotten.
    earlier = json.loads(path.read_text())[: chosen.keep // 2] if path.exists() else []
    path.write_text(json.dumps([frame for _, frame in kept if frame > FRAMES] + earlier))
    print(f"{len(kept)} places, logits from {kept[0][0]:.1f} to {kept[-1][0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["render", "fit", "align"])
    parser.add_argument("--words", nargs="+", default=["computer", "jarvis"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", choices=["", "words", "negatives", "test"])
    parser.add_argument("--people", type=int, default=24, help="variants of each recording of a word by a person")
    parser.add_argument("--kokoro", type=int, default=5, help="variants of each neural one")
    parser.add_argument("--cheap", type=int, default=3, help="variants of each by an old engine")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--name", default="network")
    parser.add_argument("--start", default="", help="go on from this network")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--negative", type=float, default=1.5, help="weight of what must stay silent")
    parser.add_argument("--delay", type=int, default=10, help="of align: from the word's end to the highest score, in ms")
    parser.add_argument("--keep", type=int, default=6000, help="of align: how many hard places")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.command == "render":
        if chosen.only in ("", "test"):
            evaluate.negatives()
        render(chosen.words, chosen.people, chosen.kokoro, chosen.cheap, chosen.seed, chosen.only)
    elif chosen.command == "fit":
        fit(chosen)
    else:
        align(chosen)
        mine(chosen)


if __name__ == "__main__":
    main()
