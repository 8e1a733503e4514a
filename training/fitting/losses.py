"""What learning makes small. Each loss is told outputs, targets and what each example counts."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import log_softmax, mse_loss, one_hot

from training.plans import AffectLoss, Aim, ShareLoss

#: Keeps quotients finite where nothing varies.
_TINY = 1e-6


class Loss(Protocol):
    """What is made small."""

    def __call__(
        self, outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """Tell one figure, a weighted mean over examples.

        Args:
            outputs: float32, (n, o), of the network.
            targets: float32, (n, t), as the examples have them.
            weights: float32, (n,), what each counts; mean near 1.
        """
        ...


def kl(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence of what is read from the shares, in nats; float32, (n,).

    Kullback and Leibler 1951; 0 · log 0 is 0.
    """
    logs = log_softmax(logits, dim=1)
    return (torch.xlogy(shares, shares) - shares * logs).sum(dim=1)


def cross_entropy(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """-log of what is read for the most frequent class (of equals the first); float32, (n,)."""
    hard = one_hot(shares.argmax(dim=1), shares.shape[1]).to(logits.dtype)
    return -(hard * log_softmax(logits, dim=1)).sum(dim=1)


def one_less_ccc(
    read: torch.Tensor, told: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """1 - concordance correlation coefficient (Lin 1989), mean over columns; a scalar, 0 .. 2.

    Args:
        read: float32, (n, c).
        told: float32, (n, c).
        weights: float32, (n,), what each row counts; None: all alike.
    """
    part = torch.ones(len(read), device=read.device) if weights is None else weights
    part = (part / part.sum()).unsqueeze(1)
    mean_read, mean_told = (part * read).sum(0), (part * told).sum(0)
    off_read, off_told = read - mean_read, told - mean_told
    shared = 2 * (part * off_read * off_told).sum(0)
    spread = (part * (off_read**2 + off_told**2)).sum(0) + (mean_read - mean_told) ** 2
    return (1 - (shared + _TINY) / (spread + _TINY)).mean()


@dataclass(frozen=True, kw_only=True)
class Objective:
    """The loss of a plan. Targets: the shares of the classes, then valence and arousal if learned.

    Outputs stand in the same order; those of valence and arousal are before tanh.
    """

    aim: Aim
    classes: int
    class_weights: torch.Tensor | None = None  #: float32, (classes,).

    def __call__(
        self, outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """Tell the sum over both heads, weighted as the aim says."""
        total = outputs.new_zeros(())
        if self.classes:
            total = total + self._of_classes(
                outputs[:, : self.classes], targets[:, : self.classes], weights
            )
        if self.aim.affect is not None:
            read, told = outputs[:, self.classes :].tanh(), targets[:, self.classes :]
            total = total + self.aim.affect_weight * self._of_affect(read, told, weights)
        return total

    def _of_classes(
        self, logits: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        if self.class_weights is not None:
            weights = weights * (shares * self.class_weights.to(shares.device)).sum(dim=1)
        if self.aim.smoothing:
            shares = shares * (1 - self.aim.smoothing) + self.aim.smoothing / self.classes
        each = kl if self.aim.loss is ShareLoss.KL else cross_entropy
        return (each(logits, shares) * weights).mean()

    def _of_affect(
        self, read: torch.Tensor, told: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        if self.aim.affect is AffectLoss.CCC:
            return one_less_ccc(read, told, weights)
        return (mse_loss(read, told, reduction="none").mean(dim=1) * weights).mean()
