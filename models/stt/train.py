"""Tunes Whisper so that it hears windows cut to the sound: cross-entropy on the sound and 0.1 to 2 s of silence behind it.

    train.py --minutes 85 --name base

Resumable: a checkpoint every ten minutes in `.work/NAME`; the rate falls to nothing over `--minutes` of training in all. The
token embedding stays as it is (it is the output matrix too, and a third of all weights). What is written for use is a mean of
the last steps' weights. Losses on recordings that only test go to `.work/NAME/curve.tsv`.
"""

import argparse
import queue
import shutil
import threading
import time

import numpy as np
import torch
import torch.nn.functional as F

from data import WORK, Examples, Pool, Tokens, read
from model import END, ENGLISH, NO_TIMES, RATE, START, TRANSCRIBE, Ct2, Whisper, spectrogram

BATCH, SECONDS, SHELF = 8, 36.0, 96
KEEP = 0.98
# The embedding is a third of all weights and costs as much again to learn; the first layers hear the same in any window.
FIXED = ("decoder/embeddings", "decoder/position_encodings", "encoder/position_encodings", "encoder/conv", "encoder/layer_0/", "encoder/layer_1/")


def batches(examples: Examples):
    """Lists of examples of like length, some eighty seconds of sound each."""
    while True:
        shelf = sorted((examples.draw() for _ in range(SHELF)), key=lambda e: (len(e["tokens"]) > 60, len(e["samples"])))
        groups, group = [], []
        for example in shelf:
            if group and (len(group) == BATCH or (len(group) + 1) * len(example["samples"]) > SECONDS * RATE
                          or (len(example["tokens"]) > 60) != (len(group[0]["tokens"]) > 60)):
                groups.append(group)
                group = []
            group.append(example)
        groups.append(group)
        examples.random.shuffle(groups)
        yield from groups
        examples.pool.refresh()


def tensors(group: list[dict], margin: float):
    longest = max(len(e["samples"]) for e in group) / RATE
    frames = min(3000, int((longest + margin) * 50) * 2)
    mel = torch.stack([spectrogram(e["samples"], frames) for e in group])
    length = max(len(e["tokens"]) for e in group)
    tokens = torch.tensor([e["tokens"] + [END] * (length - len(e["tokens"])) for e in group])
    targets = torch.tensor([e["targets"] + [-100] * (length - len(e["targets"])) for e in group])
    return mel, tokens, targets


def masked(mel: torch.Tensor, chance: np.random.Generator) -> torch.Tensor:
    """SpecAugment: a band and a short time of each spectrogram are emptied."""
    for row in mel:
        if chance.random() < 0.4:
            low, wide = int(chance.integers(70)), int(chance.integers(1, 14))
            row[low : low + wide] = row.mean()
        if chance.random() < 0.3:
            begin, long = int(chance.integers(max(1, mel.shape[2] - 20))), int(chance.integers(1, 20))
            row[:, begin : begin + long] = row.mean()
    return mel


def loss_of(model, mel, tokens, targets):
    with torch.autocast("cpu", torch.bfloat16):
        states = model.decode(tokens, model.encode(mel))
        chosen = targets != -100
        logits = model.logits(states[chosen])
    return F.cross_entropy(logits.float(), targets[chosen])


