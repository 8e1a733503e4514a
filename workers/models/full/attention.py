"""Attention in the way that is fastest for its shape, device and arithmetic.

Torch's fused kernel is that almost everywhere. Two shapes of BLIP on a CPU in bf16 are better
served by plain matrix products: few queries against many keys (7 times at 8 photos), and long
sequences, when few heads are taken at once so that their scores stay in the cache
(`docs/performance.md`).
"""

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)

#: Heads whose scores are held at once: those of 4 x 577 x 577 in bf16 are 2.7 MB.
_HEADS_AT_ONCE = 4


def from_few(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Attend from few queries, as a decoder does.

    Args:
        q: (n, heads, n_queries, d)
        k: (n, heads, n_keys, d)
        v: (n, heads, n_keys, d)

    Returns:
        (n, heads, n_queries, d)
    """
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v)
    return _by_products(q, k, v)


def from_all(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Attend from every place of a long sequence, as an encoder does; shapes as in `from_few`."""
    if q.is_cuda or q.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(q, k, v)
    flat_q, flat_k, flat_v = (part.flatten(0, 1) for part in (q, k, v))
    seen = torch.empty_like(flat_q)
    for at in range(0, len(flat_q), _HEADS_AT_ONCE):
        part = slice(at, at + _HEADS_AT_ONCE)
        seen[part] = _by_products(flat_q[part], flat_k[part], flat_v[part])
    return seen.view_as(q)


def _by_products(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    # Scaling the queries is cheaper than scaling the scores: there are fewer.
    return ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1) @ v
