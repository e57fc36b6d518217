"""The options that the recipe's table makes."""

from typing import Any

from lenswork.training.recipe import recipe_fields


def test_the_help_names_each_default_as_it_is_typed(lenswork: Any) -> None:
    page = " ".join(lenswork("train", "--help").out.split())
    for row in recipe_fields():
        if isinstance(row.default, (int, float)) and not isinstance(row.default, bool):
            assert f"{row.help} [default: {row.default}]" in page
