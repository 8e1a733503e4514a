"""One thread for torch: tests run side by side, and tiny networks gain nothing by more."""

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)
