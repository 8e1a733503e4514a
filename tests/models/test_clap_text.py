"""CLAP's text half equals transformers' own path at batch 1."""

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, ClapModel, ClapTextModelWithProjection

from sightsong.core.catalogue import Task
from workers.models.full.text import MOST_TOKENS, ClapText

TEXTS = (
    "calm ambient music",
    "This audio is a furious metal song with distorted guitars and double bass drums.",
    "",
    "Musik für einen Regentag — 雨の日の音楽 ☔",
    "a text that names <pad> itself",
    " ".join(["slow", "piano", "and", "strings"] * 50),
    "joy",
)


@pytest.fixture(scope="module")
def clap(found):
    return found[Task.MUSIC]


@pytest.fixture(scope="module")
def plain(clap):
    """One text as transformers embeds it, by itself, in fp32."""
    model = ClapModel.from_pretrained(clap.folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(clap.folder)

    def embed(text: str) -> np.ndarray:
        words = tokenizer(text, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            return model.get_text_features(**words).pooler_output[0].numpy()

    return embed


@pytest.fixture(scope="module")
def model(clap, fp32):
    return ClapText(clap, fp32)


def cosines(rows, others):
    return (rows * others).sum(axis=1)


def test_a_batch_of_mixed_lengths_equals_the_plain_path(clap, fp32, plain):
    vectors = ClapText(clap, fp32).encode(TEXTS)

    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert cosines(vectors, np.stack([plain(text) for text in TEXTS])).min() >= 0.9999


def test_it_does_so_in_bf16(clap, bf16, plain):
    vectors = ClapText(clap, bf16).encode(TEXTS)

    assert cosines(vectors, np.stack([plain(text) for text in TEXTS])).min() >= 0.999


def test_texts_of_different_words_differ(model):
    vectors = model.encode(TEXTS)

    likeness = vectors @ vectors.T - np.eye(len(TEXTS))
    assert likeness.max() < 0.999


def test_a_text_gives_the_same_vector_alone_and_in_company(clap, fp32):
    together = ClapText(clap, fp32).encode(TEXTS)

    alone = np.concatenate([ClapText(clap, fp32).encode([text]) for text in TEXTS])
    assert cosines(together, alone).min() >= 0.99999


def test_what_lies_beyond_the_last_token_is_left_out(model):
    long = "slow piano " * 100

    vectors = model.encode([long, long + "and loud drums"])

    assert np.array_equal(vectors[0], vectors[1])


def test_no_texts_give_no_vectors(model):
    assert model.encode([]).shape == (0, model.encode(["joy"]).shape[1])


def test_a_text_that_comes_twice_gives_one_vector_twice(clap, fp32):
    vectors = ClapText(clap, fp32).encode(["joy", "rain", "joy"])

    assert np.array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])


@pytest.fixture
def passes():
    """The passes through the model since the test began."""
    seen = []

    def notice(module, inputs, outputs) -> None:
        if isinstance(module, ClapTextModelWithProjection):
            seen.append(len(outputs.text_embeds))

    hook = torch.nn.modules.module.register_module_forward_hook(notice)
    yield seen
    hook.remove()


def test_a_text_that_is_remembered_is_not_embedded_again(clap, fp32, passes):
    model = ClapText(clap, fp32)
    first = model.encode(TEXTS)

    again = model.encode([*TEXTS[::-1], "rain"])

    assert passes == [len(TEXTS), 1]
    assert np.array_equal(again[:-1], first[::-1])


def test_the_text_unused_longest_is_forgotten_first(clap, fp32, passes):
    model = ClapText(clap, fp32, kept=3)
    for texts in (["a", "b", "c"], ["a"], ["d", "e"]):  # now it remembers a, d and e
        model.encode(texts)
    passes.clear()

    model.encode(["a", "d", "e"])
    model.encode(["b"])

    assert passes == [1]


def test_more_texts_than_are_remembered_are_embedded_all_the_same(clap, fp32, model):
    small = ClapText(clap, fp32, kept=2)

    assert cosines(small.encode(TEXTS), model.encode(TEXTS)).min() >= 0.99999


def test_the_space_and_the_card_name_model_and_revision(model, clap):
    assert model.space == f"laion/larger_clap_music@{clap.revision[:12]}"
    assert (model.card.id, model.card.task) == ("laion/larger_clap_music", "text")


@pytest.mark.parametrize(
    ("text", "says_something"),
    [("calm piano", True), ("雨の日の音楽", True), ("80", True), ("", False), (" …!", False)],
)
def test_it_understands_whatever_has_letters_or_digits(model, text, says_something):
    assert model.understands(text) is says_something


def test_it_does_not_say_what_words_feel_like(model):
    assert model.feel(["joy", "sorrow"]) == [None, None]
