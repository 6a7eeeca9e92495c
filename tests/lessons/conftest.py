"""The lab that the lessons' checks ask, with the models that come with llmlab."""

import pytest

import llmlab


@pytest.fixture(scope="package")
def lab():
    return llmlab.open()
