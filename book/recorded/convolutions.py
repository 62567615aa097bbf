"""Record one convolution computed in five ways: what they multiply is known, here is the time."""

import torch
import torch.nn.functional as F

from helpers import recorded, timing

TITLE = "One convolution, computed in five ways"
METHOD = (
    "3 × 3 kernels, padding 1, 64 to 64 channels, on 4 images of 56 × 56, in float32 (TF32 off). "
    "`shifts`: nine shifted products added up; `im2col`: patches copied out, one product; "
    "`winograd`: F(2 × 2, 3 × 3) in tensor operations; `fft`: products of transforms; `library`: "
    "torch's own. They take turns; median of 10 rounds after 3 of warm-up."
)
IMAGES, CHANNELS, SIDE, ROUNDS = 4, 64, 56, 10

# Lavin and Gray (2015), F(2, 3): two outputs of three weights from four products.
B_T = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]
G = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
A_T = [[1, 1, 1, 0], [0, 1, -1, -1]]


def shifts(X, w):
    """Return the convolution as a sum of k² products, one for each place in the kernel."""
    k, m = w.shape[-1], X.shape[-1]
    X = F.pad(X, [k // 2] * 4)
    moved = (
        torch.einsum("nchw,oc->nohw", X[:, :, u : u + m, v : v + m], w[:, :, u, v])
        for u in range(k)
        for v in range(k)
    )
    return sum(moved)


def im2col(X, w):
    """Return the convolution as one product of copied patches and kernels."""
    patches = F.unfold(X, w.shape[-1], padding=w.shape[-1] // 2)
    return (w.flatten(1) @ patches).reshape(len(X), -1, *X.shape[2:])


def winograd(X, w):
    """Return the 3 × 3 convolution by F(2 × 2, 3 × 3); the image's sides must be even."""
    B, g, A = (torch.tensor(t, dtype=X.dtype, device=X.device) for t in (B_T, G, A_T))
    tiles = F.pad(X, [1] * 4).unfold(2, 4, 2).unfold(3, 4, 2)  # 4 × 4, every second pixel
    V = torch.einsum("ij,ncabjk,lk->ilncab", B, tiles, B)
    U = torch.einsum("ij,ocjk,lk->iloc", g, w, g)
    n, o = len(X), len(w)
    M = torch.matmul(U.flatten(0, 1), V.flatten(0, 1).transpose(1, 2).flatten(2))
    M = M.reshape(4, 4, o, n, *V.shape[-2:])  # 16 products of matrices, one for each place
    Y = torch.einsum("ij,jkonab,lk->noaibl", A, M, A)
    return Y.reshape(n, o, *X.shape[2:])


def fft(X, w):
    """Return the convolution as a product of Fourier transforms."""
    m, k = X.shape[-1], w.shape[-1]
    size = (m + k - 1, m + k - 1)
    product = torch.einsum(
        "nchw,ochw->nohw", torch.fft.rfft2(X, s=size), torch.fft.rfft2(w.flip(-1, -2), s=size)
    )
    start = k // 2
    return torch.fft.irfft2(product, s=size)[..., start : start + m, start : start + m]


def library(X, w):
    """Return the convolution as torch computes it."""
    return F.conv2d(X, w, padding=w.shape[-1] // 2)


WAYS = {
    "shifts": shifts,
    "im2col": im2col,
    "winograd": winograd,
    "fft": fft,
    "library": library,
}


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time the five ways on `device`; no data is needed."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        X = torch.rand(IMAGES, CHANNELS, SIDE, SIDE, device=device)
        w = torch.rand(CHANNELS, CHANNELS, 3, 3, device=device)
        with torch.inference_mode():
            works = {name: lambda way=way: way(X, w) for name, way in WAYS.items()}
            times = timing.compare(works, n=ROUNDS, device=device)
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
    return {
        name: recorded.Quantity(float(f"{one.median_ms:.4g}"), "ms", "median", ROUNDS)
        for name, one in times.items()
    }
