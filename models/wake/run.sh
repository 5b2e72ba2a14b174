#!/usr/bin/env bash
# The whole recipe of the shipped wake words, in order; README.md says how long each step took. It is resumable: what lies in
# models/wake/.work is not spoken again. SOTTO_DATA: the folder of recordings of people (default: ../shared/data beside the checkout).
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
minutes=${MINUTES:-19}
speak_minutes=${SPEAK_MINUTES:-22}
# One thread each: the mixing of examples runs in a process of its own. glibc must not give large tensors back.
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1 SOTTO_SPEAK_THREADS=1
export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

"$python" split.py                                            # which recordings only test
"$python" generate.py --minutes "$speak_minutes"              # synthetic speech, as much as there is time for
"$python" train.py render                                     # variants of everything in rooms, and the negatives for testing
# A first network: it finds where the words end, and what in running speech takes it in.
"$python" train.py fit --minutes 25 --name first
"$python" train.py align --name first
"$python" train.py render --only words --kokoro 6 --seed 2
# Three times more with what was found.
"$python" train.py fit --start first --rate 1.5e-3 --minutes 18 --name second
"$python" train.py align --name second
"$python" train.py fit --start second --rate 1e-3 --negative 2 --minutes "$minutes" --name third
"$python" train.py align --name third
"$python" train.py fit --start third --rate 6e-4 --negative 2.5 --minutes 8 --name fourth
"$python" evaluate.py --name third+fourth --export sotto.sottowake # figures, thresholds, weights, picture, test fixture
