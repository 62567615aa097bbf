"""Record what fewer bits buy: matrix products in each format, their rate and their error."""

import torch

from helpers import recorded, timing

TITLE = "Matrix products in fewer bits"
METHOD = (
    "Square products of normally distributed numbers, of width 512 on a CPU and 4096 on a GPU. "
    "Rate: median of 10 rounds after 3 of warm-up, the formats taking turns. Error: root mean "
    "square of the difference to the product in float64 of the unrounded numbers, over the root "
    "mean square of that product, at width 512. fp8: E4M3 with one scale for each matrix, result "
    "in bfloat16, where the card has it."
)
WIDTHS, ROUNDS = {"cpu": 512, "cuda": 4096}, 10
E4M3_MAX = 448.0


def _in_type(dtype):
    def make(a, b):
        a, b = a.to(dtype), b.to(dtype)
        return lambda: a @ b

    return make


def _in_tf32(allowed: bool):
    def make(a, b):
        def product():
            before = torch.backends.cuda.matmul.allow_tf32
            torch.backends.cuda.matmul.allow_tf32 = allowed
            try:
                return a @ b
            finally:
                torch.backends.cuda.matmul.allow_tf32 = before

        return product

    return make


def scaled(matrix):
    """Return `matrix` in E4M3, scaled so that its largest number just fits, and the scale back."""
    scale = matrix.abs().max() / E4M3_MAX
    return (matrix / scale).to(torch.float8_e4m3fn), scale


def _in_fp8(a, b):
    (a8, a_scale), (b8, b_scale) = scaled(a), scaled(b)
    b8 = b8.t().contiguous().t()  # the second matrix has to lie in columns
    return lambda: torch._scaled_mm(
        a8, b8, scale_a=a_scale, scale_b=b_scale, out_dtype=torch.bfloat16
    )


def formats(device) -> dict:
    """Return {name: function of two float32 matrices that returns the product as a call}."""
    found = {"fp32": _in_tf32(False)}
    if device.type != "cuda":
        return found | {"bf16": _in_type(torch.bfloat16), "fp16": _in_type(torch.float16)}
    capability = torch.cuda.get_device_capability(device)
    if capability >= (8, 0):
        found |= {"tf32": _in_tf32(True), "bf16": _in_type(torch.bfloat16)}
    found["fp16"] = _in_type(torch.float16)
    if capability >= (8, 9):
        found["fp8"] = _in_fp8
    return found


def relative_error(product, truth) -> float:
    """Return the root mean square error of `product` over the root mean square of `truth`."""
    return ((product.double() - truth).square().mean() / truth.square().mean()).sqrt().item()


def record(device: torch.device, folder) -> dict[str, recorded.Quantity]:
    """Time and check the products on `device`; no data is needed."""
    torch.manual_seed(0)
    a, b = torch.randn(2, 512, 512, device=device)
    truth = a.double() @ b.double()
    values = {
        f"{name}_error": recorded.Quantity(
            float(f"{relative_error(make(a, b)(), truth):.3g}"), "of the product", "rms", 512**2
        )
        for name, make in formats(device).items()
    }
    width = WIDTHS[device.type]
    a, b = torch.randn(2, width, width, device=device)
    works = {name: make(a, b) for name, make in formats(device).items()}
    for name, one in timing.compare(works, n=ROUNDS, device=device).items():
        rate = 2 * width**3 / one.median_ms / 1e6
        values[name] = recorded.Quantity(float(f"{rate:.4g}"), "GFLOP/s", "median", ROUNDS)
    return values
