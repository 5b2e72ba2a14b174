#!/usr/bin/env bash
# The whole recipe of the shipped speech-to-text weights, in order: about two and a half hours on two cores without AMX, most of
# it training on one thread; 2 GB of memory, 2 GB in models/stt/.work. Resumable: what lies there is not made again.
# SOTTO_DATA: the recordings of people (default: ../shared/data beside the checkout). Needs torch, ctranslate2, tokenizers,
# soundfile, scipy, and what models/wake/speak.py needs.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
minutes=${MINUTES:-75}
sotto=${SOTTO:-../../target/release/sotto}
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# glibc would give every large tensor back to the kernel and fault it in again.
export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

"$python" fetch.py                                   # stock Whisper base, CTranslate2
"$python" synthesize.py cheap --minutes 15           # made-up commands, spoken
"$python" synthesize.py kokoro --minutes 20
"$python" label.py                                   # texts of the coffee orders
"$python" train.py --minutes "$minutes" --name base --rate 1.5e-5
"$python" blend.py 0.6                               # some of the stock weights back
"$sotto" models import .work/blend --type q8_0 --output whisper-base-sotto-q8_0.ggml
"$python" curve.py                                   # curve.png
"$python" measure.py                                 # figures
