"""Checkpoints to modules: weights mapped from the file, never initialised and never pickled."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import (
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import WeightRenaming

from sightsong.core.catalogue import Checkpoint
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import ModelCard
from workers.device import Device


def card(checkpoint: Checkpoint, *, task: str) -> ModelCard:
    """Describe a checkpoint for receipts."""
    spec = checkpoint.spec
    return ModelCard(
        id=spec.repository,
        revision=checkpoint.revision,
        task=task,
        licence=spec.licence,
        source=spec.source,
    )


def load(
    model: Callable[[Any], PreTrainedModel],
    config: type[PreTrainedConfig],
    checkpoint: Checkpoint,
    device: Device,
    *,
    prefix: str = "",
) -> PreTrainedModel:
    """Build a model without memory of its own and give it the tensors of the file.

    The file is mapped: a tensor is read when it is moved or cast, few at a time, so that loading
    never holds the model twice.

    Args:
        model: the class, or what makes the module from its configuration.
        config: its configuration's class; read from `config.json`.
        checkpoint: where the files are.
        device: where the tensors go, and their type.
        prefix: of the tensors in the file that belong to this model; others are not read.

    Returns:
        The module, in evaluation mode.

    Raises:
        ModelsMissing: the file cannot be read, or does not hold the tensors of this model.
    """
    settings = read_config(checkpoint, config)
    with torch.device("meta"):
        module = model(settings)
    tensors = _tensors(module, checkpoint, device, prefix)
    try:
        module.load_state_dict(tensors, strict=False, assign=True)
    except RuntimeError as error:  # of another shape
        raise _unfit(checkpoint, str(error).splitlines()[-1].strip()) from error
    module.tie_weights()
    _fill_buffers(module, device)
    absent = [name for name, tensor in _all(module) if tensor.is_meta]
    if absent:
        raise _unfit(checkpoint, f"{len(absent)} missing, for instance {absent[0]}")
    return module.eval().requires_grad_(requires_grad=False)


def read_tokenizer(checkpoint: Checkpoint) -> PreTrainedTokenizerBase:
    """Read a model's tokenizer.

    Raises:
        ModelsMissing: its files are not there, or damaged.
    """
    try:
        return AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelsMissing(
            f"the tokenizer of {checkpoint.spec.repository} cannot be read; "
            "run `sightsong models pull`"
        ) from error


def read_config(checkpoint: Checkpoint, config: type[PreTrainedConfig]) -> PreTrainedConfig:
    """Read a model's configuration.

    Raises:
        ModelsMissing: it is no JSON object.
    """
    try:
        values = json.loads((checkpoint.folder / "config.json").read_bytes())
        return config.from_dict(values)
    except (OSError, ValueError, TypeError, AttributeError, StrictDataclassError) as error:
        raise ModelsMissing(
            f"config.json of {checkpoint.spec.repository} cannot be read; "
            "run `sightsong models pull`"
        ) from error


def _tensors(
    module: nn.Module, checkpoint: Checkpoint, device: Device, prefix: str
) -> dict[str, torch.Tensor]:
    """Read the tensors that the module has a place for, by its own names."""
    wanted = module.state_dict().keys()
    renamings = _renamings(module)
    try:
        # A thread each reads and casts whole tensors: faster than all threads on one of them.
        with (
            safe_open(checkpoint.weights, framework="pt") as file,
            ThreadPoolExecutor(device.threads) as pool,
        ):
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            owned = {_renamed(name.removeprefix(prefix), renamings): name for name in names}
            theirs = {own: name for own, name in owned.items() if own in wanted}
            tensors = pool.map(lambda name: _placed(file.get_tensor(name), device), theirs.values())
            return dict(zip(theirs, tensors, strict=True))
    except (OSError, SafetensorError) as error:
        raise _unfit(checkpoint, str(error)) from error


def _renamings(module: nn.Module) -> list[WeightRenaming]:
    """How transformers now calls what published files call otherwise.

    Files keep the names of the day they were published: those of a ViT are not the module's.
    """
    changes = get_model_conversion_mapping(module)
    return [change for change in changes if isinstance(change, WeightRenaming)]


def _renamed(name: str, renamings: Sequence[WeightRenaming]) -> str:
    for renaming in renamings:
        name, _ = renaming.rename_source_key(name)
    return name


def _placed(tensor: torch.Tensor, device: Device) -> torch.Tensor:
    dtype = device.dtype if tensor.is_floating_point() else tensor.dtype
    return tensor.to(device=device.place, dtype=dtype)


def _fill_buffers(module: nn.Module, device: Device) -> None:
    """Fill the buffers that no file holds: positions count up, token types are 0."""
    for name, buffer in module.named_buffers():
        if not buffer.is_meta:
            continue
        owner = module.get_submodule(name.rpartition(".")[0])
        short = name.rpartition(".")[2]
        if short == "position_ids":
            filled = torch.arange(buffer.shape[-1]).expand(buffer.shape)
        elif short == "token_type_ids":
            filled = torch.zeros(buffer.shape, dtype=torch.long)
        else:
            continue  # reported as missing
        owner.register_buffer(short, filled.to(device.place), persistent=False)


def _all(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _unfit(checkpoint: Checkpoint, reason: str) -> ModelsMissing:
    return ModelsMissing(
        f"the weights of {checkpoint.spec.repository} do not fit the model ({reason}); "
        "run `sightsong models pull`"
    )
