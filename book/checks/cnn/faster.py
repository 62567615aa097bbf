"""What `book/cnn/faster.ipynb` checks its exercises with."""

from helpers.check import Case, Function, Properties, Value

factors = Value(
    (500_000 / 20_000) * (5_000 / 2_200),
    tolerance=0.01,
    mistakes={
        500_000 / 20_000: "Those are fewer images. They also go faster.",
        500_000 / 20_000 + 5_000 / 2_200: "The two ratios multiply.",
        (500_000 / 20_000) / (5_000 / 2_200): "A higher rate makes the time shorter still.",
        (20_000 / 500_000) * (2_200 / 5_000): "The other way round: old time over new time.",
    },
    hints=["Compute t = D / r for both.", "The two ratios multiply."],
)


def by_channel(pixels, correction=0):
    x, axes = pixels.float(), (0, 2, 3)
    return (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True, correction=correction)


def image_by_image(pixels):
    import torch

    return torch.cat([by_channel(image[None]) for image in pixels])


def batches():
    import torch

    generator = torch.Generator().manual_seed(3)
    return [
        (torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator),)
        for shape in [(4, 3, 5, 6), (10, 1, 2, 2)]
    ]


normalise = Function(
    by_channel,
    batches,
    tolerance=1e-4,
    mistakes=[
        (lambda pixels: by_channel(pixels, 1), "`std` needs `correction=0`."),
        (image_by_image, "The mean of a channel is taken over all images, axis 0."),
    ],
    hints={
        "raised": "Bytes must become floats first.",
        "shape": "The shape stays: `keepdim=True` keeps the axes that are averaged.",
        "else": [
            "Each channel has its own mean and deviation.",
            "mean((0, 2, 3), keepdim=True) keeps one number a channel.",
        ],
    },
)


def up_and_down(step, steps, highest, warm_up):
    progress = step / steps
    if progress < warm_up:
        return highest * progress / warm_up
    return highest * (1 - progress) / (1 - warm_up)


one_cycle = Function(
    up_and_down,
    [
        Case((0, 100, 0.1, 0.3), "The first step has the rate 0: it rises from there."),
        (15, 100, 0.1, 0.3),
        Case((30, 100, 0.1, 0.3), "The warm-up has just ended: this is the highest rate."),
        (65, 100, 0.1, 0.3),
        Case((99, 100, 0.1, 0.3), "One step before the end, the rate is almost 0."),
        (10, 50, 2.0, 0.5),
    ],
    hints=[
        "Begin with progress = step / steps.",
        "Falling: what is left of the way, (1 - progress), over the length of the fall.",
    ],
)


def about_half(mirrored):
    import torch

    images = torch.arange(400 * 3 * 2 * 4).reshape(400, 3, 2, 4).float()
    before = images.clone()
    torch.manual_seed(0)
    result, again = mirrored(images), mirrored(images)
    yield result is not None, "Your function returned nothing.", "nothing"
    shape = tuple(getattr(result, "shape", ()))
    yield shape == (400, 3, 2, 4), f"The result has the shape {shape}.", "shape"
    yield torch.equal(images, before), "The batch that was given has changed.", "changed"
    same = (result == before).flatten(1).all(1)
    turned = (result == before.flip(-1)).flatten(1).all(1)
    fine = bool((same | turned).all())
    yield fine, "Some images are neither as they were nor mirrored.", "axis"
    number = int(turned.sum())
    yield 100 < number < 300, f"{number} of 400 images are mirrored.", "number"
    anew = not torch.equal(result, again)
    yield anew, "The second time the same images are mirrored: chance must decide.", "number"


flip = Properties(
    about_half,
    hints={
        "changed": "Work on a copy, or let `torch.where` make a new batch.",
        "axis": "Left to right is the last axis: `images.flip(-1)`.",
        "number": "Draw one random number for each image, not one for the batch.",
        "else": "torch.where takes a mask of shape (n, 1, 1, 1), and images.flip(-1) mirrors all.",
    },
)