def trial(pool: Pool, tokens: Tokens) -> dict:
    """Batches of recordings that only test, as they are: the same ones always."""
    sets = {}
    for kind, count in (("commands", 28), ("libri_a", 12), ("learners", 16), ("orders", 12)):
        rows = pool.held_out.get(kind, [])
        rows = rows[:: max(1, len(rows) // count)][:count]
        examples = []
        for path, text, _ in rows:
            said = tokens.text(text)
            examples.append({"samples": read(path), "tokens": [START, ENGLISH, TRANSCRIBE, NO_TIMES, *said], "targets": [-100] * 3 + [*said, END]})
        examples.sort(key=lambda e: len(e["samples"]))
        if examples:
            sets[kind] = [tensors(examples[at : at + 8], 0.5) for at in range(0, len(examples), 8)]
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=85)
    parser.add_argument("--name", default="base")
    parser.add_argument("--rate", type=float, default=2e-5)
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=float, default=8, help="minutes between checkpoints")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    folder = WORK / f"run-{arguments.name}"
    folder.mkdir(parents=True, exist_ok=True)
    source = Ct2(WORK / "base/model.bin")
    model = Whisper(source)
    for name in model.tensors():
        if name.startswith(FIXED):
            model.w(name).requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=arguments.rate, betas=(0.9, 0.98), eps=1e-7, weight_decay=0.01, fused=True)
    mean = [p.detach().clone() for p in trained]
    step, spent, shown = 0, 0.0, []
    state = folder / "state.pt"
    if state.exists():
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        mean, step, spent = saved["mean"], saved["step"], saved["spent"]
    print(f"{sum(p.numel() for p in trained) / 1e6:.0f} million weights of {sum(p.numel() for p in model.parameters()) / 1e6:.0f}, "
          f"{arguments.minutes - spent / 60:.0f} minutes to go", flush=True)

    def swap():
        for parameter, smooth in zip(trained, mean):
            parameter.data, smooth.data = smooth.data, parameter.data

    def save():
        swap()
        source.write(folder / "model.bin", model.tensors())
        swap()
        shutil.copy(WORK / "base/vocabulary.txt", folder)
        part = folder / "state.part"
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "mean": mean, "step": step, "spent": spent}, part)
        part.rename(state)

    pool, tokens = Pool(), Tokens()
    print({k: len(v) for k, v in pool.kinds.items()}, flush=True)
    tests = trial(pool, tokens)
    chance = np.random.default_rng(arguments.seed + step)
    shelf: queue.Queue = queue.Queue(3)

    def fill():
        for group in batches(Examples(arguments.seed + step, tokens, pool)):
            shelf.put((group, *tensors(group, float(chance.uniform(0.1, 2.0)))))

    threading.Thread(target=fill, daemon=True).start()

    def look():
        swap()
        with torch.no_grad():
            losses = {k: sum(float(loss_of(model, *b)) * int((b[2] != -100).sum()) for b in bs) / sum(int((b[2] != -100).sum()) for b in bs)
                      for k, bs in tests.items()}
        swap()
        with (folder / "curve.tsv").open("a") as out:
            for kind, loss in [("train", float(np.mean(shown or [np.nan])))] + list(losses.items()):
                out.write(f"{step}\t{spent / 60:.1f}\t{kind}\t{loss:.4f}\n")
        print(f"step {step}, {spent / 60:.1f} min, " + ", ".join(f"{k} {v:.3f}" for k, v in losses.items()), flush=True)

    saved_at = spent
    while spent < arguments.minutes * 60:
        begun = time.time()
        group, mel, ids, targets = shelf.get()
        share = min(1.0, spent / (arguments.minutes * 60))
        for settings in optimizer.param_groups:
            settings["lr"] = arguments.rate * min(1.0, (step + 1) / 30) * (1 - share)
        loss = loss_of(model, masked(mel, chance), ids, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        torch._foreach_lerp_(mean, [p.data for p in trained], 1 - min(KEEP, step / (step + 10)))
        step += 1
        spent += time.time() - begun
        shown = (shown + [float(loss.detach())])[-50:]
        if step % 10 == 0:
            print(f"{step} {spent / 60:.1f} min loss {np.mean(shown[-10:]):.3f} {time.time() - begun:.1f} s {len(group)} x {mel.shape[2] / 100:.1f} s", flush=True)
        if step % 200 == 1:
            look()
        if spent - saved_at > arguments.every * 60:
            save()
            saved_at = spent
    look()
    save()


if __name__ == "__main__":
    main()
