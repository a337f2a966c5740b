"""Values in messages, as a person would write them in the file."""

from reconciler.config.words import one_of


def test_allowed_values() -> None:
    """Allowed values are written as YAML has them; null goes without saying."""
    assert one_of(["cloud", "local", False, None]) == "one of 'cloud', 'local', false"
    assert one_of([2]) == "2"
