"""Right and plausible wrong answers to the exercises of `book/cnn/data.ipynb`."""

WRONG = {
    "to-tensor": [
        (
            "def to_tensor(pixels):\n    return torch.from_numpy(pixels).permute(2, 0, 1).float()",
            "is needed",
        ),
        (
            "def to_tensor(pixels):\n"
            "    h, w, c = pixels.shape\n"
            "    return torch.from_numpy(pixels).reshape(c, h, w).float() / 255",
            "is needed",
        ),
        (
            "def to_tensor(pixels):\n"
            "    return torch.from_numpy(pixels).permute(2, 0, 1).float() / 256",
            "is needed",
        ),
        ("def to_tensor(pixels):\n    return pixels / 255", "shape is (2, 3, 3)"),
    ],
    "statistics": [
        (
            "def channel_statistics(batch):\n    return batch.mean(), batch.std(correction=0)",
            "the shape of the mean is ()",
        ),
        (
            "def channel_statistics(batch):\n"
            "    return batch.mean((0, 2, 3)), batch.std((0, 2, 3))",
            "is needed",
        ),
        (
            "def channel_statistics(batch):\n"
            "    return batch.mean((1, 2, 3)), batch.std((1, 2, 3), correction=0)",
            "the shape of the mean is (4,)",
        ),
    ],
    "step": [
        ("def best_speed_up(load_ms, compute_ms):\n    return 2.0", "1.11111 is needed"),
        (
            "def best_speed_up(load_ms, compute_ms):\n"
            "    return (load_ms + compute_ms) / compute_ms",
            "load_ms = 9.0",
        ),
        (
            "def best_speed_up(load_ms, compute_ms):\n"
            "    return max(load_ms, compute_ms) / (load_ms + compute_ms)",
            "is needed",
        ),
    ],
    "bytes": [
        ("as_bytes = 50_000 * 32 * 32\nas_float32 = 4 * as_bytes", "as_bytes: 51,200,000 is wrong"),
        ("as_bytes = 153_600_000\nas_float32 = 8 * as_bytes", "as_float32: 1,228,800,000 is wrong"),
    ],
}
