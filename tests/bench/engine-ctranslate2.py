"""Processor milliseconds that CTranslate2 takes to encode, with int8 weights on one thread: the least of a few runs.

Usage: engine-ctranslate2.py tiny|base FRAMES FOLDER
The weights are random, in Whisper's shape; they are written to FOLDER once.
"""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import ctranslate2
import numpy as np
from ctranslate2.specs import whisper_spec

SHAPES = {"tiny": (4, 384, 6), "base": (6, 512, 8), "small": (12, 768, 12)}
VOCABULARY = 51_865
BANDS = 80
RUNS = 3
random = np.random.default_rng(1)


def values(*shape):
    return (random.standard_normal(shape) * 0.02).astype(np.float32)


def fill_linear(spec, outputs, inputs):
    spec.weight = values(outputs, inputs)
    spec.bias = values(outputs)


def fill_norm(spec, width):
    spec.gamma = np.ones(width, np.float32)
    spec.beta = np.zeros(width, np.float32)


def fill_attention(spec, width, self_attention):
    fill_norm(spec.layer_norm, width)
    if self_attention:
        fill_linear(spec.linear[0], 3 * width, width)
    else:
        fill_linear(spec.linear[0], width, width)
        fill_linear(spec.linear[1], 2 * width, width)
    fill_linear(spec.linear[-1], width, width)


def fill_layer(layer, width):
    fill_attention(layer.self_attention, width, True)
    if hasattr(layer, "attention"):
        fill_attention(layer.attention, width, False)
    fill_norm(layer.ffn.layer_norm, width)
    fill_linear(layer.ffn.linear_0, 4 * width, width)
    fill_linear(layer.ffn.linear_1, width, 4 * width)


def write_model(folder, layers, width, heads):
    spec = whisper_spec.WhisperSpec(layers, heads, layers, heads)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = values(width, BANDS, 3), values(width)
    encoder.conv2.weight, encoder.conv2.bias = values(width, width, 3), values(width)
    encoder.position_encodings.encodings = values(1_500, width)
    decoder.position_encodings.encodings = values(448, width)
    decoder.embeddings.weight = values(VOCABULARY, width)
    decoder.projection.weight = decoder.embeddings.weight
    for part in (encoder, decoder):
        fill_norm(part.layer_norm, width)
        for layer in part.layer:
            fill_layer(layer, width)
    spec.config.suppress_ids, spec.config.suppress_ids_begin, spec.config.lang_ids, spec.config.alignment_heads = [], [], [], []
    spec.register_vocabulary([f"w{i}" for i in range(VOCABULARY)])
    spec.validate()
    spec.optimize(quantization="int8")
    os.makedirs(folder, exist_ok=True)
    spec.save(folder)


def main(name, frames, venv):
    folder = os.path.join(venv, f"random-{name}")
    if not os.path.exists(os.path.join(folder, "model.bin")):
        write_model(folder, *SHAPES[name])
    model = ctranslate2.models.Whisper(folder, device="cpu", compute_type="int8", inter_threads=1, intra_threads=1)
    features = ctranslate2.StorageView.from_array(values(1, BANDS, 2 * frames))
    model.encode(features, to_cpu=True)
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        model.encode(features, to_cpu=True)
        times.append((time.process_time() - start) * 1_000)
    print(min(times))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
