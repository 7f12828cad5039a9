#!/usr/bin/env bash
# Trains builtin:sounds as it ships: distil the text table, fit in two stages, calibrate, write.
# Fold 5 of esc50 is held out, so that `python benchmarks/quality.py` judges clips the model never saw.
# About 45 minutes on two idle cores; a run that was cut off goes on where it was.
#   training/sounds.sh DATA OUT
set -euo pipefail
data=${1:?folder of sets, each with a manifest.csv}
out=${2:?folder for the run}

# glibc gives large blocks back to the system at once; training asks for them again every step.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456

python -m sonotheque.training.sounds --data "$data" --out "$out"
python -m sonotheque.training.credits --data "$data" --out "$out/sounds/CREDITS.md"
echo "To ship it: cp $out/sounds/* src/sonotheque/models/weights/sounds/"
