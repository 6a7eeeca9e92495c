"""Which models are given prefix forests."""

from llmlab.backends.torch.causal import HuggingFaceLM


def test_a_model_that_ignores_the_mask_is_never_given_a_forest(lm_folder, monkeypatch):
    model = HuggingFaceLM(lm_folder, "tiny")
    forward = model._model.model.forward

    def unmasked(*args, attention_mask=None, position_ids=None, **inputs):
        return forward(*args, position_ids=position_ids, **inputs)

    monkeypatch.setattr(model._model.model, "forward", unmasked)
    assert model._forest_depth == 0


def test_a_model_of_softmax_attention_is_given_forests_as_deep_as_its_window(lm):
    assert lm._forest_depth >= lm.info.context
