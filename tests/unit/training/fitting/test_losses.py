"""What learning makes small, beside figures by hand."""

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `train`")

from training.fitting.losses import Objective, cross_entropy, kl, one_less_ccc  # noqa: E402
from training.plans import AffectLoss, Aim, ShareLoss  # noqa: E402

SHARES = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.2, 0.6]])
ONES = torch.ones(2)


def test_shares_that_are_read_as_told_have_no_divergence():
    logits = torch.tensor([[0.2, 0.2, 0.6]]).log() + 3
    assert kl(logits, SHARES[1:]).item() == pytest.approx(0, abs=1e-6)


def test_the_divergence_is_that_of_the_books():
    found = kl(torch.zeros(1, 3), SHARES[:1]).item()
    assert found == pytest.approx(math.log(3) - math.log(2), abs=1e-6)


def test_a_share_of_nothing_leaves_a_finite_gradient():
    logits = torch.zeros(2, 3, requires_grad=True)
    kl(logits, SHARES).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_cross_entropy_looks_at_the_most_frequent_class_alone():
    logits = torch.tensor([[1.0, 0.0, 2.0]])
    told = torch.tensor([[0.3, 0.3, 0.4]])
    sure = torch.tensor([[0.0, 0.0, 1.0]])
    assert torch.equal(cross_entropy(logits, told), cross_entropy(logits, sure))
    assert cross_entropy(logits, sure).item() == pytest.approx(kl(logits, sure).item(), abs=1e-6)


@pytest.mark.parametrize(("read", "wanted"), [(1.0, 0.0), (-1.0, 2.0), (0.0, 1.0)])
def test_concordance_counts_direction_and_spread(read: float, wanted: float):
    told = torch.tensor([[-1.0], [0.0], [1.0]])
    assert one_less_ccc(told * read, told).item() == pytest.approx(wanted, abs=1e-4)


def test_concordance_falls_where_only_the_mean_is_off():
    told = torch.tensor([[-1.0], [0.0], [1.0]])
    # Lin 1989: 2·s / (s + s + d²), with s = 2/3 and d = 1
    assert one_less_ccc(told + 1, told).item() == pytest.approx(1 - (4 / 3) / (7 / 3), abs=1e-4)


def test_rows_that_count_more_pull_concordance_to_themselves():
    told = torch.tensor([[-1.0], [0.0], [1.0], [0.5]])
    read = told.clone()
    read[3] = -3.0
    without = torch.tensor([1.0, 1.0, 1.0, 0.0])
    assert one_less_ccc(read, told, without).item() == pytest.approx(0, abs=1e-4)
    assert one_less_ccc(read, told).item() > 0.5


def test_both_heads_add_up_as_the_aim_weighs_them():
    outputs = torch.tensor([[0.1, 0.4, 0.2, 0.3, -0.3], [1.0, 0.0, 0.0, 0.1, 0.9]])
    targets = torch.cat([SHARES, torch.tensor([[0.5, -0.5], [0.0, 1.0]])], dim=1)
    aim = Aim(affect=AffectLoss.MSE, affect_weight=2.0)
    both = Objective(aim=aim, classes=3)(outputs, targets, ONES)
    shares = kl(outputs[:, :3], SHARES).mean()
    affect = ((outputs[:, 3:].tanh() - targets[:, 3:]) ** 2).mean()
    assert both.item() == pytest.approx((shares + 2 * affect).item(), abs=1e-6)


def test_affect_alone_needs_no_classes():
    outputs, targets = torch.zeros(2, 2), torch.tensor([[0.5, 0.5], [-0.5, 0.5]])
    found = Objective(aim=Aim(affect=AffectLoss.MSE), classes=0)(outputs, targets, ONES)
    assert found.item() == pytest.approx(0.25)


def test_rare_classes_count_as_their_weights_say():
    logits, sure = torch.zeros(2, 3), torch.eye(3)[:2]
    weights = torch.tensor([3.0, 0.0, 1.0])
    found = Objective(aim=Aim(), classes=3, class_weights=weights)(logits, sure, ONES)
    assert found.item() == pytest.approx(3 * math.log(3) / 2, abs=1e-6)


def test_an_example_of_no_weight_counts_nothing():
    logits = torch.tensor([[0.0, 0.0, 9.0], [0.0, 0.0, 0.0]])
    found = Objective(aim=Aim(), classes=3)(logits, SHARES, torch.tensor([0.0, 2.0]))
    assert found.item() == pytest.approx(kl(logits[1:], SHARES[1:]).item())


def test_smoothing_spreads_a_part_over_all_classes():
    aim = Aim(loss=ShareLoss.KL, smoothing=0.3)
    logits = torch.tensor([[0.8, 0.1, 0.1]]).log()
    found = Objective(aim=aim, classes=3)(logits, torch.eye(3)[:1], torch.ones(1))
    assert found.item() == pytest.approx(0, abs=1e-6)
