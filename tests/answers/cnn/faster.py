"""Right and plausible wrong answers to the exercises of `book/cnn/faster.ipynb`."""

CYCLE = "def cycle(step, steps, highest, warm_up):\n    progress = step / steps\n"

RIGHT = {
    "factors": [
        "times_shorter = (500_000 / 2_200) / (20_000 / 5_000)",
        "from fractions import Fraction\n"
        "times_shorter = Fraction(500_000, 20_000) * Fraction(5_000, 2_200)",
    ],
    "normalise": [
        "def normalised(pixels):\n"
        "    rows = pixels.transpose(0, 1).float().flatten(1)\n"
        "    rows = (rows - rows.mean(1, keepdim=True)) / rows.std(1, correction=0, keepdim=True)\n"
        "    n, channels, height, width = pixels.shape\n"
        "    return rows.view(channels, n, height, width).transpose(0, 1)",
        "def normalised(pixels):\n"
        "    x = pixels.float()\n"
        "    return torch.nn.functional.batch_norm(x, None, None, training=True, eps=1e-12)",
    ],
    "one-cycle": [
        "def cycle(step, steps, highest, warm_up):\n"
        "    p = step / steps\n"
        "    return highest * min(p / warm_up, (1 - p) / (1 - warm_up))",
        "def cycle(step, steps, highest, warm_up):\n"
        "    import numpy as np\n"
        "    return np.interp(step, [0, warm_up * steps, steps], [0, highest, 0])",
    ],
    "flip": [
        "def mirrored(images):\n"
        "    result = images.clone()\n"
        "    mask = torch.rand(len(images)) < 0.5\n"
        "    result[mask] = result[mask].flip(-1)\n"
        "    return result",
        "def mirrored(images):\n"
        "    one_by_one = [image.flip(2) if torch.rand(()) < 0.5 else image for image in images]\n"
        "    return torch.stack(one_by_one)",
    ],
}

WRONG = {
    "factors": [
        ("times_shorter = 500_000 / 20_000", "25 is too small"),
        ("times_shorter = 500_000 / 20_000 + 5_000 / 2_200", "is too small"),
        ("times_shorter = (500_000 / 20_000) / (5_000 / 2_200)", "11 is too small"),
        (
            "times_shorter = (20_000 / 500_000) * (2_200 / 5_000)",
            "The other way round",
        ),
    ],
    "normalise": [
        (
            "def normalised(pixels):\n    x = pixels.float()\n    return (x - x.mean()) / x.std()",
            "is needed",
        ),
        (
            "def normalised(pixels):\n"
            "    x = pixels.float()\n"
            "    axes = (0, 2, 3)\n"
            "    return (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True)",
            "is needed",
        ),
        (
            "def normalised(pixels):\n"
            "    mean = pixels.mean((0, 2, 3), keepdim=True)\n"
            "    return (pixels - mean) / pixels.std((0, 2, 3), keepdim=True)",
            "raised NotImplementedError",
        ),
        # image by image
        (
            "def normalised(pixels):\n"
            "    x = pixels.float()\n"
            "    mean = x.mean((2, 3), keepdim=True)\n"
            "    return (x - mean) / x.std((2, 3), keepdim=True, correction=0)",
            "over all images",
        ),
    ],
    "one-cycle": [
        (
            CYCLE + "    if progress < warm_up:\n"
            "        return highest * progress / warm_up\n"
            "    return highest * (1 - progress)",
            "and 0.1 is needed",
        ),
        (CYCLE + "    return highest * min(progress / warm_up, 1 - progress)", "is needed"),
        (
            CYCLE + "    if progress < warm_up:\n"
            "        return highest\n"
            "    return highest * (1 - progress) / (1 - warm_up)",
            "and 0 is needed",
        ),
        # no warm-up
        (
            "def cycle(step, steps, highest, warm_up):\n"
            "    return highest * (1 - step / steps) / (1 - warm_up)",
            "rises from there",
        ),
    ],
    "flip": [
        (
            "def mirrored(images):\n    return images.flip(-1) if torch.rand(1) < 0.5 else images",
            "of 400 images are mirrored",
        ),
        (
            "def mirrored(images):\n"
            "    mask = torch.rand(len(images)) < 0.5\n"
            "    images[mask] = images[mask].flip(-1)\n"
            "    return images",
            "has changed",
        ),
        (
            "def mirrored(images):\n"
            "    mask = torch.rand(len(images), 1, 1, 1) < 0.5\n"
            "    return torch.where(mask, images.flip(-2), images)",
            "neither as they were nor mirrored",
        ),
        (
            "def mirrored(images):\n"
            "    mask = torch.rand(len(images)) < 0.5\n"
            "    return torch.where(mask, images.flip(-1), images)",
            "your function raised",
        ),
        # every other one: half of them, and no chance
        (
            "def mirrored(images):\n"
            "    result = images.clone()\n"
            "    result[::2] = result[::2].flip(-1)\n"
            "    return result",
            "The second time the same images",
        ),
    ],
}
