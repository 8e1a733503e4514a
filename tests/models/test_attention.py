"""Our ways to attend are the textbook's."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from workers.models.full import attention


def parts(queries: int, dtype: torch.dtype) -> list[torch.Tensor]:
    torch.manual_seed(3)
    return [torch.randn(3, 5, length, 16, dtype=dtype) for length in (queries, 37, 37)]


@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
@pytest.mark.parametrize("queries", [1, 2])
def test_few_queries_attend_as_the_fused_kernel_does(queries, dtype, near):
    q, k, v = parts(queries, dtype)
    expected = F.scaled_dot_product_attention(q.float(), k.float(), v.float())
    assert torch.allclose(attention.from_few(q, k, v).float(), expected, atol=near)


@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
def test_all_places_attend_as_the_fused_kernel_does(dtype, near):
    q, k, v = parts(37, dtype)
    expected = F.scaled_dot_product_attention(q.float(), k.float(), v.float())
    assert torch.allclose(attention.from_all(q, k, v).float(), expected, atol=near)
