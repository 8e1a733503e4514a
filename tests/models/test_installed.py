"""Whether the models of the full profile are tested at all."""


def test_the_full_profile_is_installed_and_makes_its_checkpoints(models_dir):
    """Skipped with the reason where it is not: then none of the model tests runs."""
    assert (models_dir / "models.lock").is_file()
