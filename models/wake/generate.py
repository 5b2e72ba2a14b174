"""Writes the synthetic recordings that the wake word is trained on: the words, near-sounding words, and
sentences of other voices. Resumable: what lies in `.work/synthetic` is not spoken again, and the list of what to say
comes from a fixed seed, shuffled, so that a run that was cut short still has some of everything.
"""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import soundfile

from speak import FLITE_VOICES, WORK, kokoro_voices, say

SEED = 20_261_124
OUT = WORK / "synthetic"

COMMANDS = [
    "turn on the kitchen lights", "stop", "what time is it", "lights off", "set a timer for five minutes", "open the blinds",
    "play some music", "is the door locked", "how warm is it", "good night", "turn it down", "dim the lamp to thirty percent",
]
NEAR = {
    "computer": [
        "commuter", "compute", "compute her", "computing", "come pewter", "commute", "Jupiter", "the tutor", "a scooter", "competitor",
        "come to her", "come here", "complete her", "repeater", "the future", "communicator", "commentator", "compare", "can you do that",
        "impute her", "dispute her", "the suitor", "comfort her", "company", "computation", "a recruiter", "looter", "neuter", "come put her",
        "confuse her", "amputee", "connecticut", "persecutor", "contributor", "distributor", "compact", "commuters",
        "a commuter train", "come, Peter", "come pick her up", "can you tell her", "put her down", "pewter", "from pewter",
        "compute it", "the commute was long", "I can pute", "come you there",
    ],
    "jarvis": [
        "Travis", "jars", "service", "harvest", "Davis", "Charles", "jar", "carve this", "starve us", "Harvey", "Marvin", "jealous", "charges",
        "nervous", "novice", "Jaws", "garbage", "marvelous", "drive us", "purpose", "surface", "Elvis", "giraffes", "hard fist",
        "Garfield", "Java", "jarring", "char this", "artist", "Paris", "jar of this", "Jonas", "large fish", "jog this", "chart this", "Harris",
        "carcass", "parvenu", "Mavis", "jasmine",
        "his arm is", "Jarred is", "far, this is", "jam is", "chart is", "George is", "Jack is here", "charm us", "arm us", "jarred",
    ],
}
# What is said around the word: `{}` is the word. Punctuation makes the neural voices rise, fall and hurry.
ALONE = [("{}.", 6), ("{}!", 4), ("{}?", 3), ("{},", 2), ("{}", 2)]
LED = [("Hey {}.", 2), ("Ok, {}.", 1), ("Hey, {}!", 1)]
FOLLOWED = [("{}, {command}.", 5), ("{} {command}.", 5), ("{}! {command}.", 1)]
ACCENTS = ["en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "de", "fr", "es", "it", "hi", "pl", "sv"]
VARIANTS = ["", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m6", "+m7", "+croak", "+whisper"]


def plan(words: list[str], speakers: int, near: int, cheap: int) -> list[dict]:
    """Everything to be said: `speakers` Kokoro voices say each word alone and with a command after it, `near` a word's
    near-sounding ones, `cheap` a word from the old engines and Piper. `alone` names the recording of the same voice at the
    same pace that tells how long the word is."""
    chance = random.Random(SEED)
    voices = kokoro_voices()
    english = [voice for voice in voices if voice[0] in "ab"]

    def speaker() -> str:
        pick = chance.random()
        if pick < 0.3:
            return chance.choice(english)
        if pick < 0.4:
            return chance.choice(voices)
        first, second = chance.choice(english), chance.choice(voices)
        share = round(chance.uniform(0.25, 0.75), 2)
        return f"{first}:{share}+{second}:{round(1 - share, 2)}"

    def said(carriers: list[tuple[str, int]], word: str) -> str:
        texts, weights = zip(*carriers)
        return chance.choices(texts, weights)[0].format(word.capitalize(), command=chance.choice(COMMANDS))

    groups = []
    for word in words:
        for number in range(speakers):
            voice, speed = speaker(), round(chance.uniform(0.75, 1.35), 2)
            name = f"{word}_kokoro_{number:04}"
            group = [{"file": name, "text": said(ALONE, word)}, {"file": f"{name}_followed", "text": said(FOLLOWED, word), "alone": name}]
            if chance.random() < 0.15:
                group.append({"file": f"{name}_led", "text": said(LED, word)})
            groups.append([{"word": word, "voice": voice, "speed": speed, **item} for item in group])
        phrases = NEAR.get(word, [])
        for number in range(near if phrases else 0):
            text = phrases[number % len(phrases)].capitalize() + chance.choice([".", "!", "?", ", " + chance.choice(COMMANDS) + "."])
            groups.append([{"file": f"near_{word}_{number:04}", "word": None, "text": text, "voice": speaker(),
                            "speed": round(chance.uniform(0.8, 1.3), 2)}])
        for number in range(cheap):
            pick = chance.random()
            voice = (f"flite:{chance.choice(FLITE_VOICES)}" if pick < 0.2 else "piper:joe" if pick < 0.4 else
                     f"espeak:{chance.choice(ACCENTS)}{chance.choice(VARIANTS)}")
            how = {"voice": voice, "speed": round(chance.uniform(0.75, 1.3), 2), "pitch": chance.randint(20, 80)}
            name = f"{word}_cheap_{number:04}"
            if chance.random() < 0.6 or not phrases:
                group = [{"file": name, "word": word, "text": said(ALONE, word), **how}]
                if chance.random() < 0.5:
                    group.append({"file": f"{name}_followed", "word": word, "text": said(FOLLOWED, word), "alone": name, **how})
            else:
                group = [{"file": name, "word": None, "text": chance.choice(phrases), **how}]
            groups.append(group)
    for number in range(near // 2):
        groups.append([{"file": f"near_command_{number:04}", "word": None, "text": chance.choice(COMMANDS).capitalize() + ".",
                        "voice": speaker(), "speed": round(chance.uniform(0.8, 1.3), 2)}])
    chance.shuffle(groups)
    return [item for group in groups for item in group]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", nargs="+", default=["computer", "jarvis"])
    parser.add_argument("--speakers", type=int, default=450, help="Kokoro voices and mixtures that say a word")
    parser.add_argument("--near", type=int, default=260, help="near-sounding utterances a word")
    parser.add_argument("--cheap", type=int, default=300, help="utterances of the other engines a word")
    parser.add_argument("--minutes", type=float, default=60, help="stop after so long")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    arguments = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    items = plan(arguments.words, arguments.speakers, arguments.near, arguments.cheap)
    (WORK / "synthetic.json").write_text(json.dumps(items, indent=0))
    start, seconds = time.time(), 0.0
    for done, item in enumerate(items):
        path = OUT / f"{item['file']}.wav"
        if path.exists() or arguments.only not in item["file"]:
            continue
        if time.time() - start > 60 * arguments.minutes:
            print("time is up")
            break
        samples = say(item["text"], item["voice"], item["speed"], pitch=item.get("pitch", 50))
        seconds += len(samples) / 16_000
        peak = float(np.abs(samples).max(initial=1e-6))
        temporary = Path(f"{path}.tmp")
        soundfile.write(temporary, samples * min(1.0, 0.7 / peak), 16_000, subtype="PCM_16", format="WAV")
        temporary.rename(path)
        if done % 100 == 0:
            print(f"{done}/{len(items)} {seconds:.0f} s of speech in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
