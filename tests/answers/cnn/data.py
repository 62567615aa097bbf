"""Right and plausible wrong answers to the exercises of `book/cnn/data.ipynb`."""

RIGHT = {
    "to-tensor": [
        "def to_tensor(pixels):\n"
        "    moved = np.moveaxis(pixels, -1, 0)\n"
        "    return torch.tensor(moved / 255, dtype=torch.float32)",
        "def to_tensor(pixels):\n    return transforms.functional.to_tensor(pixels)",
        "def to_tensor(pixels):\n"
        "    channels = [torch.tensor(pixels[:, :, c]) for c in range(pixels.shape[2])]\n"
        "    return torch.stack(channels).div(255.0)",
    ],
    "statistics": [
        "def channel_statistics(batch):\n"
        "    pixels = batch.transpose(0, 1).flatten(1)\n"
        "    mean = pixels.mean(1)\n"
        "    return mean, ((pixels - mean[:, None]) ** 2).mean(1).sqrt()",
        "def channel_statistics(batch):\n"
        "    array = batch.numpy()\n"
        "    return [array.mean((0, 2, 3)), array.std((0, 2, 3))]",
    ],
    "step": [
        "def best_speed_up(load_ms, compute_ms):\n"
        "    hidden = min(load_ms, compute_ms)\n"
        "    return 1 + hidden / max(load_ms, compute_ms)",
        "def best_speed_up(load_ms, compute_ms):\n"
        "    before = load_ms + compute_ms\n"
        "    return min(before / load_ms, before / compute_ms)",
    ],
    "bytes": [
        "as_bytes, as_float32 = 153_600_000, 614_400_000",
        "as_bytes = torch.empty(50_000, 3, 32, 32, dtype=torch.uint8, device='meta').nbytes\n"
        "as_float32 = torch.empty(50_000, 3, 32, 32, device='meta').nbytes",
    ],
}

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
        # right, and in float64
        (
            "def to_tensor(pixels):\n    return torch.tensor(pixels.transpose(2, 0, 1) / 255)",
            "A float32 tensor is needed",
        ),
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
        (
            "def channel_statistics(batch):\n"
            "    return batch.mean((0, 2, 3)), batch.var((0, 2, 3), correction=0)",
            "That is the variance",
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
        (
            "def best_speed_up(load_ms, compute_ms):\n"
            "    return (load_ms + compute_ms) / min(load_ms, compute_ms)",
            "sets the pace",
        ),
    ],
    "bytes": [
        ("as_bytes = 50_000 * 32 * 32\nas_float32 = 4 * as_bytes", "as_bytes: 51,200,000 is wrong"),
        ("as_bytes = 153_600_000\nas_float32 = 8 * as_bytes", "as_float32: 1,228,800,000 is wrong"),
        ("as_bytes, as_float32 = 153.6, 614.4", "as_bytes: 153.6 is wrong"),  # megabytes
        (
            "as_bytes = as_float32 = 153_600_000",
            "as_float32: 153,600,000 is wrong",
        ),
    ],
}
